// The route by which somebody learns what their own credential is, and what it may do.

import * as z from 'zod'
import { ok } from '../../core/result.ts'
import { type Route, route } from '../http/route.ts'
import { scope } from '../http/schemas.ts'

export const WHOAMI_ROUTE: Route = route({
  method: 'GET',
  path: '/whoami',
  scope: 'read',
  summary: 'Who the caller is, and what the caller may do',
  reply: z.strictObject({
    actor: z.string().describe('As the audit log names the caller'),
    kind: z.enum(['token', 'access']).describe('`access`: an identity of Cloudflare Access'),
    token: z.string().optional().describe('The id of the token, never the token'),
    scopes: z.array(scope),
  }),
  handle: async ({ ask, caller }) => {
    const answer = await ask('none', (control) => control.authenticate(caller))
    if (!answer.ok) return answer
    const { actor, token, scopes } = answer.value
    const kind = token === undefined ? 'access' : 'token'
    return ok({ body: { actor, kind, token, scopes } })
  },
})
