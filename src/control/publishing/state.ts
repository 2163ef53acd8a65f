// The one row with the state of publishing. It is always read from the table, which is cheap, so that a
// control that restarts knows what the previous one knew.

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
