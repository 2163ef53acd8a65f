// Who calls the control, and how it refuses: types that all parts of its contract share.

import type { Result } from '../core/result.ts'
import type { ProblemCode, ProblemDetails } from '../wire/problems.ts'
import type { Scope } from '../wire/scopes.ts'
import type { Limits } from '../wire/tokens.ts'

/** What a caller shows to prove who it is: a token of Holo's, or a JWT of Cloudflare Access. */
export type Credential =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'access'; readonly jwt: string }

/** Whoever asks. The control proves the credential with every call. */
export type Caller = {
  readonly credential: Credential
  readonly requestId: string
  /** The client's IP address, for the limit on failed attempts; empty where there is none. */
  readonly address: string
  /** The scope of the API's route, which the credential needs beside the scope of the call itself. */
  readonly scope?: Scope
}

/** Who a credential belongs to. */
export type Principal = {
  /** A token's name, or the e-mail address of an Access identity: for the audit log. */
  readonly actor: string
  /** The id of the token, never the token; `undefined` for an Access identity. */
  readonly token: string | undefined
  readonly scopes: readonly Scope[]
  /** What it may change; left out for everything that its scopes allow. */
  readonly limits?: Limits
  /** When its credential ends by itself, in milliseconds since the epoch; left out for never. */
  readonly expiresAt?: number | undefined
}

/** Why somebody may not. Only a credential that counts is told more, of its own limits. */
export type Denial = Extract<
  ProblemCode,
  'unauthenticated' | 'forbidden' | 'too_many_attempts' | 'one_at_a_time'
>

/** Rows before `before` (exclusive), newest first, at most `limit`. */
export type PageQuery = { readonly before: number | undefined; readonly limit: number }

/** Why a change was refused. */
export type RefusedResult =
  | DeniedResult
  /** The document has changed since the author read it. */
  | ({ readonly kind: 'stale' } & ProblemDetails<'stale'>)
  /** An unknown name, a withdrawn version, a document that would have problems, and the like. */
  | ({ readonly kind: 'invalid' } & ProblemDetails<'invalid_change'>)

/**
 * `why`: of a credential that counts, which of its limits stands in the way. `mayCount`: beside
 * `too_many_attempts`, which other credentials are still worth asking about.
 */
export type DeniedResult = {
  readonly kind: 'denied'
  readonly denial: Denial
  readonly why?: string
  readonly mayCount?: MayCount
}

/** Which credentials can be right, for an isolate that keeps the others away from the control. */
export type MayCount = {
  /** Fingerprints of every token that counts; `undefined` where there are too many to say. */
  readonly tokens: readonly string[] | undefined
  /** Whether any JWT can be right: Access is set up. */
  readonly jwts: boolean
}
export type Answer<T> = Promise<Result<T, DeniedResult>>
