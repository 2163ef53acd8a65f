// The route of monitors: strangers learn that Holo answers, and nothing else.

import * as z from 'zod'
import { ok } from '../../core/result.ts'
import type { OpenRoute } from '../http/route.ts'

export const HEALTH_ROUTE: OpenRoute = {
  method: 'GET',
  path: '/health',
  scope: 'open',
  summary: 'Whether Holo answers; with scope `read`, how the control is',
  reply: z.strictObject({
    status: z.literal('ok'),
    control: z
      .strictObject({
        revision: z.int(),
        digest: z.string().optional(),
        published: z.int().describe('The newest revision that KV has taken'),
        publishError: z.string().optional(),
        externalProblem: z
          .string()
          .optional()
          .describe('What is wrong with a document that somebody put into KV'),
        callsPerSecond: z.number(),
        nextMs: z.number(),
        overwritten: z.int().describe('Hand edits that were overwritten, and kept in the history'),
        fill: z
          .array(
            z.strictObject({
              part: z.enum(['versions', 'settings', 'traffic', 'history', 'revisions']),
              used: z.int().describe('Bytes; of `revisions` a number'),
              limit: z.int(),
            }),
          )
          .describe('What fills up for good: `versions`, `settings`, `traffic` of the document'),
      })
      .optional(),
  }),
  handle: async (asker) => {
    if (!asker) return ok({ body: { status: 'ok' } })
    const answer = await asker.ask('none', (control) => control.health(asker.caller))
    if (!answer.ok) return answer
    return ok({ body: { status: 'ok', control: answer.value } })
  },
}
