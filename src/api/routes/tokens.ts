// Routes of the tokens. Only the reply that creates a token contains the token itself.

import type { Credential, Principal } from '../../control/contract.ts'
import { err, ok } from '../../core/result.ts'
import {
  newTokenBody,
  newTokenReply,
  token,
  tokenParams,
  tokensReply,
  whoamiReply,
} from '../../wire/tokens.ts'
import { type Route, route } from '../http/route.ts'

const DAY_MS = 24 * 3600 * 1000

export const TOKEN_ROUTES: readonly Route[] = [
  route({
    method: 'GET',
    path: '/tokens',
    scope: 'admin',
    summary: 'All tokens, newest first, revoked and expired ones too',
    reply: tokensReply,
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
    summary: 'Creates a token, which is shown in this reply only',
    body: newTokenBody,
    changes: 'tokens',
    reply: newTokenReply,
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
    summary: 'Revokes a token, beginning with the next request',
    changes: 'tokens',
    params: tokenParams,
    reply: token,
    handle: async ({ ask, caller, params: { id } }) => {
      const answer = await ask('changes', (control) => control.revokeToken(caller, id))
      if (!answer.ok) return answer
      const revoked = answer.value
      return revoked ? ok({ body: revoked }) : err({ kind: 'not_found' })
    },
  }),
]

export const WHOAMI_ROUTE: Route = route({
  method: 'GET',
  path: '/whoami',
  scope: 'read',
  summary: 'Who the caller is, and what the caller may do',
  reply: whoamiReply,
  handle: async ({ ask, caller }) => {
    const answer = await ask('none', (control) => control.authenticate(caller))
    if (!answer.ok) return answer
    const { kind } = caller.credential
    return ok({ body: toWhoami(answer.value, kind) })
  },
})

/** Says who a caller is, and until when the credential counts. */
export function toWhoami(
  { actor, token, scopes, limits, expiresAt, sessionEndsAt }: Principal,
  kind: Credential['kind'],
) {
  return { actor, kind, token, scopes, ...limits, expiresAt: sessionEndsAt ?? expiresAt }
}
