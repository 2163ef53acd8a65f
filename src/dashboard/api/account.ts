// Signing in and out.

import { hasScope, type Scope } from '../../wire/scopes.ts'
import { type CallFailure, call } from './client.ts'
import { endSession, signIn } from './session.ts'

/** A one-time code in the address, as a sign-in link has it: `/.holo/#code=…`. */
const CODE_FRAGMENT = /^#code=(.+)$/

/** Whether somebody is signed in already: by the link that was opened, the cookie, or Cloudflare Access. */
export async function findAccount(): Promise<void> {
  const code = CODE_FRAGMENT.exec(location.hash)?.[1]
  if (code === undefined) return loadAccount()
  // A code that stays in the address would be in the history of the browser.
  history.replaceState(undefined, '', location.pathname)
  const failure = await signInWith({ code })
  if (failure?.code === 'unauthenticated') return loadAccount(LINK_IS_OVER)
  if (failure) endSession(failure.title)
}

const LINK_IS_OVER = 'The sign-in link is over: each can be used once, within five minutes.'

/** @param why is said if nobody is signed in. */
async function loadAccount(why?: string): Promise<void> {
  const found = await call('GET /whoami')
  if (found.ok) signIn.value = { kind: 'in', account: found.value }
  else endSession(found.error.code === 'unauthenticated' ? why : found.error.title)
}

/** The reply sets the cookie. Returns why it was refused. */
export async function signInWith(
  secret: { readonly token: string } | { readonly code: string },
): Promise<CallFailure | undefined> {
  const signedIn = await call('POST /session', { body: secret })
  if (!signedIn.ok) return signedIn.error
  signIn.value = { kind: 'in', account: signedIn.value }
  return undefined
}

export async function signOut(): Promise<CallFailure | undefined> {
  const ended = await call('DELETE /session')
  if (!ended.ok && ended.error.code !== 'unauthenticated') return ended.error
  endSession('You are signed out.')
  return undefined
}

/** Ends the sessions of this token in all browsers. */
export async function signOutEverywhere(): Promise<CallFailure | undefined> {
  const ended = await call('DELETE /sessions')
  if (!ended.ok) return ended.error
  endSession('You are signed out in all browsers.')
  return undefined
}

/** Whether the one who is signed in may do what needs this scope. */
export function mayDo(scope: Scope): boolean {
  const state = signIn.value
  return state.kind === 'in' && hasScope(state.account.scopes, scope)
}
