// Keeps the last soak of each pair of environments, as the command that runs it tells after each step. It is shown
// to people and decides nothing.

import type { KeptSoak, Soak } from '../../wire/soak.ts'
import { MAX_KEPT_SOAKS } from './limits.ts'

type SoakRow = { readonly soak: string; readonly told_at: number }

export type SoaksDeps = { readonly sql: SqlStorage; readonly now: () => number }

export class Soaks {
  readonly #parts: SoaksDeps

  constructor(parts: SoaksDeps) {
    this.#parts = parts
    parts.sql.exec(`CREATE TABLE IF NOT EXISTS soaks (
      id TEXT PRIMARY KEY,
      soak TEXT NOT NULL,
      told_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`)
  }

  /** Takes the place of what was known of the two environments. The one that was told longest ago leaves first. */
  keep(soak: Soak): KeptSoak {
    const { sql, now } = this.#parts
    const toldAt = now()
    const id = JSON.stringify([soak.from, soak.to])
    sql.exec(
      'INSERT OR REPLACE INTO soaks (id, soak, told_at) VALUES (?, ?, ?)',
      ...[id, JSON.stringify(soak), toldAt],
    )
    sql.exec(
      'DELETE FROM soaks WHERE id <> ? AND id NOT IN (SELECT id FROM soaks ORDER BY told_at DESC LIMIT ?)',
      ...[id, MAX_KEPT_SOAKS],
    )
    return { ...soak, toldAt }
  }

  /**
   * The newest first.
   *
   * @param mayRead whether the caller may read what happened in an environment.
   */
  list(mayRead: (environment: string) => boolean): readonly KeptSoak[] {
    const rows = [...this.#parts.sql.exec<SoakRow>('SELECT * FROM soaks ORDER BY told_at DESC')]
    return rows
      .map(({ soak, told_at: toldAt }): KeptSoak => ({ ...(JSON.parse(soak) as Soak), toldAt }))
      .filter(({ from, to }) => mayRead(from) && mayRead(to))
  }
}
