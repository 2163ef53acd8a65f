// Deletions in R2, one at a time, and whether one may still be in progress: an object that is about to be
// deleted can be found, and be gone a moment later. collecting.ts decides what is deleted.

import type { CollectionRow } from '../tables.ts'

/**
 * A deletion whose outcome nobody heard may still be under way in R2 for a moment. Whoever looks for
 * blobs that it may concern waits for so long.
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

  /** How many have begun. */
  get count(): number {
    return this.#row().deletions
  }

  /** Whether the last one may be under way. One that was broken off settles by itself. */
  get isPending(): boolean {
    const since = this.#row().deleting_since
    if (this.#isRunning || since === 0) return this.#isRunning
    return Math.abs(this.#now() - since) < DELETION_SETTLES_MS
  }

  /** The caller has seen that none is pending. Its beginning is written down before `work` begins. */
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
