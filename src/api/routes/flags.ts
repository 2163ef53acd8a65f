// Routes of the flags: to read them, and to change some or all of them.

import { ok } from '../../core/result.ts'
import { committed } from '../../wire/changes.ts'
import { flagCountsReply, flagsBody, flagsReply } from '../../wire/flags.ts'
import { changeQuery } from '../../wire/parts.ts'
import { commitChange, loadDocument } from '../http/current-document.ts'
import { type Route, route } from '../http/route.ts'

export const FLAG_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/flags',
    scope: 'read',
    summary: 'All flags, in the format of flagd',
    readsDocument: true,
    reply: flagsReply,
    handle: async (call) => {
      const current = await loadDocument(call)
      if (!current.ok) return current
      const { revision, document } = current.value
      const { flags = {}, flagSettings: { $evaluators = {}, metadata = {} } = {} } = document
      return ok({ revision, body: { revision, flags, $evaluators, metadata } })
    },
  }),
  route({
    method: 'GET',
    path: '/flags/counts',
    scope: 'read',
    summary: 'How often flags are evaluated, by variant and reason',
    reply: flagCountsReply,
    handle: async ({ ask, caller }) => {
      const answer = await ask('none', (control) => control.flagCounts(caller))
      return answer.ok ? ok({ body: answer.value }) : answer
    },
  }),
  route({
    method: 'PUT',
    path: '/flags',
    scope: 'shift',
    summary: 'Sets the given flags and leaves the others, or replaces all; `null` removes a flag',
    query: changeQuery,
    body: flagsBody,
    changes: 'document',
    reply: committed,
    handle: (call) => commitChange(call, { ...call.body, kind: 'set-flags' }),
  }),
]
