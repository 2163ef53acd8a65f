// Checks the credential of every call of the control, and creates, lists and revokes tokens. control.ts
// says which scope each other call needs.

import { err, ok, type Result } from '../../core/result.ts'
import type { Env } from '../../env.ts'
import { hasScope, SCOPES } from '../../wire/scopes.ts'
import {
  LIMIT_NAMES,
  LIMIT_PATTERNS,
  type Limits,
  MAX_LIMIT_PATTERNS,
  TOKEN_ID,
  type TokenSummary,
} from '../../wire/tokens.ts'
import type {
  Authorise,
  Caller,
  ControlCalls,
  Denial,
  DeniedResult,
  MayCount,
  NewToken,
  Principal,
} from '../contract.ts'
import { AccessKeys, verifyAccessJwt } from './access-keys.ts'
import { Attempts } from './attempts.ts'
import {
  type AccessSettings,
  type AuthoritySettings,
  readAuthoritySettings,
} from './authority-settings.ts'
import { MAX_TOKEN_CHARACTERS, MAX_TOKEN_NAME_CHARACTERS } from './limits.ts'
import { isWithin } from './token-limits.ts'
import { hashToken, isSameHash, makeToken, toFingerprint } from './token-text.ts'
import { Tokens, toLimits } from './tokens.ts'

/** What the audit log says about a token. Events contain `id`, `name` and `scopes` too. */
type TokenDetail = Readonly<Record<string, unknown>> & {
  readonly id: string
  readonly name: string
  readonly scopes?: readonly string[]
}

/** Commits the writes of `write` and their audit row in one transaction. */
export type RecordAudit = (
  action: 'token-create' | 'token-revoke',
  detail: TokenDetail,
  principal: Principal,
  requestId: string,
  write: () => void,
) => Promise<void>

export type AccessDeps = {
  readonly sql: SqlStorage
  readonly env: Env
  readonly now: () => number
  readonly recordAudit: RecordAudit
}

/** What the control needs of the authority. Tests replace it. */
export type Access = Pick<
  ControlCalls,
  'authenticate' | 'tokens' | 'createToken' | 'revokeToken'
> & { readonly authorise: Authorise }

/** The result of checking a credential: whose it is, or why it is not valid. */
type Proof = Principal | { readonly fault: string; readonly isAttempt: boolean }

const FIRST: Principal = { actor: 'first token', token: 'first', scopes: ['admin'] }

export class Authority implements Access {
  readonly #tokens: Tokens
  readonly #attempts = new Attempts()
  readonly #settings: AuthoritySettings
  readonly #firstHash: Promise<ArrayBuffer> | undefined
  readonly #access: { readonly settings: AccessSettings; readonly keys: AccessKeys } | undefined
  readonly #now: () => number
  readonly #recordAudit: RecordAudit

