// Checks the credential of every call of the control, creates, lists and revokes tokens, and begins and
// ends sessions. The files of calls/ say which scope each other call needs.

import { err, ok, type Result } from '../../core/result.ts'
import { hasScope, SCOPES } from '../../wire/scopes.ts'
import { CODE_MS, SESSION_MS } from '../../wire/sessions.ts'
import {
  LIMIT_NAMES,
  LIMIT_PATTERNS,
  type Limits,
  MAX_LIMIT_PATTERNS,
  TOKEN_ID,
  type TokenSummary,
} from '../../wire/tokens.ts'
import type {
  AccessCalls,
  Answer,
  Authorise,
  Caller,
  Denial,
  DeniedResult,
  MayCount,
  NewToken,
  Principal,
} from '../contract.ts'
import { Attempts } from './attempts.ts'
import { type AuthorityEnv, readAuthoritySettings } from './authority-settings.ts'
import { MAX_TOKEN_NAME_CHARACTERS } from './limits.ts'
import { type ProofFault, Prover, type Ticket } from './prover.ts'
import { Sessions } from './sessions.ts'
import { isWithin } from './token-limits.ts'
import { hashToken, makeSignInSecret, makeToken, type SignInKind } from './token-text.ts'
import { Tokens, toLimits, ValidPrints } from './tokens.ts'

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
  readonly env: AuthorityEnv
  readonly now: () => number
  readonly recordAudit: RecordAudit
}

/** What the control needs of the authority. Tests replace it. */
export type Access = AccessCalls & {
  readonly authorise: Authorise
  /** Checks a credential for a connection that stays. */
  readonly admit: (caller: Caller) => Answer<Admitted>
  /** Whether the credential of such a connection is still valid. */
  readonly isValid: (ticket: Ticket) => Promise<boolean>
}

export type Admitted = { readonly principal: Principal; readonly ticket: Ticket }

export class Authority implements Access {
  readonly #tokens: Tokens
  readonly #sessions: Sessions
  readonly #prints: ValidPrints
  readonly #prover: Prover
  readonly #attempts = new Attempts()
  readonly #now: () => number
  readonly #recordAudit: RecordAudit

  constructor({ sql, env, now, recordAudit }: AccessDeps) {
    this.#tokens = new Tokens(sql)
    this.#sessions = new Sessions(sql)
    this.#prints = new ValidPrints(sql)
    this.#prover = new Prover(readAuthoritySettings(env), this.#tokens, this.#sessions, now)
    this.#now = now
    this.#recordAudit = recordAudit
  }

  /**
   * Finds out who the caller is, and that the credential has the scope that the caller names. A valid
   * credential is accepted however many wrong ones came from its address. These only decide how a wrong
   * one is refused.
   */
  readonly authenticate = async (caller: Caller): Promise<Result<Principal, DeniedResult>> => {
    const proof = await this.#admit(caller, await this.#prover.prove(caller.credential))
    return proof.ok ? ok(proof.value.principal) : proof
  }

  readonly authorise: Authorise = async (caller, scope) => {
    const principal = await this.authenticate(caller)
    if (!principal.ok || hasScope(principal.value.scopes, scope)) return principal
    return deny('forbidden')
  }

  readonly admit: Access['admit'] = async (caller) => {
    const proof = await this.#admit(caller, await this.#prover.prove(caller.credential))
    if (!proof.ok || hasScope(proof.value.principal.scopes, 'read')) return proof
    return deny('forbidden')
  }

  readonly isValid: Access['isValid'] = (ticket) => this.#prover.isValid(ticket)

  readonly signIn: AccessCalls['signIn'] = async (caller) => {
    const proof = await this.#admit(caller, await this.#prover.proveSignIn(caller.credential))
    if (!proof.ok) return proof
    const { principal, ticket } = proof.value
    if (ticket.kind !== 'token' || !hasScope(principal.scopes, 'read')) return deny('forbidden')
    const now = this.#now()
    const sessionEndsAt = Math.min(now + SESSION_MS, principal.expiresAt ?? Infinity)
    const session = await this.#addSecret('session', ticket, now, sessionEndsAt)
    return ok({ ...principal, session, sessionEndsAt })
  }

  readonly makeCode: AccessCalls['makeCode'] = async (caller) => {
    const proof = await this.admit(caller)
    if (!proof.ok) return proof
    const { principal, ticket } = proof.value
    if (ticket.kind !== 'token') {
      const why = 'a one-time code is made with a token, not with a session or through Access'
      return err({ kind: 'denied', denial: 'forbidden', why })
    }
    const now = this.#now()
    const expiresAt = Math.min(now + CODE_MS, principal.expiresAt ?? Infinity)
    return ok({ code: await this.#addSecret('code', ticket, now, expiresAt), expiresAt })
  }

  readonly signOut: AccessCalls['signOut'] = async (caller, everywhere) => {
    const proof = await this.admit(caller)
    if (!proof.ok) return proof
    const { principal, ticket } = proof.value
    this.#prints.forget()
    if (everywhere) {
      return ok(principal.token === undefined ? 0 : this.#sessions.removeOf(principal.token))
    }
    return ok(ticket.kind === 'session' && this.#sessions.remove(ticket.hash) ? 1 : 0)
  }

  readonly tokens: AccessCalls['tokens'] = async (caller) => {
    const principal = await this.authorise(caller, 'admin')
    return principal.ok ? ok(this.#tokens.list()) : principal
  }

  readonly createToken: AccessCalls['createToken'] = async (caller, asked) => {
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
    this.#prints.forget()
    return ok({ ...summary, token })
  }

  /** Revokes a token. One that is revoked already is returned unchanged. */
  readonly revokeToken: AccessCalls['revokeToken'] = async (caller, id) => {
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
    this.#prints.forget()
    return ok(this.#tokens.get(id))
  }

  /** Refuses what is not valid, counts it, and checks the scope that the caller names. */
  async #admit<Valid extends { readonly principal: Principal }>(
    { requestId, address, scope }: Caller,
    proof: Valid | ProofFault,
  ): Promise<Result<Valid, DeniedResult>> {
    if (!('fault' in proof)) {
      const isAdmitted = scope === undefined || hasScope(proof.principal.scopes, scope)
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

  async #listMayCount(): Promise<MayCount> {
    const prints = this.#prints.list(this.#now())
    const first = await this.#prover.listFirst()
    return { tokens: prints && [...first, ...prints], jwts: this.#prover.takesJwts }
  }

  /** Stores a new secret by its hash. */
  async #addSecret(
    kind: SignInKind,
    { id: token, basis }: Extract<Ticket, { kind: 'token' }>,
    now: number,
    expiresAt: number,
  ): Promise<string> {
    const secret = makeSignInSecret(kind)
    const row = { kind, token, basis, created_at: now, expires_at: expiresAt }
    this.#sessions.add(await hashToken(secret), row)
    this.#prints.forget()
    return secret
  }
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
