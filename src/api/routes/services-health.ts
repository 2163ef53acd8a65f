// The route that says how the services of environments are, as the probes of the control find them.

import { ok } from '../../core/result.ts'
import { servicesHealthReply } from '../../wire/health.ts'
import { route, type ScopedRoute } from '../http/route.ts'

export const SERVICES_HEALTH_ROUTE: ScopedRoute = route({
  method: 'GET',
  path: '/health/services',
  scope: 'read',
  summary: 'How the services of environments are, since when and why, by the probes of the control',
  reply: servicesHealthReply,
  handle: async ({ ask, caller }) => {
    const answer = await ask('none', (control) => control.services(caller))
    return answer.ok ? ok({ body: answer.value }) : answer
  },
})
