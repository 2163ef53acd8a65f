// Who is signed in, and how calls show it: by the cookie of a session, which no script can read, or, with a Holo
// that has no sessions, by a token that is kept in memory alone.

import { signal } from '@preact/signals'
import type { Scope } from '../../wire/scopes.ts'

export type Account = {
  readonly actor: string
  readonly scopes: readonly Scope[]
  /** When the session ends, if it ends by itself. */
  readonly expiresAt?: number | undefined
}

export type SignInState =
  /** Not known yet: the page has just been opened. */
  | { readonly kind: 'asking' }
  /** @param why what ended the last session, for people. */
  | { readonly kind: 'out'; readonly why?: string | undefined }
  | { readonly kind: 'in'; readonly account: Account }

export const signIn = signal<SignInState>({ kind: 'asking' })

let token: string | undefined

export function setToken(secret: string | undefined): void {
  token = secret
}

/** Whether calls show a token: then nothing that a browser adds by itself counts. */
export function hasToken(): boolean {
  return token !== undefined
}

/**
 * What every call carries. A page of another site cannot send the second header, so that its calls by the cookie
 * of this browser are refused.
 */
export function toCredentialHeaders(): Readonly<Record<string, string>> {
  return token === undefined ? { 'holo-request': '1' } : { authorization: `Bearer ${token}` }
}

/** Called when the API takes the credential no more. */
export function endSession(why: string | undefined): void {
  token = undefined
  if (signIn.peek().kind === 'in' || why !== undefined || signIn.peek().kind === 'asking') {
    signIn.value = { kind: 'out', why }
  }
}
