// Routes with which browsers sign in and out, and the one that opens a WebSocket for live news. The app
// sets and deletes the cookie.

import { CALLER_HEADER, type DeniedResult } from '../../control/contract.ts'
import { err, ok } from '../../core/result.ts'
import { liveMessage } from '../../wire/live.ts'
import { codeReply, endedSessionsReply, sessionReply, signInBody } from '../../wire/sessions.ts'
import { type Route, route, type SignInRoute } from '../http/route.ts'
import { toWhoami } from './tokens.ts'

const SIGN_IN: SignInRoute = {
  method: 'POST',
  path: '/session',
  scope: 'sign-in',
  summary: 'Signs a browser in with a token or a one-time code: sets the cookie of a session',
  body: signInBody,
  changes: 'sessions',
  reply: sessionReply,
  handle: async ({ ask, caller }) => {
    const answer = await ask('changes', (control) => control.signIn(caller))
    if (!answer.ok) return answer
    const { session, sessionEndsAt } = answer.value
    return ok({
      body: toWhoami(answer.value, 'session'),
      session: { secret: session, endsAt: sessionEndsAt },
    })
  },
}

export const SESSION_ROUTES: readonly Route[] = [
  SIGN_IN,
  route({
    method: 'POST',
    path: '/session/code',
    scope: 'read',
    summary: 'Makes a one-time code that signs in with the token of this request, for five minutes',
    changes: 'sessions',
    reply: codeReply,
    status: 201,
    handle: async ({ ask, caller, dashboardHost }) => {
      const answer = await ask('changes', (control) => control.makeCode(caller))
      return answer.ok ? ok({ body: { ...answer.value, host: dashboardHost } }) : answer
    },
  }),
  route({
    method: 'DELETE',
    path: '/session',
    scope: 'read',
    summary: 'Signs out: ends the session of this request',
    changes: 'sessions',
    reply: endedSessionsReply,
    handle: async ({ ask, caller }) => {
      const answer = await ask('changes', (control) => control.signOut(caller, false))
      return answer.ok ? ok({ body: { ended: answer.value }, session: 'ended' }) : answer
    },
  }),
  route({
    method: 'DELETE',
    path: '/sessions',
    scope: 'read',
    summary: 'Signs out everywhere: ends all sessions and codes of the same token',
    changes: 'sessions',
    reply: endedSessionsReply,
    handle: async ({ ask, caller }) => {
      const answer = await ask('changes', (control) => control.signOut(caller, true))
      return answer.ok ? ok({ body: { ended: answer.value }, session: 'ended' }) : answer
    },
  }),
]

/** The host is never looked up: the control answers by itself. */
const CONTROL_LIVE_URL = 'https://control/live'

export const LIVE_ROUTE: Route = route({
  method: 'GET',
  path: '/live',
  scope: 'read',
  summary: 'A WebSocket that tells of events and of stored counts as they come',
  upgrades: true,
  reply: liveMessage,
  failures: ['upgrade_required', 'too_many_viewers'],
  handle: async ({ ask, caller }) => {
    const headers = { upgrade: 'websocket', [CALLER_HEADER]: JSON.stringify(caller) }
    const answer = await ask('none', async (control) => {
      const response = await control.fetch(new Request(CONTROL_LIVE_URL, { headers }))
      return response.webSocket ? ok(response) : err(await response.json<DeniedResult>())
    })
    return answer.ok ? ok({ body: undefined, upgraded: answer.value }) : answer
  },
})
