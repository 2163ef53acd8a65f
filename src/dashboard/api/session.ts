// Who is signed in. The session is a cookie that no script can read.

import { signal } from '@preact/signals'
import type { Scope } from '../../wire/scopes.ts'

export type Account = {
  readonly actor: string
  /** `access`: Cloudflare Access says who it is, and there is no session of Holo. */
  readonly kind: 'token' | 'session' | 'access'
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

/**
 * What every call carries beside the cookie that the browser adds. A page of another site cannot send it, so that a
 * change that it makes a browser send is refused.
 */
export const REQUEST_HEADERS = { 'holo-request': '1' } as const

export function endSession(why: string | undefined): void {
  signIn.value = { kind: 'out', why }
}
