// Routes of the flags: to read them, to change some or all of them, and to evaluate one as the edge does for a
// caller with a key.

import { err, ok } from '../../core/result.ts'
import { compileAssignments } from '../../document/compile.ts'
import { evaluateFlag, loadEvaluator } from '../../flags/evaluate.ts'
import { findContextFault } from '../../flags/ofrep-request.ts'
import { committed } from '../../wire/changes.ts'
import {
  flagCountsReply,
  flagEvaluationBody,
  flagEvaluationReply,
  flagsBody,
  flagsReply,
} from '../../wire/flags.ts'
import { changeQuery } from '../../wire/parts.ts'
import { commitChange, loadDocument } from '../http/current-document.ts'
import type { Failure } from '../http/problems.ts'
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
  route({
    method: 'POST',
    path: '/flags/evaluate',
    scope: 'read',
    summary: 'What a flag gives for a context, and why',
    body: flagEvaluationBody,
    readsDocument: true,
    reply: flagEvaluationReply,
    handle: async (call) => {
      const { flag: key, context, environment, version } = call.body
      const fault = findContextFault(context)
      if (fault !== undefined) return err(toInvalid('context', fault))
      const current = await loadDocument(call)
      if (!current.ok) return current
      const { revision, document } = current.value
      const { flags, environments, versions, first } = compileAssignments(document)
      if (!flags?.definitions.has(key)) return err({ kind: 'not_found' })
      const found = environment === undefined ? first : environments.get(environment)
      if (!found) return err(toInvalid('environment', 'there is no such environment'))
      if (version !== undefined && !versions.has(version)) {
        return err(toInvalid('version', 'there is no such version'))
      }
      const place = { environment: found.name, version: version ?? found.version.id }
      await loadEvaluator()
      const { metadata: _, ...given } = evaluateFlag(flags, key, { ...context, ...place }, place)
      return ok({ body: { revision, ...place, ...given } })
    },
  }),
]

function toInvalid(path: string, message: string): Failure {
  return { kind: 'invalid_request', problems: [{ path, message }] }
}
