// Runs deletions in R2 one at a time, and knows whether one may still be in progress. While it is, an
// object that is found in R2 may be gone a moment later. collecting.ts decides what is deleted.

import type { CollectionRow } from '../tables.ts'

/**
 * A deletion without a known outcome may still be running in R2 for a while. For this long, code that
 * looks for blobs which it may concern waits.
 */
export const DELETION_SETTLES_MS = 60_000

export class Deletions {
  readonly #sql: SqlStorage
  readonly #now: () => number
  #isRunning = false

  constructor(sql: SqlStorage, now: () => number) {
    this.#sql = sql
    this.#now = now
  }

  /** How many deletions have begun so far. */
  get count(): number {
    return this.#row().deletions
  }

  /**
   * Whether the last deletion may still be running. One without a known outcome counts as over after a
   * while.
   */
  get isPending(): boolean {
    const since = this.#row().deleting_since
    if (this.#isRunning || since === 0) return this.#isRunning
    return Math.abs(this.#now() - since) < DELETION_SETTLES_MS
  }

  /** Runs a deletion. The caller has checked `isPending`. The start is stored before `work` begins. */
  async run(work: () => Promise<void>): Promise<void> {
    this.#sql.exec(
      'UPDATE collection SET deletions = deletions + 1, deleting_since = ? WHERE id = 1',
      this.#now(),
    )
    this.#isRunning = true
    try {
      await work()
      this.#sql.exec('UPDATE collection SET deleting_since = 0 WHERE id = 1')
    } finally {
      this.#isRunning = false
    }
  }

  #row(): CollectionRow {
    return this.#sql.exec<CollectionRow>('SELECT * FROM collection').one()
  }
}
