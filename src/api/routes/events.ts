// The route of what happens: events of the outbox, for whoever follows them.

import { ok } from '../../core/result.ts'
import { eventsQuery, eventsReply } from '../../wire/events.ts'
import { route, type ScopedRoute } from '../http/route.ts'

export const EVENTS_ROUTE: ScopedRoute = route({
  method: 'GET',
  path: '/events',
  scope: 'read',
  summary: 'What has happened since, oldest first: revisions, rollouts, health, tokens',
  query: eventsQuery,
  reply: eventsReply,
  handle: async ({ ask, caller, query }) => {
    const { limit } = query
    const answer = await ask('none', (control) => control.events(caller, query.after, limit))
    return answer.ok ? ok({ body: answer.value }) : answer
  },
})
