// Proves credentials: whose a token, a session, a one-time code or a JWT of Access is, looked up with every
// use. authority.ts counts wrong ones and decides what a proved caller may do.

import type { Credential, Principal } from '../contract.ts'
import { AccessKeys, verifyAccessJwt } from './access-keys.ts'
import type { AccessSettings, AuthoritySettings } from './authority-settings.ts'
import { MAX_TOKEN_CHARACTERS } from './limits.ts'
import type { Sessions } from './sessions.ts'
import {
  hashToken,
  isSameHash,
  isSignInSecret,
  type SignInKind,
  toFingerprint,
} from './token-text.ts'
import { type Tokens, toLimits } from './tokens.ts'

/** What a connection that stays keeps of its credential, to check it again. Plain data without a secret. */
export type Ticket =
  | { readonly kind: 'token'; readonly id: string; readonly basis: string }
  | { readonly kind: 'session'; readonly hash: ArrayBuffer }
  /** Access does not say that it has revoked a JWT: the connection has to be renewed. */
  | { readonly kind: 'access'; readonly expiresAt: number }

export type ProofFault = { readonly fault: string; readonly isAttempt: boolean }

/** The result of checking a credential: whose it is, or why it is not valid. */
export type Proof = { readonly principal: Principal; readonly ticket: Ticket } | ProofFault

/** The first token has no row. */
const FIRST_ID = 'first'
const FIRST: Principal = { actor: 'first token', token: FIRST_ID, scopes: ['admin'] }

export class Prover {
  readonly #tokens: Tokens
  readonly #sessions: Sessions
  readonly #now: () => number
  readonly #firstHash: Promise<ArrayBuffer> | undefined
  readonly #access: { readonly settings: AccessSettings; readonly keys: AccessKeys } | undefined

  constructor(
    { firstToken, access }: AuthoritySettings,
    tokens: Tokens,
    sessions: Sessions,
    now: () => number,
  ) {
    this.#tokens = tokens
    this.#sessions = sessions
    this.#now = now
    this.#firstHash = firstToken === undefined ? undefined : hashToken(firstToken)
    const fetcher: typeof fetch = (...args) => fetch(...args)
    this.#access = access && {
      settings: access,
      keys: new AccessKeys(access.issuer, fetcher, now),
    }
  }

  /** Whether a JWT can be valid, which means that Access is set up. */
  get takesJwts(): boolean {
    return this.#access !== undefined
  }

  /** The fingerprint of the first token, if there is one. */
  async listFirst(): Promise<readonly string[]> {
    return this.#firstHash ? [toFingerprint(await this.#firstHash)] : []
  }

  /** Whether the credential of a connection that stays is still valid. */
  async isValid(ticket: Ticket): Promise<boolean> {
    if (ticket.kind === 'access') return this.#now() < ticket.expiresAt
    if (ticket.kind === 'session') {
      return !('fault' in (await this.#proveHash('session', ticket.hash)))
    }
    const found = await this.#getValid(ticket.id)
    return !('fault' in found) && found.basis === ticket.basis
  }

  prove(credential: Credential): Promise<Proof> | Proof {
    switch (credential.kind) {
      case 'token':
        return this.#proveToken(credential.token)
      case 'session':
        return this.#proveSecret('session', credential.session)
      case 'access':
        return this.#proveAccess(credential.jwt)
      case 'code':
        return toAttempt('a one-time code, which is for signing in only')
    }
  }

  /** Uses up a code, also if it is refused for another reason. */
  async proveSignIn(credential: Credential): Promise<Proof> {
    if (credential.kind !== 'code') return this.prove(credential)
    const { code } = credential
    const proof = await this.#proveSecret('code', code)
    const isUnused = !('fault' in proof) && this.#sessions.remove(await hashToken(code))
    return isUnused || 'fault' in proof ? proof : toAttempt('a code that was just used')
  }

  async #proveToken(text: string): Promise<Proof> {
    if (text.length > MAX_TOKEN_CHARACTERS) return toAttempt('a token that is too long')
    if (this.#firstHash && isSameHash(await hashToken(text), await this.#firstHash)) {
      return this.#proveId(FIRST_ID)
    }
    const found = await this.#tokens.find(text, this.#now())
    if (typeof found === 'string') return toAttempt(`a token that is not valid: ${found}`)
    this.#tokens.recordUse(found.id, this.#now())
    return this.#proveId(found.id)
  }

  async #proveId(id: string): Promise<Proof> {
    const found = await this.#getValid(id)
    if ('fault' in found) return found
    const { principal, basis } = found
    return { principal, ticket: { kind: 'token', id, basis } }
  }

  /** The valid token with this id: who it stands for, and its basis (`getValid` in tokens.ts). */
  async #getValid(
    id: string,
  ): Promise<{ readonly principal: Principal; readonly basis: string } | ProofFault> {
    if (id === FIRST_ID) {
      if (!this.#firstHash) return toAttempt('what belongs to a first token that is gone')
      return { principal: FIRST, basis: toFingerprint(await this.#firstHash) }
    }
    const found = this.#tokens.getValid(id, this.#now())
    if (typeof found === 'string') return toAttempt(`a token that is not valid: ${found}`)
    const { token, basis } = found
    const { name: actor, scopes, expiresAt } = token
    return { principal: { actor, token: id, scopes, limits: toLimits(token), expiresAt }, basis }
  }

  async #proveSecret(kind: SignInKind, text: string): Promise<Proof> {
    if (!isSignInSecret(kind, text)) return toAttempt(`what is no ${kind}`)
    const proof = await this.#proveHash(kind, await hashToken(text))
    const id = 'fault' in proof ? undefined : proof.principal.token
    if (id !== undefined) this.#tokens.recordUse(id, this.#now())
    return proof
  }

  /** What was known once is over, which is no attempt to guess. */
  async #proveHash(kind: SignInKind, hash: ArrayBuffer): Promise<Proof> {
    const row = this.#sessions.get(kind, hash)
    if (!row) return toAttempt(`a ${kind} that is not known`)
    const over = { fault: `a ${kind} that is over`, isAttempt: false }
    if (row.expires_at <= this.#now()) return over
    const found = await this.#getValid(row.token)
    if ('fault' in found || found.basis !== row.basis) return over
    const { principal, basis } = found
    return kind === 'code'
      ? { principal, ticket: { kind: 'token', id: row.token, basis } }
      : { principal: { ...principal, sessionEndsAt: row.expires_at }, ticket: { kind, hash } }
  }

  async #proveAccess(jwt: string): Promise<Proof> {
    if (!this.#access) return toAttempt('a JWT, but Access is not set up')
    const { settings, keys } = this.#access
    const found = await verifyAccessJwt(jwt, settings, keys, this.#now())
    if ('fault' in found) return found
    const { actor, expiresAt } = found
    return {
      principal: { actor, token: undefined, scopes: settings.scopes },
      ticket: { kind: 'access', expiresAt },
    }
  }
}

function toAttempt(fault: string): ProofFault {
  return { fault, isAttempt: true }
}
