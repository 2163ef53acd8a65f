// The route of monitors: strangers learn that Holo answers, and nothing else.

import { ok } from '../../core/result.ts'
import { healthReply } from '../../wire/health.ts'
import type { OpenRoute } from '../http/route.ts'

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
