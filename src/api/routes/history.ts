// Routes of the document as a whole, of its history, and of rollbacks.

import { err, ok } from '../../core/result.ts'
import { committed } from '../../wire/changes.ts'
import {
  documentBody,
  documentQuery,
  documentReply,
  revisionParams,
  revisionReply,
  revisionsReply,
  rollbackBody,
} from '../../wire/history.ts'
import { changeQuery, pageQuery } from '../../wire/parts.ts'
import { commitChange, loadText } from '../http/current-document.ts'
import { type Route, route } from '../http/route.ts'

export const HISTORY_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/assignments',
    scope: 'read',
    summary: 'The document as a whole',
    readsDocument: true,
    reply: documentReply,
    handle: async (call) => {
      const current = await loadText(call)
      if (!current.ok) return current
      const { revision, text } = current.value
      return ok({ revision, body: JSON.parse(text) })
    },
  }),
  route({
    method: 'PUT',
    path: '/assignments',
    scope: 'admin',
    summary: 'Replaces the document; `revision` and `audit` in the body are ignored',
    query: documentQuery,
    body: documentBody,
    changes: 'document',
    reply: committed,
    handle: (call) =>
      commitChange(call, {
        kind: 'replace',
        document: call.body,
        ...(call.query.allowNewSalt === 'true' ? { allowNewSalt: true } : {}),
      }),
  }),
  route({
    method: 'GET',
    path: '/revisions',
    scope: 'read',
    summary: 'The history, newest first',
    query: pageQuery,
    reply: revisionsReply,
    handle: async ({ ask, caller, query }) => {
      const { limit, before } = query
      const answer = await ask('none', (control) => control.revisions(caller, { limit, before }))
      if (!answer.ok) return answer
      const revisions = answer.value
      const last = revisions.length === limit ? revisions.at(-1)?.revision : undefined
      return ok({ body: { revisions, next: last } })
    },
  }),
  route({
    method: 'GET',
    path: '/revisions/{revision}',
    scope: 'read',
    summary: 'One revision with its text, byte for byte',
    params: revisionParams,
    reply: revisionReply,
    handle: async ({ ask, caller, params: { revision } }) => {
      const answer = await ask('none', (control) => control.revision(caller, revision))
      if (!answer.ok) return answer
      const found = answer.value
      return found ? ok({ body: found }) : err({ kind: 'not_found' })
    },
  }),
  route({
    method: 'POST',
    path: '/rollback',
    scope: 'shift',
    summary: 'Commits the content of an earlier revision as a new revision',
    query: changeQuery,
    body: rollbackBody,
    changes: 'document',
    reply: committed,
    handle: (call) => commitChange(call, { ...call.body, kind: 'rollback' }),
  }),
]
