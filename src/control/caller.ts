// Who calls the control and how the control refuses a call: the types that all parts of its contract
// share.

import type { Result } from '../core/result.ts'
import type { ProblemCode, ProblemDetails } from '../wire/problems.ts'
import type { Scope } from '../wire/scopes.ts'
import type { Limits } from '../wire/tokens.ts'

/**
 * What a caller sends to prove who it is: a token of Holo, the session of a browser, a one-time code (for
 * signing in only), or a JWT of Cloudflare Access.
 */
export type Credential =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'session'; readonly session: string }
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'access'; readonly jwt: string }

/** Who makes a call. The control checks the credential on every call. */
export type Caller = {
  readonly credential: Credential
  readonly requestId: string
  /** The client's IP address, for the limit on failed attempts; empty if it is not known. */
  readonly address: string
  /** The scope that the API's route requires. The call of the control may require another one as well. */
  readonly scope?: Scope
}

/** Who a credential belongs to. */
export type Principal = {
  /** A token's name, or the e-mail address of an Access identity: for the audit log. */
  readonly actor: string
  /** The id of the token, never the token; `undefined` for an Access identity. */
  readonly token: string | undefined
  readonly scopes: readonly Scope[]
  /** What the token may change; missing if it may change everything that its scopes allow. */
  readonly limits?: Limits
  /** When the token expires, in milliseconds since the epoch; missing for never. */
  readonly expiresAt?: number | undefined
  /** When this session of the token ends; missing if the credential is no session. */
  readonly sessionEndsAt?: number | undefined
}

/** Why a caller may not do something: a problem code of the API. */
export type Denial = Extract<
  ProblemCode,
  'unauthenticated' | 'forbidden' | 'too_many_attempts' | 'one_at_a_time' | 'too_many_viewers'
>

/** Asks for rows before `before` (exclusive), newest first, at most `limit`. */
export type PageQuery = { readonly before: number | undefined; readonly limit: number }

/** A change goes forward, and nothing may now: docs/safety.md. */
export type FrozenResult = {
  readonly kind: 'frozen'
  readonly held: 'freeze' | 'windows'
  readonly detail: string
}

/** A change goes back further than a version allows: docs/safety.md. */
export type BelowFloorResult = { readonly kind: 'below_floor'; readonly detail: string }

/** Why a change was refused. */
export type RefusedResult =
  | DeniedResult
  | FrozenResult
  | BelowFloorResult
  /** The document has changed since the author read it. */
  | ({ readonly kind: 'stale' } & ProblemDetails<'stale'>)
  /** An unknown name, a withdrawn version, a document that would have problems, and the like. */
  | ({ readonly kind: 'invalid' } & ProblemDetails<'invalid_change'>)

/**
 * A refusal for lack of rights. `why` is given to valid credentials only: which of their limits forbids
 * the call. `mayCount` comes with `too_many_attempts`: which credentials may still be valid.
 */
export type DeniedResult = {
  readonly kind: 'denied'
  readonly denial: Denial
  readonly why?: string
  readonly mayCount?: MayCount
}

/** Which credentials may be valid. The isolate rejects all others itself, without calling the control. */
export type MayCount = {
  /** Fingerprints of all valid tokens, sessions and codes; `undefined` if there are too many to list. */
  readonly tokens: readonly string[] | undefined
  /** Whether a JWT can be valid, which means that Access is set up. */
  readonly jwts: boolean
}

/** The reply to a call that can only be refused for lack of rights. */
export type Answer<T> = Promise<Result<T, DeniedResult>>
