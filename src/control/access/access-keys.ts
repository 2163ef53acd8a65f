// Who a JWT of Cloudflare Access is, if it is one: signed by a key of the team, meant for this application, and
// valid now. The team's public keys are fetched when they are needed, kept for a while, and fetched again when a
// JWT names one that is not among them. What its owner may do is a setting.

import {
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JWTHeaderParameters,
  jwtVerify,
} from 'jose'
import type { AccessSettings } from './authority-settings.ts'
import { MAX_JWT_CHARACTERS } from './limits.ts'

/** Access answers in some 50 ms; a person waits for this. */
const ACCESS_KEYS_TIMEOUT_MS = 3000

/** A key that was taken back is refused after this at the latest; Access rotates every six weeks. */
export const ACCESS_KEYS_MAX_AGE_MS = 3_600_000

/** A JWT names its key itself, so that anybody can name an unknown one: that asks no more than once a minute. */
const ACCESS_KEYS_UNKNOWN_PAUSE_MS = 60_000

/** Keys that could not be had are not asked for again with every request. */
export const ACCESS_KEYS_FAILED_PAUSE_MS = 10_000

/** Two or three keys have 4 KB. */
export const MAX_ACCESS_KEYS_CHARACTERS = 64 * 1024

/** Two clocks may differ by this. */
const CLOCK_TOLERANCE_S = 30

/** Longest e-mail address (RFC 5321 section 4.5.3.1), with room; it goes into the audit log. */
export const MAX_ACTOR_CHARACTERS = 320

/** The keys cannot be had: nobody's fault who shows a JWT. */
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
  /** Shared by the requests of one Durable Object, which all live as long as it does. */
  #pending: Promise<KeySet> | undefined

  constructor(issuer: string, fetcher: typeof fetch, now: () => number) {
    this.#url = `${issuer}/cdn-cgi/access/certs`
    this.#fetch = fetcher
    this.#now = now
  }

  /**
   * The key that a JWT names.
   *
   * @throws KeysUnavailable when the keys cannot be had; JOSEError when the key is not among them.
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
      throw new KeysUnavailable('the keys of Access could not be had a moment ago')
    }
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
      console.error(`the keys of Access cannot be had from ${this.#url}`, cause)
      throw new KeysUnavailable('the keys of Access cannot be had', { cause })
    }
  }
}

/** Why a JWT does not count, for the log only; `keys unavailable` is nobody's failed attempt. */
type JwtFault = { readonly fault: string; readonly isAttempt: boolean }

/**
 * The actor a JWT speaks for: the e-mail address of a person, the name of a service token. Only
 * RS256 is taken, and only with a key of the team: what the JWT itself says of algorithms and keys
 * (`alg`, `jwk`, `jku`, `x5u`) chooses nothing (RFC 8725 section 3.1).
 */
export async function verifyAccessJwt(
  jwt: string,
  { issuer, audience }: AccessSettings,
  keys: AccessKeys,
  now: number,
): Promise<{ readonly actor: string } | JwtFault> {
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
    const actor = [payload.email, payload.common_name].find(isActor)
    return actor === undefined ? { fault: 'a JWT that names nobody', isAttempt: true } : { actor }
  } catch (cause) {
    // What is not jose's finding about the JWT comes from the keys.
    if (!(cause instanceof errors.JOSEError)) {
      return { fault: `a JWT that cannot be checked (${cause})`, isAttempt: false }
    }
    return { fault: `a JWT that does not hold (${cause.code})`, isAttempt: true }
  }
}

function isActor(claim: unknown): claim is string {
  return typeof claim === 'string' && claim !== '' && claim.length <= MAX_ACTOR_CHARACTERS
}
