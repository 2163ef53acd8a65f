// The route of monitors: strangers learn that Holo answers, and nothing else.

import { err, ok } from '../../core/result.ts'
import { healthReply } from '../../wire/health.ts'
import { toFailure } from '../http/problems.ts'
import type { OpenRoute } from '../http/route.ts'

export const HEALTH_ROUTE: OpenRoute = {
  method: 'GET',
  path: '/health',
  scope: 'open',
  summary: 'Whether Holo answers; with scope `read`, how the control is',
  reply: healthReply,
  handle: async ({ ask, caller }) => {
    if (!caller) return ok({ body: { status: 'ok' } })
    const answer = await ask('none', (control) => control.health(caller))
    if (!answer.ok) return answer
    if (!answer.value.ok) return err(toFailure(answer.value.error))
    return ok({ body: { status: 'ok', control: answer.value.value } })
  },
}
