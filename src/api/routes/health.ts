// Routes of health: for monitors, who learn that Holo answers and nothing else; and for people, how the
// control and the services of environments are.

import { ok } from '../../core/result.ts'
import { healthReply, servicesHealthReply } from '../../wire/health.ts'
import { type OpenRoute, route, type ScopedRoute } from '../http/route.ts'

export const HEALTH_ROUTE: OpenRoute = {
  method: 'GET',
  path: '/health',
  scope: 'open',
  summary: 'Whether Holo answers; with scope `read`, how the control is',
  reply: healthReply,
  handle: async (asker) => {
    if (!asker) return ok({ body: { status: 'ok' } })
    const answer = await asker.ask('none', (control) => control.health(asker.caller))
    if (!answer.ok) return answer
    return ok({ body: { status: 'ok', control: answer.value } })
  },
}

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
