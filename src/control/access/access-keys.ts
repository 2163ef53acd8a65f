// Verifies JWTs of Cloudflare Access: signed by a key of the team, for this application, valid now. The
// team's public keys are fetched when needed, cached, and fetched again when a JWT names an unknown
// key. The settings say which scopes the owner of a JWT has.

import {
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JWTHeaderParameters,
  jwtVerify,
} from 'jose'
import type { AccessSettings } from './authority-settings.ts'
import { MAX_JWT_CHARACTERS } from './limits.ts'

/** Access replies in some 50 ms. A person waits for this request. */
const ACCESS_KEYS_TIMEOUT_MS = 3000

/** A revoked key is refused after this time at the latest. Access rotates its keys every six weeks. */
export const ACCESS_KEYS_MAX_AGE_MS = 3_600_000

/** Anybody can send a JWT that names an unknown key. Such JWTs cause one fetch per minute at most. */
const ACCESS_KEYS_UNKNOWN_PAUSE_MS = 60_000

/** After a failed fetch of the keys, the next one waits for so long. */
export const ACCESS_KEYS_FAILED_PAUSE_MS = 10_000

/** Two or three keys take 4 KB. */
export const MAX_ACCESS_KEYS_CHARACTERS = 64 * 1024

/** How much the clocks of Access and Holo may differ. */
const CLOCK_TOLERANCE_S = 30

/**
 * The longest e-mail address (RFC 5321 section 4.5.3.1), with some room. The actor goes into the audit
 * log.
 */
export const MAX_ACTOR_CHARACTERS = 320

/** The keys could not be fetched. This is not the fault of whoever sent the JWT. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable'
}

type KeySet = {
  readonly find: ReturnType<typeof createLocalJWKSet>
  readonly fetchedAt: number
}

export class AccessKeys {
  readonly #url: string
  readonly #fetch: typeof fetch
  readonly #now: () => number
  #set: KeySet | undefined
  #failedAt = Number.NEGATIVE_INFINITY
  readonly #isShared: boolean
  #pending: Promise<KeySet> | undefined

  /**
   * @param isShared whether requests may wait for one another's fetch. In the Durable Object they may,
   *   because a fetch lives as long as the object. In a Worker a fetch ends with its own request.
   */
  constructor(issuer: string, fetcher: typeof fetch, now: () => number, isShared = true) {
    this.#url = `${issuer}/cdn-cgi/access/certs`
    this.#fetch = fetcher
    this.#now = now
    this.#isShared = isShared
  }

  /**
   * Finds the key that a JWT names.
   *
   * @throws KeysUnavailable when the keys cannot be fetched; JOSEError when the key is not among them.
   */
  readonly get = async (header: JWTHeaderParameters, token: FlattenedJWSInput) => {
    const age = this.#now() - (this.#set?.fetchedAt ?? Number.NEGATIVE_INFINITY)
    const set = this.#set && age < ACCESS_KEYS_MAX_AGE_MS ? this.#set : await this.#load()
    try {
      return await set.find(header, token)
    } catch (cause) {
      const isUnknown = cause instanceof errors.JWKSNoMatchingKey
      if (!isUnknown || this.#now() - set.fetchedAt < ACCESS_KEYS_UNKNOWN_PAUSE_MS) throw cause
      return await (await this.#load()).find(header, token)
    }
  }

  async #load(): Promise<KeySet> {
    if (this.#now() - this.#failedAt < ACCESS_KEYS_FAILED_PAUSE_MS) {
      throw new KeysUnavailable('the keys of Access could not be fetched a moment ago')
    }
    if (!this.#isShared) return this.#ask()
    this.#pending ??= this.#ask().finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  async #ask(): Promise<KeySet> {
    try {
      const response = await this.#fetch(this.#url, {
        redirect: 'manual',
        cache: 'no-store',
        signal: AbortSignal.timeout(ACCESS_KEYS_TIMEOUT_MS),
      })
      const text = await response.text()
      if (response.status !== 200) throw new Error(`the answer is a ${response.status}`)
      if (text.length > MAX_ACCESS_KEYS_CHARACTERS) throw new Error('the answer is too long')
      this.#set = { find: createLocalJWKSet(JSON.parse(text)), fetchedAt: this.#now() }
      return this.#set
    } catch (cause) {
      this.#failedAt = this.#now()
      console.error(`the keys of Access cannot be fetched from ${this.#url}`, cause)
      throw new KeysUnavailable('the keys of Access cannot be fetched', { cause })
    }
  }
}

/** Why a JWT is not valid, for the log only. `isAttempt` is false if the keys could not be fetched. */
export type JwtFault = { readonly fault: string; readonly isAttempt: boolean }

/**
 * Verifies a JWT and returns its actor: the e-mail address of a person, or the name of a service token.
 */
export async function verifyAccessJwt(
  jwt: string,
  settings: AccessSettings,
  keys: AccessKeys,
  now: number,
): Promise<{ readonly actor: string; readonly expiresAt: number } | JwtFault> {
  const verified = await verifyAccessClaims(jwt, settings, keys, now)
  if ('fault' in verified) return verified
  const { claims, expiresAt } = verified
  const actor = [claims.email, claims.common_name].find(isActor)
  return actor === undefined
    ? { fault: 'a JWT without an e-mail address or name', isAttempt: true }
    : { actor, expiresAt }
}

/**
 * Verifies a JWT and returns its claims. Only RS256 with a key of the team is accepted. The headers `alg`,
 * `jwk`, `jku` and `x5u` of the JWT choose neither algorithm nor key (RFC 8725 section 3.1).
 */
export async function verifyAccessClaims(
  jwt: string,
  { issuer, audience }: Pick<AccessSettings, 'issuer' | 'audience'>,
  keys: AccessKeys,
  now: number,
): Promise<
  { readonly claims: Readonly<Record<string, unknown>>; readonly expiresAt: number } | JwtFault
> {
  if (jwt.length > MAX_JWT_CHARACTERS) return { fault: 'a JWT that is too long', isAttempt: true }
  try {
    const { payload } = await jwtVerify(jwt, keys.get, {
      algorithms: ['RS256'],
      issuer,
      audience,
      requiredClaims: ['exp', 'iat'],
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: new Date(now),
    })
    return { claims: payload, expiresAt: (payload.exp ?? 0) * 1000 }
  } catch (cause) {
    // Any error that is not from jose comes from fetching the keys.
    if (!(cause instanceof errors.JOSEError)) {
      return { fault: `a JWT that cannot be checked (${cause})`, isAttempt: false }
    }
    return { fault: `an invalid JWT (${cause.code})`, isAttempt: true }
  }
}

function isActor(claim: unknown): claim is string {
  return typeof claim === 'string' && claim !== '' && claim.length <= MAX_ACTOR_CHARACTERS
}
