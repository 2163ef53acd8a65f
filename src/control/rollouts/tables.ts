// The tables of rollouts, and their rows as SQLite gives them. docs/rollouts.md says how large they grow.

/**
 * `rollouts`: each with the state of its machine; `rollout_events`: every event that the machine was
 * given, windows included, in order, as lines of JSON in chunks; `rollout_transitions`: what came of
 * them, as the audit log has it too.
 */
const TABLES = `
CREATE TABLE IF NOT EXISTS rollouts (
  id INTEGER PRIMARY KEY,
  environment TEXT NOT NULL,
  base TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  started_by TEXT NOT NULL,
  ended_at INTEGER,
  generation INTEGER NOT NULL,
  state TEXT NOT NULL,
  seen TEXT NOT NULL,
  events INTEGER NOT NULL,
  chunk INTEGER NOT NULL,
  chunk_characters INTEGER NOT NULL,
  looked_at INTEGER NOT NULL,
  alarm_debt INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  retry_at INTEGER NOT NULL,
  problem TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS running_rollouts ON rollouts (id) WHERE ended_at IS NULL;
CREATE TABLE IF NOT EXISTS rollout_events (
  rollout INTEGER NOT NULL,
  chunk INTEGER NOT NULL,
  lines TEXT NOT NULL,
  PRIMARY KEY (rollout, chunk)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rollout_transitions (
  rollout INTEGER NOT NULL,
  event INTEGER NOT NULL,
  place INTEGER NOT NULL,
  row TEXT NOT NULL,
  revision INTEGER,
  said TEXT,
  PRIMARY KEY (rollout, event, place)
) STRICT, WITHOUT ROWID;
`

/** Makes what does not exist yet; writes no row where all do. */
export function createRolloutTables(sql: SqlStorage): void {
  sql.exec(TABLES)
}

export type RolloutRow = {
  readonly id: number
  /** The canary. */
  readonly environment: string
  readonly base: string
  readonly started_at: number
  readonly started_by: string
  readonly ended_at: number | null
  /** As in `state`: what windows are counted for. */
  readonly generation: number
  /** JSON: `RolloutState`. */
  readonly state: string
  /** JSON: `Seen`, what the document said when the machine was last told. */
  readonly seen: string
  /** How many the machine was given. */
  readonly events: number
  /** The chunk that the next event is added to, and its length. */
  readonly chunk: number
  readonly chunk_characters: number
  /** When it was last looked at by itself; 0 for not yet. */
  readonly looked_at: number
  /** What its looks have used up: see allowance.ts. */
  readonly alarm_debt: number
  /** Looks in a row that came to nothing, and when the next one may come. */
  readonly failures: number
  readonly retry_at: number
  readonly problem: string | null
}

export type TransitionRow = {
  /** Which event of the rollout made it, from 0, and its place among those of this event. */
  readonly event: number
  readonly place: number
  /** JSON: the machine's audit row. */
  readonly row: string
  readonly revision: number | null
  readonly said: string | null
}
