// The table of shadows: one row for each route of a pair of versions. shadows.ts decides what is kept.

import { isShadowReport, type ShadowReport } from '../../core/shadow/reports.ts'

export type KeptShadow = {
  readonly report: ShadowReport
  /** Milliseconds since the epoch, as all times here. */
  readonly since: number
  readonly lastAt: number
}

type ShadowRow = {
  readonly id: string
  readonly report: string
  readonly since: number
  readonly last_at: number
}

export class ShadowStore {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`CREATE TABLE IF NOT EXISTS shadows (
      id TEXT PRIMARY KEY,
      report TEXT NOT NULL,
      since INTEGER NOT NULL,
      last_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`)
  }

  /** By id. A row that cannot be read is left out: a bad row must not stop the control. */
  all(): Map<string, KeptShadow> {
    const kept = new Map<string, KeptShadow>()
    for (const { id, report, since, last_at: lastAt } of this.#sql.exec<ShadowRow>(
      'SELECT * FROM shadows',
    )) {
      const parsed = parseReport(report)
      if (parsed) kept.set(id, { report: parsed, since, lastAt })
    }
    return kept
  }

  /** Writes one row. */
  set(id: string, { report, since, lastAt }: KeptShadow): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO shadows (id, report, since, last_at) VALUES (?, ?, ?, ?)',
      ...[id, JSON.stringify(report), since, lastAt],
    )
  }

  remove(id: string): void {
    this.#sql.exec('DELETE FROM shadows WHERE id = ?', id)
  }
}

function parseReport(text: string): ShadowReport | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    return isShadowReport(parsed) ? parsed : undefined
  } catch (cause) {
    console.error('a row of a shadow cannot be read', cause)
    return undefined
  }
}
