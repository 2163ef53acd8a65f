// Routes of what has happened: the audit log, the check that nothing in it was changed or removed, and the
// events of the outbox.

import { ok } from '../../core/result.ts'
import { auditReply, verifyBody, verifyReply } from '../../wire/audit.ts'
import { eventsQuery, eventsReply } from '../../wire/events.ts'
import { pageQuery } from '../../wire/parts.ts'
import { type Route, route, type ScopedRoute } from '../http/route.ts'

export const AUDIT_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/audit',
    scope: 'read',
    summary: 'Who did what, newest first',
    query: pageQuery,
    reply: auditReply,
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
    summary: 'Checks the hash chain of the audit log, and compares a published document with it',
    body: verifyBody,
    reply: verifyReply,
    handle: async ({ ask, caller, body }) => {
      const answer = await ask('none', (control) => control.verify(caller, body.copy))
      return answer.ok ? ok({ body: answer.value }) : answer
    },
  }),
]

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
