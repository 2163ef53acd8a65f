// The table of the health of origins and services, so that a control that restarts still knows since
// when each has its state. A row is written only when a state changes.

import type { Health } from '../../core/health.ts'

export type Kind = 'origin' | 'service'

const TABLE = `
CREATE TABLE IF NOT EXISTS health (
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  state TEXT NOT NULL,
  since INTEGER NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
`

type Row = {
  readonly key: string
  readonly state: string
  readonly since: number
  readonly why: string
}

export class HealthRecords {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(TABLE)
  }

  load(kind: Kind): Map<string, Health> {
    const rows = this.#sql.exec<Row>(
      'SELECT key, state, since, why FROM health WHERE kind = ?',
      kind,
    )
    return new Map([...rows].map(({ key, ...health }) => [key, health as Health]))
  }

  write(kind: Kind, key: string, { state, since, why }: Health): void {
    this.#sql.exec(
      `INSERT INTO health (kind, key, state, since, why) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (kind, key)
       DO UPDATE SET state = excluded.state, since = excluded.since, why = excluded.why`,
      kind,
      key,
      state,
      since,
      why,
    )
  }

  remove(kind: Kind, key: string): void {
    this.#sql.exec('DELETE FROM health WHERE kind = ? AND key = ?', kind, key)
  }
}
