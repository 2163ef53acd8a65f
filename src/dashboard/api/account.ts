// Signing in and out.

import { err, ok, type Result } from '../../core/result.ts'
import { API_PATH } from '../../wire/api-path.ts'
import { hasScope, type Scope } from '../../wire/scopes.ts'
import { type CallFailure, call, readFailure, UNREACHABLE } from './client.ts'
import { endSession, hasToken, setToken, signIn, toCredentialHeaders } from './session.ts'

/** A one-time code in the address, as a sign-in link has it: `/.holo/#code=…`. */
const CODE = /^#code=([\w.~-]+)$/

/** Whether somebody is signed in already: by the link that was opened, the cookie, or Cloudflare Access. */
export async function findAccount(): Promise<void> {
  const code = CODE.exec(location.hash)?.[1]
  if (code !== undefined) {
    // A code that stays in the address would be in the history of the browser.
    history.replaceState(undefined, '', location.pathname)
    const signedIn = await postSession({ code })
    if (signedIn.ok) return loadAccount()
    endSession('The sign-in link is over: each can be used once, within five minutes.')
    return
  }
  await loadAccount()
}

async function loadAccount(): Promise<void> {
  const found = await call('GET /whoami')
  if (found.ok) signIn.value = { kind: 'in', account: found.value }
  else endSession(found.error.code === 'unauthenticated' ? undefined : found.error.title)
}

export async function signInWithToken(secret: string): Promise<Result<undefined, CallFailure>> {
  const signedIn = await postSession({ token: secret })
  if (!signedIn.ok) {
    // A Holo without sessions: the token itself is the credential.
    if (signedIn.error.code !== 'not_found') return signedIn
    setToken(secret)
  }
  const found = await call('GET /whoami')
  if (!found.ok) {
    setToken(undefined)
    return found
  }
  signIn.value = { kind: 'in', account: found.value }
  return ok(undefined)
}

/** The reply sets the cookie. */
async function postSession(
  body: { readonly token: string } | { readonly code: string },
): Promise<Result<undefined, CallFailure>> {
  return send('POST', '/session', body)
}

export async function signOut(): Promise<void> {
  if (!hasToken()) await send('DELETE', '/session')
  endSession('You are signed out.')
}

/** Ends the sessions of this token in all browsers. */
export async function signOutEverywhere(): Promise<Result<undefined, CallFailure>> {
  const ended = await send('DELETE', '/sessions')
  if (ended.ok) endSession('You are signed out in all browsers.')
  return ended
}

async function send(
  method: 'POST' | 'DELETE',
  path: string,
  body?: object,
): Promise<Result<undefined, CallFailure>> {
  try {
    const response = await fetch(API_PATH + path, {
      method,
      headers: {
        ...toCredentialHeaders(),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      credentials: 'same-origin',
    })
    return response.ok ? ok(undefined) : err(await readFailure(response))
  } catch {
    return err({ code: 'unreachable', status: 0, title: UNREACHABLE })
  }
}

/** Whether the one who is signed in may do what needs this scope. */
export function mayDo(scope: Scope): boolean {
  const state = signIn.value
  return state.kind === 'in' && hasScope(state.account.scopes, scope)
}
