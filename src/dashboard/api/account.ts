// Signing in and out.

import type { Result } from '../../core/result.ts'
import { ok } from '../../core/result.ts'
import { hasScope, type Scope } from '../../wire/scopes.ts'
import { type CallFailure, call } from './client.ts'
import { endSession, setToken, signIn } from './session.ts'

/** Whether somebody is signed in: by what the browser holds, or by nothing but Cloudflare Access. */
export async function findAccount(): Promise<void> {
  const found = await call('GET /whoami')
  if (!found.ok) {
    endSession(found.error.code === 'unauthenticated' ? undefined : found.error.title)
    return
  }
  signIn.value = { kind: 'in', account: found.value }
}

export async function signInWithToken(secret: string): Promise<Result<undefined, CallFailure>> {
  setToken(secret)
  const found = await call('GET /whoami')
  if (!found.ok) {
    endSession(undefined)
    return found
  }
  signIn.value = { kind: 'in', account: found.value }
  return ok(undefined)
}

export function signOut(): void {
  endSession('You are signed out.')
}

/** Whether the one who is signed in may do what needs this scope. */
export function mayDo(scope: Scope): boolean {
  const state = signIn.value
  return state.kind === 'in' && hasScope(state.account.scopes, scope)
}
