// Routes of the audit log.

import * as z from 'zod'
import { ok } from '../../core/result.ts'
import { MAX_ASSIGNMENTS_BYTES } from '../../document/parse.ts'
import { type Route, route } from '../http/route.ts'
import { auditRow, next, pageQuery } from '../http/schemas.ts'

export const AUDIT_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/audit',
    scope: 'read',
    summary: 'Who did what, newest first',
    query: pageQuery,
    reply: z.strictObject({ rows: z.array(auditRow), next }),
    handle: async ({ ask, caller, query }) => {
      const { limit, before } = query
      const answer = await ask('none', (control) => control.audit(caller, { limit, before }))
      if (!answer.ok) return answer
      const rows = answer.value
      return ok({ body: { rows, next: rows.length === limit ? rows.at(-1)?.seq : undefined } })
    },
  }),
  route({
    method: 'POST',
    path: '/audit/verify',
    scope: 'read',
    oneAtATime: true,
    summary: 'Checks the chain of the audit log, and a copy of a published document against it',
    body: z.strictObject({
      copy: z
        .string()
        .max(MAX_ASSIGNMENTS_BYTES)
        .optional()
        .describe('The text of any document that was published, byte for byte'),
    }),
    reply: z.strictObject({
      rows: z.int(),
      head: z.string(),
      problems: z.array(z.strictObject({ seq: z.int().optional(), message: z.string() })),
    }),
    handle: async ({ ask, caller, body }) => {
      const answer = await ask('none', (control) => control.verify(caller, body.copy))
      return answer.ok ? ok({ body: answer.value }) : answer
    },
  }),
]
