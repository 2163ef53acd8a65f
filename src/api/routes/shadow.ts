// The route of what shadows were found to differ in.

import { ok } from '../../core/result.ts'
import { shadowQuery, shadowReply } from '../../wire/shadow.ts'
import { type Route, route } from '../http/route.ts'

export const SHADOW_ROUTE: Route = route({
  method: 'GET',
  path: '/shadow',
  scope: 'read',
  summary: 'What shadows differ in, by versions, route, kind and place, without the noise',
  query: shadowQuery,
  reply: shadowReply,
  handle: async ({ ask, caller, query }) => {
    const { environment, limit } = query
    const answer = await ask('none', (control) => control.shadows(caller, { environment, limit }))
    return answer.ok ? ok({ body: { shadows: [...answer.value], now: Date.now() } }) : answer
  },
})
