// Routes of health. Without a credential, a monitor only learns that Holo answers. With one, the routes
// report the state of the control and of the services of environments.

import { HOLO_VERSION } from '../../core/holo-version.ts'
import { ok } from '../../core/result.ts'
import { healthReply, servicesHealthReply } from '../../wire/health.ts'
import { type OpenRoute, route, type ScopedRoute } from '../http/route.ts'

export const HEALTH_ROUTE: OpenRoute = {
  method: 'GET',
  path: '/health',
  scope: 'open',
  summary: 'Whether Holo answers; with scope `read`, the state of the control',
  reply: healthReply,
  handle: async (asker) => {
    if (!asker) return ok({ body: { status: 'ok' } })
    const answer = await asker.ask('none', (control) => control.health(asker.caller))
    if (!answer.ok) return answer
    const { staleAfterMs } = asker
    const holoVersion = HOLO_VERSION
    return ok({ body: { status: 'ok', control: answer.value, staleAfterMs, holoVersion } })
  },
}

export const SERVICES_HEALTH_ROUTE: ScopedRoute = route({
  method: 'GET',
  path: '/health/services',
  scope: 'read',
  summary: 'The state of the services of environments, since when and why, as the probes found it',
  reply: servicesHealthReply,
  handle: async ({ ask, caller }) => {
    const answer = await ask('none', (control) => control.services(caller))
    return answer.ok ? ok({ body: answer.value }) : answer
  },
})
