// Who is signed in. The token is kept in memory alone: it is gone when the page is closed or loaded again.

import { signal } from '@preact/signals'
import type { Scope } from '../../wire/scopes.ts'

export type Account = { readonly actor: string; readonly scopes: readonly Scope[] }

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

/** The headers that carry the credential. */
export function toCredentialHeaders(): Readonly<Record<string, string>> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` }
}

/** Called when the API takes the credential no more. */
export function endSession(why: string | undefined): void {
  token = undefined
  signIn.value = { kind: 'out', why }
}
