// The route by which somebody learns what their own credential is, and what it may do.

import { ok } from '../../core/result.ts'
import { whoamiReply } from '../../wire/tokens.ts'
import { type Route, route } from '../http/route.ts'

export const WHOAMI_ROUTE: Route = route({
  method: 'GET',
  path: '/whoami',
  scope: 'read',
  summary: 'Who the caller is, and what the caller may do',
  reply: whoamiReply,
  handle: async ({ ask, caller }) => {
    const answer = await ask('none', (control) => control.authenticate(caller))
    if (!answer.ok) return answer
    const { actor, token, scopes } = answer.value
    const kind = token === undefined ? 'access' : 'token'
    return ok({ body: { actor, kind, token, scopes } })
  },
})
