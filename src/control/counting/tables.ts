// The tables of counts, and their rows as SQLite gives them. docs/metrics.md says what they hold and how
// large they grow.

import { addColumn } from '../tables.ts'

/**
 * `metric_windows` and `metric_minutes` are rings: a slot is written over when its time comes again,
 * so that nothing has ever to be removed. `counted_rollouts`: what is counted for each rollout;
 * `counted_changes`: what each window of a rollout changed in what is known of visitors. The windows
 * themselves are stored with the rollout's events. No index but the keys: each would be a row more
 * for every row written.
 */
const TABLES = `
CREATE TABLE IF NOT EXISTS metric_windows (
  slot INTEGER PRIMARY KEY,
  window INTEGER NOT NULL,
  series TEXT NOT NULL,
  visitors TEXT NOT NULL DEFAULT '',
  uses TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE IF NOT EXISTS metric_minutes (
  slot INTEGER PRIMARY KEY,
  minute INTEGER NOT NULL,
  series TEXT NOT NULL,
  since_beginning TEXT NOT NULL,
  last_uses TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE IF NOT EXISTS counted_rollouts (
  rollout TEXT PRIMARY KEY,
  counted TEXT NOT NULL,
  first_id INTEGER NOT NULL,
  ended_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counted_changes (
  rollout TEXT NOT NULL,
  id INTEGER NOT NULL,
  changes BLOB NOT NULL,
  PRIMARY KEY (rollout, id)
) STRICT, WITHOUT ROWID;
`

/** Makes what does not exist yet; writes no row where all do. */
export function createCountingTables(sql: SqlStorage): void {
  sql.exec(TABLES)
  // The tables of an older control have no sketches of visitors, and no uses of versions.
  addColumn(sql, 'metric_windows', 'visitors', "TEXT NOT NULL DEFAULT ''")
  addColumn(sql, 'metric_windows', 'uses', "TEXT NOT NULL DEFAULT ''")
  addColumn(sql, 'metric_minutes', 'last_uses', "TEXT NOT NULL DEFAULT ''")
  empty(sql, OLDER_TABLE)
}

/** An older Holo kept windows of counts in it, which nothing reads any more. */
const OLDER_TABLE = 'counted_windows'

/** Deletes the rows of a table that may not exist. It cannot be dropped while anything is read. */
function empty(sql: SqlStorage, table: string): void {
  const found = sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", table)
  if (found.toArray().length > 0) sql.exec(`DELETE FROM ${table}`)
}

export type WindowRow = {
  readonly window: number
  /** JSON: the sums of the window by environment and version. */
  readonly series: string
  /** JSON: by environment a packed sketch of its visitors, one character for each entry; empty for none. */
  readonly visitors: string
  /** How versions were used, as core/counting/uses.ts writes it; empty for not at all. */
  readonly uses: string
}

export type MinuteRow = {
  readonly minute: number
  /** JSON: the sums of the minute by environment and version. */
  readonly series: string
  /** JSON: the sums of all time up to its end; empty but for the first one of an hour. */
  readonly since_beginning: string
  /** JSON: when versions and services were last used, as last-requests.ts writes it; empty likewise. */
  readonly last_uses: string
}

export type CountedRolloutRow = {
  readonly rollout: string
  /** JSON. */
  readonly counted: string
  /** No change of this generation belongs to a window with a smaller id. */
  readonly first_id: number
  /** Milliseconds since the epoch; `null` while it is counted. */
  readonly ended_at: number | null
}
