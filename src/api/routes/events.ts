// The route of what happens: events of the outbox, for whoever follows them.

import * as z from 'zod'
import { ok } from '../../core/result.ts'
import { event, eventsReply } from '../../wire/events.ts'
import { route, type ScopedRoute } from '../http/route.ts'
import { pageQuery } from '../http/schemas.ts'

const after = z
  .string()
  .regex(/^(0|[1-9]\d{0,14})$/, 'a whole number from 0')
  .transform(Number)
  .optional()
  .describe('The id of the last event that was read; the newest where it is left out')

export const EVENTS_ROUTE: ScopedRoute = route({
  method: 'GET',
  path: '/events',
  scope: 'read',
  summary: 'What has happened since, oldest first: revisions, rollouts, health, tokens',
  query: z.strictObject({ after, limit: pageQuery.shape.limit }),
  reply: eventsReply.extend({ events: z.array(event) }),
  handle: async ({ ask, caller, query }) => {
    const { limit } = query
    const answer = await ask('none', (control) => control.events(caller, query.after, limit))
    return answer.ok ? ok({ body: answer.value }) : answer
  },
})
