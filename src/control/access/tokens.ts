// The table of tokens: their hashes, scopes, limits and expiry, and the fingerprints of all credentials
// that are valid. authority.ts decides who may create or revoke one, and writes the audit log.

import { SCOPES, type Scope } from '../../wire/scopes.ts'
import { budget, LIMIT_NAMES, type Limits, type TokenSummary } from '../../wire/tokens.ts'
import { addColumn } from '../tables.ts'
import { MAX_COUNTING_TOKENS, MAX_LISTED_TOKENS } from './limits.ts'
import { ALL_LIMITS } from './token-limits.ts'
import { hashToken, isSameHash, parseTokenId, toFingerprint } from './token-text.ts'

/**
 * The time of last use is stored by the minute, so that a busy token writes one row per minute, not per
 * call.
 */
const LAST_USE_STEP_MS = 60_000

type Row = {
  readonly id: string
  readonly name: string
  readonly scopes: string
  readonly hash: ArrayBuffer
  readonly created_at: number
  readonly created_by: string
  readonly expires_at: number | null
  readonly last_used_at: number | null
  readonly revoked_at: number | null
  /** JSON of its limits; `null` if it has none. */
  readonly limits: string | null
}

/** Why a text is not a valid token. For the log only: the caller is not told. */
export type TokenFault = 'malformed' | 'unknown' | 'wrong secret' | 'revoked' | 'expired'

/** Compared with if the id is unknown, so that this takes as long as a wrong secret. */
const HASH_OF_NONE = new ArrayBuffer(32)

export class Tokens {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`CREATE TABLE IF NOT EXISTS tokens (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      scopes TEXT NOT NULL,
      hash BLOB NOT NULL,
      created_at INTEGER NOT NULL,
      created_by TEXT NOT NULL,
      expires_at INTEGER,
      last_used_at INTEGER,
      revoked_at INTEGER,
      limits TEXT
    ) WITHOUT ROWID`)
    addColumn(sql, 'tokens', 'limits', 'TEXT')
  }

  /** Finds the valid token with this text. The row is read after hashing, so that it is up to date. */
  async find(text: string, now: number): Promise<TokenSummary | TokenFault> {
    const id = parseTokenId(text)
    if (id === undefined) return 'malformed'
    const hash = await hashToken(text)
    const row = this.#row(id)
    const isSame = isSameHash(hash, row?.hash ?? HASH_OF_NONE)
    if (!row) return 'unknown'
    if (!isSame) return 'wrong secret'
    return toFault(row, now) ?? toSummary(row)
  }

  /**
   * The valid token with this id, and its basis: a text that is another one as soon as its secret, scopes
   * or limits are others.
   */
  getValid(id: string, now: number): { token: TokenSummary; basis: string } | TokenFault {
    const row = this.#row(id)
    if (!row) return 'unknown'
    const basis = JSON.stringify([toFingerprint(row.hash), row.scopes, row.limits])
    return toFault(row, now) ?? { token: toSummary(row), basis }
  }

  /** Notes that a token was used. Writes at most one row per token and minute. */
  recordUse(id: string, now: number): void {
    const minute = now - (now % LAST_USE_STEP_MS)
    const usedAt = this.#row(id)?.last_used_at
    if (usedAt === undefined || (usedAt !== null && usedAt >= minute)) return
    this.#sql.exec('UPDATE tokens SET last_used_at = ? WHERE id = ?', minute, id)
  }

  /** Newest first. */
  list(): readonly TokenSummary[] {
    const rows = this.#sql.exec<Row>(
      'SELECT * FROM tokens ORDER BY created_at DESC, id LIMIT ?',
      MAX_LISTED_TOKENS,
    )
    return [...rows].map(toSummary)
  }

  get(id: string): TokenSummary | undefined {
    const row = this.#row(id)
    return row && toSummary(row)
  }

  insert(token: TokenSummary, hash: ArrayBuffer): void {
    this.#sql.exec(
      `INSERT INTO tokens (id, name, scopes, hash, created_at, created_by, expires_at, limits)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      token.id,
      token.name,
      token.scopes.join(' '),
      hash,
      token.createdAt,
      token.createdBy,
      token.expiresAt ?? null,
      toLimitsText(token),
    )
  }

  /** Revokes a token. One that is revoked already keeps its time. */
  revoke(id: string, now: number): void {
    this.#sql.exec('UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL', now, id)
  }

  #row(id: string): Row | undefined {
    return [...this.#sql.exec<Row>('SELECT * FROM tokens WHERE id = ?', id)][0]
  }
}

/** Why a token is no longer valid; `undefined` if it is. */
function toFault({ revoked_at, expires_at }: Row, now: number): TokenFault | undefined {
  if (revoked_at !== null) return 'revoked'
  return expires_at !== null && expires_at <= now ? 'expired' : undefined
}

/** Scopes that this Holo does not know are left out. */
function toSummary(row: Row): TokenSummary {
  const named = row.scopes.split(' ')
  return {
    id: row.id,
    name: row.name,
    scopes: SCOPES.filter((scope): scope is Scope => named.includes(scope)),
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
    ...parseLimits(row.limits),
  }
}

/** Picks the limits out of a token. */
export function toLimits({ environments, versions, hosts, budget }: Limits): Limits {
  return {
    ...(environments && { environments }),
    ...(versions && { versions }),
    ...(hosts && { hosts }),
    ...(budget && { budget }),
  }
}

function toLimitsText(token: Limits): string | null {
  const limits = toLimits(token)
  return Object.keys(limits).length > 0 ? JSON.stringify(limits) : null
}

/** Parses stored limits. If they cannot be read, the token may change nothing. */
function parseLimits(text: string | null): Limits {
  if (text === null) return {}
  try {
    const read: unknown = JSON.parse(text)
    if (typeof read !== 'object' || read === null) return ALL_LIMITS
    const entries = Object.entries(read)
    const isSound = entries.every(
      ([name, patterns]) =>
        (name === 'budget' && budget.safeParse(patterns).success) ||
        (LIMIT_NAMES.some((known) => known === name) &&
          Array.isArray(patterns) &&
          patterns.every((pattern) => typeof pattern === 'string')),
    )
    return isSound && entries.length > 0 ? (read as Limits) : ALL_LIMITS
  } catch {
    return ALL_LIMITS
  }
}

/** The list is cached for so long, and read again when a credential is made or revoked. */
const VALID_PRINTS_MAX_AGE_MS = 1000

/**
 * Lists the fingerprints of all valid tokens, sessions and codes, so that isolates can refuse all other
 * credentials of an address that sends too many wrong ones.
 */
export class ValidPrints {
  readonly #sql: SqlStorage
  #read: { readonly at: number; readonly prints: readonly string[] | undefined } | undefined

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** `undefined` if there are too many to list. Read once a second. */
  list(now: number): readonly string[] | undefined {
    const age = now - (this.#read?.at ?? Number.NEGATIVE_INFINITY)
    if (!this.#read || age < 0 || age >= VALID_PRINTS_MAX_AGE_MS) {
      const rows = this.#sql.exec<{ hash: ArrayBuffer }>(
        `SELECT hash FROM tokens WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)
         UNION ALL SELECT hash FROM sessions WHERE expires_at > ? LIMIT ?`,
        now,
        now,
        MAX_COUNTING_TOKENS + 1,
      )
      const prints = [...rows].map(({ hash }) => toFingerprint(hash))
      this.#read = { at: now, prints: prints.length <= MAX_COUNTING_TOKENS ? prints : undefined }
    }
    return this.#read.prints
  }

  /** A credential was made or revoked. */
  forget(): void {
    this.#read = undefined
  }
}
