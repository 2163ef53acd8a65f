// Lists the fingerprints of all credentials in the tables that are valid, so that isolates can refuse all
// others of an address that sends too many wrong ones.

import { MAX_COUNTING_TOKENS } from './limits.ts'
import { toFingerprint } from './token-text.ts'

/** The list is cached for so long, and read again when a credential is made or revoked. */
const VALID_PRINTS_MAX_AGE_MS = 1000

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
