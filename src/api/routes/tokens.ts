// Routes of the tokens. A token itself is in one reply only: the one to its making.

import * as z from 'zod'
import { TOKEN_ID } from '../../control/access/token-text.ts'
import { isHarmless } from '../../core/harmless-text.ts'
import { err, ok } from '../../core/result.ts'
import { MAX_TOKEN_DAYS } from '../http/limits.ts'
import { type Route, route } from '../http/route.ts'
import { limits, scope, token } from '../http/schemas.ts'

const DAY_MS = 24 * 3600 * 1000

export const TOKEN_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/tokens',
    scope: 'admin',
    summary: 'All tokens, newest first, revoked and expired ones too',
    reply: z.strictObject({ tokens: z.array(token) }),
    handle: async ({ ask, caller }) => {
      const answer = await ask('none', (control) => control.tokens(caller))
      if (!answer.ok) return answer
      return ok({ body: { tokens: answer.value } })
    },
  }),
  route({
    method: 'POST',
    path: '/tokens',
    scope: 'admin',
    summary: 'A new token: it is in this reply and nowhere else',
    body: z.strictObject({
      name: z
        .string()
        .regex(
          /^\S(?:[^\p{Cc}]{0,98}\S)?$/u,
          '1 to 100 characters on one line, no space at its ends',
        )
        .refine(isHarmless, 'it has a sign that cannot be seen, or that changes how others are'),
      scopes: z.array(scope).min(1).max(scope.options.length),
      ...limits,
      expiresInDays: z
        .int()
        .min(1)
        .max(MAX_TOKEN_DAYS)
        .optional()
        .describe('As long as the token that makes it, when left out'),
    }),
    changes: 'tokens',
    reply: token.extend({ token: z.string() }),
    status: 201,
    handle: async ({ ask, caller, body: { expiresInDays, ...asked }, now }) => {
      const expiresAt = expiresInDays === undefined ? undefined : now + expiresInDays * DAY_MS
      const answer = await ask('changes', (control) =>
        control.createToken(caller, { ...asked, expiresAt }),
      )
      return answer.ok ? ok({ body: answer.value }) : answer
    },
  }),
  route({
    method: 'DELETE',
    path: '/tokens/{id}',
    scope: 'admin',
    summary: 'Revokes a token from the next request on',
    changes: 'tokens',
    params: z.strictObject({ id: z.string().regex(TOKEN_ID) }),
    reply: token,
    handle: async ({ ask, caller, params: { id } }) => {
      const answer = await ask('changes', (control) => control.revokeToken(caller, id))
      if (!answer.ok) return answer
      const revoked = answer.value
      return revoked ? ok({ body: revoked }) : err({ kind: 'not_found' })
    },
  }),
]
