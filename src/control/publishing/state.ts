// The tables of publishing: one row with its state, and the documents that were found in KV and not
// written by the control. They are always read from the database, which is cheap, so that a control that
// restarts knows what the previous one knew.

import type { AuditHead } from '../document/audit.ts'
import { NO_HASH, type StateRow } from '../tables.ts'
import type { PublicationState } from './schedule.ts'

const FRESH: StateRow = {
  audit_seq: 0,
  audit_hash: NO_HASH,
  published: 0,
  put_again: 0,
  last_put_at: 0,
  failures: 0,
  retry_at: 0,
  alarm_debt: 0,
  publish_error: null,
  external_problem: null,
}

export class State {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** If the row is lost, a new one does: publishing once more than needed does no harm. */
  read(): StateRow {
    return [...this.#sql.exec<StateRow>('SELECT * FROM state WHERE id = 1')][0] ?? FRESH
  }

  publication(): PublicationState {
    const row = this.read()
    return {
      published: row.published,
      putAgain: row.put_again === 1,
      lastPutAt: row.last_put_at,
      failures: row.failures,
      retryAt: row.retry_at,
      alarmDebt: row.alarm_debt,
    }
  }

  auditHead(): AuditHead {
    const { audit_seq: seq, audit_hash: hash } = this.read()
    return { seq, hash }
  }

  /** Changes some fields: one row written. */
  write(changes: Partial<StateRow>): void {
    const names = Object.keys(changes)
    this.#sql.exec(
      `INSERT INTO state (id, ${names.join(', ')}) VALUES (1, ${names.map(() => '?').join(', ')})
       ON CONFLICT (id) DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(', ')}`,
      ...Object.values(changes),
    )
  }

  /** Stores the problem of an edit in KV. Writes nothing if it is already stored. */
  writeProblem(problem: string | undefined): void {
    if ((this.read().external_problem ?? undefined) === problem) return
    this.write({ external_problem: problem ?? null })
  }
}

/** The newest so many edits are kept. At 256 KiB each that is 25 MB at most. */
export const MAX_KEPT_EDITS = 100

type Edit = {
  readonly at: number
  /** `adopted`: it became a revision of the history; `overwritten`: it did not. */
  readonly outcome: 'adopted' | 'overwritten'
  /** `undefined` if it cannot be read from the text. */
  readonly revision: number | undefined
  readonly digest: string
  /** `undefined` if the document was too large to be read. */
  readonly text: string | undefined
}

/** What was done with each document of somebody else, and its text, so that no work of a person is lost. */
export class Edits {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  has(digest: string): boolean {
    return [...this.#sql.exec('SELECT id FROM edits WHERE digest = ? LIMIT 1', digest)].length > 0
  }

  /** Adds an edit and deletes the oldest if there are too many. */
  keep({ at, outcome, revision, digest, text }: Edit): void {
    this.#sql.exec(
      'INSERT INTO edits (at, outcome, revision, digest, text) VALUES (?, ?, ?, ?, ?)',
      at,
      outcome,
      revision ?? null,
      digest,
      text ?? null,
    )
    this.#sql.exec('DELETE FROM edits WHERE id <= (SELECT max(id) FROM edits) - ?', MAX_KEPT_EDITS)
  }

  countOverwritten(): number {
    return this.#sql
      .exec<{ count: number }>("SELECT count(*) AS count FROM edits WHERE outcome = 'overwritten'")
      .one().count
  }
}