  constructor({ sql, env, now, recordAudit }: AccessDeps) {
    this.#tokens = new Tokens(sql)
    this.#settings = readAuthoritySettings(env)
    const { firstToken, access } = this.#settings
    this.#firstHash = firstToken === undefined ? undefined : hashToken(firstToken)
    const fetcher: typeof fetch = (...args) => fetch(...args)
    this.#access = access && {
      settings: access,
      keys: new AccessKeys(access.issuer, fetcher, now),
    }
    this.#now = now
    this.#recordAudit = recordAudit
  }

  /**
   * Finds out who the caller is, and that the credential has the scope that the caller names. A valid
   * credential is accepted however many wrong ones came from its address. These only decide how a wrong
   * one is refused.
   */
  readonly authenticate = async (caller: Caller): Promise<Result<Principal, DeniedResult>> => {
    const { credential, requestId, address, scope } = caller
    const proof =
      credential.kind === 'token'
        ? await this.#proveToken(credential.token)
        : await this.#proveAccess(credential.jwt)
    if (!('fault' in proof)) {
      const isAdmitted = scope === undefined || hasScope(proof.scopes, scope)
      return isAdmitted ? ok(proof) : deny('forbidden')
    }
    if (proof.isAttempt && this.#attempts.isBlocked(address, this.#now())) {
      const mayCount = await this.#listMayCount()
      return err({ kind: 'denied', denial: 'too_many_attempts', mayCount })
    }
    console.warn(`request ${requestId} sent ${proof.fault}`)
    if (proof.isAttempt) this.#attempts.recordFailure(address, this.#now())
    return deny('unauthenticated')
  }

  readonly authorise: Authorise = async (caller, scope) => {
    const principal = await this.authenticate(caller)
    if (!principal.ok || hasScope(principal.value.scopes, scope)) return principal
    return deny('forbidden')
  }

  readonly tokens: ControlCalls['tokens'] = async (caller) => {
    const principal = await this.authorise(caller, 'admin')
    return principal.ok ? ok(this.#tokens.list()) : principal
  }

  readonly createToken: ControlCalls['createToken'] = async (caller, asked) => {
    const principal = await this.authorise(caller, 'admin')
    if (!principal.ok) return principal
    const now = this.#now()
    checkNewToken(asked, now)
    const maker = principal.value
    const limits = { ...maker.limits, ...toLimits(asked) }
    const expiresAt = asked.expiresAt ?? maker.expiresAt
    const why = findExcess(maker, { ...asked, expiresAt }, limits)
    if (why) return err({ kind: 'denied', denial: 'forbidden', why })
    const { id, token } = makeToken()
    const summary: TokenSummary = {
      id,
      name: asked.name,
      scopes: SCOPES.filter((scope) => asked.scopes.includes(scope)),
      createdAt: now,
      createdBy: maker.actor,
      expiresAt,
      lastUsedAt: undefined,
      revokedAt: undefined,
      ...limits,
    }
    const hash = await hashToken(token)
    const { name, scopes } = summary
    await this.#recordAudit(
      'token-create',
      { id, name, scopes, ...limits, ...(expiresAt === undefined ? {} : { expiresAt }) },
      maker,
      caller.requestId,
      () => this.#tokens.insert(summary, hash),
    )
    return ok({ ...summary, token })
  }

  /** Revokes a token. One that is revoked already is returned unchanged. */
  readonly revokeToken: ControlCalls['revokeToken'] = async (caller, id) => {
    const principal = await this.authorise(caller, 'admin')
    if (!principal.ok) return principal
    const known = TOKEN_ID.test(id) ? this.#tokens.get(id) : undefined
    if (!known || known.revokedAt !== undefined) return ok(known)
    if (!isWithin(known, principal.value.limits ?? {})) {
      const why = 'the token is limited, and the token to be revoked may do more than it'
      return err({ kind: 'denied', denial: 'forbidden', why })
    }
    await this.#recordAudit(
      'token-revoke',
      { id, name: known.name },
      principal.value,
      caller.requestId,
      () => this.#tokens.revoke(id, this.#now()),
    )
    return ok(this.#tokens.get(id))
  }

  async #listMayCount(): Promise<MayCount> {
    const tokens = this.#tokens.listCounting(this.#now())
    const first = this.#firstHash ? [toFingerprint(await this.#firstHash)] : []
    return { tokens: tokens && [...first, ...tokens], jwts: this.#access !== undefined }
  }

  async #proveToken(text: string): Promise<Proof> {
    if (text.length > MAX_TOKEN_CHARACTERS) return toFault('a token that is too long')
    if (this.#firstHash && isSameHash(await hashToken(text), await this.#firstHash)) return FIRST
    const found = await this.#tokens.find(text, this.#now())
    if (typeof found === 'string') return toFault(`a token that is not valid: ${found}`)
    this.#tokens.recordUse(found, this.#now())
    const { name: actor, id, scopes, expiresAt } = found
    return { actor, token: id, scopes, limits: toLimits(found), expiresAt }
  }

  async #proveAccess(jwt: string): Promise<Proof> {
    if (!this.#access) return toFault('a JWT, but Access is not set up')
    const { settings, keys } = this.#access
    const found = await verifyAccessJwt(jwt, settings, keys, this.#now())
    if ('fault' in found) return found
    return { actor: found.actor, token: undefined, scopes: settings.scopes }
  }
}

function toFault(fault: string): Proof {
  return { fault, isAttempt: true }
}

function deny(denial: Denial): Result<never, DeniedResult> {
  return err({ kind: 'denied', denial })
}

/** Why a new token would have more rights than its maker; `undefined` if it would not. */
function findExcess(
  maker: Principal,
  { scopes, expiresAt }: Pick<NewToken, 'scopes' | 'expiresAt'>,
  limits: Limits,
): string | undefined {
  if (!scopes.every((scope) => hasScope(maker.scopes, scope))) {
    return 'a token cannot create one with a scope that it does not have itself'
  }
  if (!isWithin(limits, maker.limits ?? {})) {
    return 'a token that is limited cannot create one that may change more than it'
  }
  const end = maker.expiresAt ?? Number.POSITIVE_INFINITY
  if ((expiresAt ?? Number.POSITIVE_INFINITY) > end) {
    return `a token cannot create one that is valid longer than it: until ${new Date(end).toISOString()}`
  }
  return undefined
}

/** Repeats the checks of the API's route. @throws TypeError */
function checkNewToken(asked: NewToken, now: number): void {
  const { name, scopes, expiresAt } = asked
  for (const limit of LIMIT_NAMES) {
    const patterns = asked[limit]
    if (patterns === undefined) continue
    const isSound = patterns.every((pattern) => LIMIT_PATTERNS[limit].test(pattern))
    if (isSound && patterns.length > 0 && patterns.length <= MAX_LIMIT_PATTERNS) continue
    throw new TypeError(`${limit} has 1 to ${MAX_LIMIT_PATTERNS} patterns of names`)
  }
  if (name.trim() === '' || name.length > MAX_TOKEN_NAME_CHARACTERS) {
    throw new TypeError(`name has 1 to ${MAX_TOKEN_NAME_CHARACTERS} characters`)
  }
  if (scopes.length === 0 || !scopes.every((scope) => SCOPES.includes(scope))) {
    throw new TypeError(`scopes names some of ${SCOPES.join(', ')}`)
  }
  if (expiresAt !== undefined && !(Number.isSafeInteger(expiresAt) && expiresAt > now)) {
    throw new TypeError('expiresAt is a time to come, in milliseconds since the epoch')
  }
}
