// The tables of rollouts: their rows, how they are read and written, and when the events of old rollouts
// are deleted. It keeps nothing in memory, so that a control that starts anew knows what the one before
// it knew. docs/rollouts.md says how large the tables grow.

import type { AuditRow, RolloutEvent } from '../../core/rollout/events.ts'
import type { MadeTransition } from '../../core/rollout/give-events.ts'
import { isRunning, type RolloutState } from '../../core/rollout/state.ts'
import type { PageQuery } from '../contract.ts'
import { clampLimit } from '../document/history.ts'
import { addColumn } from '../tables.ts'
import type { FlagSides } from './flag-split.ts'
import { isOlder, readOlderState } from './older.ts'
import type { ComparedState } from './seen.ts'

/** Events are kept in chunks of about this many characters: few rows, and none near SQLite's 2 MB. */
export const MAX_EVENT_CHUNK_CHARACTERS = 65_536

/** The events of the newest so many rollouts are kept: some 5 MB for each day that one has run. */
export const MAX_REPLAYABLE_ROLLOUTS = 50

/** The most transitions that a reply about a rollout lists: the newest. */
export const MAX_TOLD_TRANSITIONS = 200

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
  problem TEXT,
  max_visitors INTEGER
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
function createRolloutTables(sql: SqlStorage): void {
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
  /** JSON: `ComparedState`, what the document said when the machine was last told. */
  readonly seen: string
  /** How many the machine was given. */
  readonly events: number
  /** The chunk that the next event is added to, and its length. */
  readonly chunk: number
  readonly chunk_characters: number
  /** When it was last looked at by itself; 0 for not yet. */
  readonly looked_at: number
  /** What its looks have used up: the debt of intervals.ts. */
  readonly alarm_debt: number
  /** Looks in a row that came to nothing, and when the next one may come. */
  readonly failures: number
  readonly retry_at: number
  readonly problem: string | null
  /** How many visitors it may give the version to before there is evidence; `null` for any. */
  readonly max_visitors: number | null
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

/** A rollout as its row has it, with the JSON of the row parsed. */
export type Rollout = Omit<RolloutRow, 'state' | 'seen'> & {
  readonly state: RolloutState
  readonly seen: ComparedState
  /** The environment of the baseline, if the plan has one. */
  readonly baseline: string | undefined
  /** The variants, of the rollout of a flag. */
  readonly flag: FlagSides | undefined
  /** Whether an older Holo stored its state, so that the analysis has to begin anew. */
  readonly isOlder: boolean
}

/** What `save` stores after events. */
export type SaveOptions = {
  readonly state: RolloutState
  readonly seen: ComparedState
  readonly events: readonly RolloutEvent[]
  readonly transitions: readonly Pick<MadeTransition, 'event' | 'place' | 'row'>[]
  /** The revision they led to. */
  readonly revision: number | undefined
  readonly said: string | undefined
  readonly at: number
  /** The fields that a look changes; left out where it was none. */
  readonly look?: Pick<RolloutRow, 'looked_at' | 'alarm_debt' | 'problem'>
}

export class RolloutStore {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    createRolloutTables(sql)
    addColumn(sql, 'rollouts', 'max_visitors', 'INTEGER')
  }

  /** Oldest first. */
  running(): readonly Rollout[] {
    const rows = this.#sql.exec<RolloutRow>(
      'SELECT * FROM rollouts WHERE ended_at IS NULL ORDER BY id',
    )
    return [...rows].map((row) => this.#toRollout(row))
  }

  get(id: number): Rollout | undefined {
    if (!Number.isSafeInteger(id)) return undefined
    const rows = this.#sql.exec<RolloutRow>('SELECT * FROM rollouts WHERE id = ?', id)
    return [...rows].map((row) => this.#toRollout(row))[0]
  }

  /** Newest first. */
  page({ before, limit }: PageQuery): readonly Rollout[] {
    const rows = this.#sql.exec<RolloutRow>(
      'SELECT * FROM rollouts WHERE id < ? ORDER BY id DESC LIMIT ?',
      before ?? Number.MAX_SAFE_INTEGER,
      clampLimit(limit),
    )
    return [...rows].map((row) => this.#toRollout(row))
  }

  nextId(): number {
    return (
      this.#sql.exec<{ top: number }>('SELECT coalesce(max(id), 0) AS top FROM rollouts').one()
        .top + 1
    )
  }

  /** Adds a rollout before its first event, and deletes the events of old rollouts. */
  add({ id, environment, base, started_at, started_by, state, seen, max_visitors }: Rollout): void {
    this.#sql.exec(
      `INSERT INTO rollouts (id, environment, base, started_at, started_by, ended_at, generation,
        state, seen, events, chunk, chunk_characters, looked_at, alarm_debt, failures, retry_at,
        max_visitors)
       VALUES (?, ?, ?, ?, ?, NULL, 0, ?, ?, 0, 0, 0, 0, 0, 0, 0, ?)`,
      ...[id, environment, base, started_at, started_by],
      ...[JSON.stringify(state), JSON.stringify(seen), max_visitors],
    )
    this.#sql.exec(
      `DELETE FROM rollout_events WHERE rollout <= ?
        AND rollout NOT IN (SELECT id FROM rollouts WHERE ended_at IS NULL)`,
      id - MAX_REPLAYABLE_ROLLOUTS,
    )
  }

  /** Stores events and what they led to. The caller runs it in the transaction that commits them. */
  save(before: Rollout, saved: SaveOptions): void {
    const { id, events: count } = before
    const { state, seen, events, transitions, revision, said, at, look } = saved
    const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('')
    const isFull = before.chunk_characters + lines.length > MAX_EVENT_CHUNK_CHARACTERS
    const chunk = isFull ? before.chunk + 1 : before.chunk
    this.#sql.exec(
      `INSERT INTO rollout_events (rollout, chunk, lines) VALUES (?, ?, ?)
       ON CONFLICT (rollout, chunk) DO UPDATE SET lines = lines || excluded.lines`,
      ...[id, chunk, lines],
    )
    for (const { event, place, row } of transitions) {
      this.#sql.exec(
        `INSERT INTO rollout_transitions (rollout, event, place, row, revision, said)
         VALUES (?, ?, ?, ?, ?, ?)`,
        ...[id, count + event, place, JSON.stringify(row), revision ?? null, said ?? null],
      )
    }
    this.#sql.exec(
      `UPDATE rollouts SET state = ?, generation = ?, seen = ?, events = ?, chunk = ?,
        chunk_characters = ?, looked_at = ?, alarm_debt = ?, problem = ?, failures = 0, retry_at = 0
       WHERE id = ?`,
      ...[JSON.stringify(state), state.generation, JSON.stringify(seen), count + events.length],
      ...[chunk, (isFull ? 0 : before.chunk_characters) + lines.length],
      ...[look?.looked_at ?? before.looked_at, look?.alarm_debt ?? before.alarm_debt],
      ...[look ? look.problem : before.problem, id],
    )
    if (isRunning(state.phase)) return
    this.#sql.exec('UPDATE rollouts SET ended_at = ? WHERE id = ?', at, id)
  }

  /** Stores that a look has failed. */
  fail(
    id: number,
    failure: Pick<RolloutRow, 'looked_at' | 'alarm_debt' | 'failures' | 'retry_at' | 'problem'>,
  ): void {
    const { looked_at, alarm_debt, failures, retry_at, problem } = failure
    this.#sql.exec(
      `UPDATE rollouts SET looked_at = ?, alarm_debt = ?, failures = ?, retry_at = ?, problem = ?
       WHERE id = ?`,
      ...[looked_at, alarm_debt, failures, retry_at, problem, id],
    )
  }

  /** The newest `atMost` transitions, oldest first. */
  transitions(id: number, atMost = MAX_TOLD_TRANSITIONS): readonly TransitionRow[] {
    const rows = this.#sql.exec<TransitionRow>(
      `SELECT event, place, row, revision, said FROM rollout_transitions WHERE rollout = ?
       ORDER BY event DESC, place DESC LIMIT ?`,
      id,
      atMost,
    )
    return [...rows].reverse()
  }

  /** When its last transition was. */
  movedAt(id: number): number | undefined {
    const last = this.transitions(id, 1)[0]
    return last && (JSON.parse(last.row) as AuditRow).at
  }

  /** The transitions that the events from one number to another (exclusive) have made, oldest first. */
  transitionsOf(id: number, from: number, to: number): readonly TransitionRow[] {
    return [
      ...this.#sql.exec<TransitionRow>(
        `SELECT event, place, row, revision, said FROM rollout_transitions
         WHERE rollout = ? AND event >= ? AND event < ? ORDER BY event, place`,
        id,
        from,
        to,
      ),
    ]
  }

  /** The events of one chunk, each as a line of JSON; `undefined` where there is none of the number. */
  eventLines(id: number, chunk: number): readonly string[] | undefined {
    const rows = this.#sql.exec<{ lines: string }>(
      'SELECT lines FROM rollout_events WHERE rollout = ? AND chunk = ?',
      id,
      chunk,
    )
    return [...rows][0]?.lines.split('\n').filter((line) => line !== '')
  }

  #toRollout({ state: text, seen, ...row }: RolloutRow): Rollout {
    const state: RolloutState = JSON.parse(text)
    const { baseline } = state.plan
    const compared: ComparedState = JSON.parse(seen)
    const { flag } = compared
    const parsed = { ...row, seen: compared, baseline, flag, isOlder: isOlder(state) }
    if (!parsed.isOlder) return { ...parsed, state }
    const rows = this.transitions(row.id, Number.MAX_SAFE_INTEGER)
    const known = rows.map((one): AuditRow => JSON.parse(one.row))
    return { ...parsed, state: readOlderState(state, known) }
  }
}
