// The table of sessions and of unused one-time codes: hashes of their secrets, and the token each belongs
// to. Whether that token is still valid, and what it may do, is looked up with every use.

import { MAX_CODES_PER_TOKEN, MAX_SESSIONS_PER_TOKEN } from './limits.ts'
import type { SignInKind } from './token-text.ts'

/** Beyond its number the oldest one of a token ends. */
const MAX_PER_TOKEN = { session: MAX_SESSIONS_PER_TOKEN, code: MAX_CODES_PER_TOKEN } as const

export type SessionRow = {
  readonly kind: SignInKind
  /** The id of the token, or `first`. */
  readonly token: string
  /** What the token was when the session was made: see `getValid` in tokens.ts. */
  readonly basis: string
  readonly created_at: number
  readonly expires_at: number
}

export class Sessions {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`CREATE TABLE IF NOT EXISTS sessions (
      hash BLOB PRIMARY KEY,
      kind TEXT NOT NULL,
      token TEXT NOT NULL,
      basis TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`)
  }

  get(kind: SignInKind, hash: ArrayBuffer): SessionRow | undefined {
    const query = 'SELECT * FROM sessions WHERE hash = ? AND kind = ?'
    return [...this.#sql.exec<SessionRow>(query, hash, kind)][0]
  }

  /** Adds one, and deletes those that are over and those of the same token that are too many. */
  add(hash: ArrayBuffer, { kind, token, basis, created_at, expires_at }: SessionRow): void {
    this.#sql.exec('DELETE FROM sessions WHERE expires_at <= ?', created_at)
    this.#sql.exec(
      `DELETE FROM sessions WHERE hash IN (SELECT hash FROM sessions WHERE kind = ? AND token = ?
       ORDER BY created_at DESC, hash LIMIT -1 OFFSET ?)`,
      kind,
      token,
      MAX_PER_TOKEN[kind] - 1,
    )
    this.#sql.exec(
      `INSERT INTO sessions (hash, kind, token, basis, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?)`,
      ...[hash, kind, token, basis, created_at, expires_at],
    )
  }

  /** @returns whether there was one: a code counts for the one call that has deleted it. */
  remove(hash: ArrayBuffer): boolean {
    return this.#sql.exec('DELETE FROM sessions WHERE hash = ?', hash).rowsWritten > 0
  }

  /** @returns how many there were. */
  removeOf(token: string): number {
    const removed = this.#sql.exec('DELETE FROM sessions WHERE token = ? RETURNING kind', token)
    return [...removed].length
  }
}
