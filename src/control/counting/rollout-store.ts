// Keeps what is counted for each rollout and the windows that its judge was given, so that a control
// that starts anew goes on where it was. A replay reads the events of the rollout, which hold the windows too.

import type { Window } from '../../core/rollout/events.ts'
import type { CountedState } from './counted.ts'
import type { CountedWindow } from './rollout-counter.ts'
import type { CountedRolloutRow, CountedWindowRow } from './tables.ts'

export class RolloutStore {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Those that are counted now. */
  running(): readonly CountedRolloutRow[] {
    return [
      ...this.#sql.exec<CountedRolloutRow>(
        'SELECT * FROM counted_rollouts WHERE ended_at IS NULL ORDER BY rollout',
      ),
    ]
  }

  /**
   * Writes one row. The generation's windows have ids above all that there are. Deletes the windows of
   * rollouts that are over: here, so that the end of a rollout, which may be urgent, does not wait for it.
   */
  begin(counted: CountedState): void {
    this.#sql.exec(
      `DELETE FROM counted_windows WHERE rollout IN
         (SELECT rollout FROM counted_rollouts WHERE ended_at IS NOT NULL)`,
    )
    this.#sql.exec('DELETE FROM counted_rollouts WHERE ended_at IS NOT NULL')
    this.#sql.exec(
      `INSERT INTO counted_rollouts (rollout, counted, first_id) VALUES (?, ?, ?)
       ON CONFLICT (rollout) DO UPDATE SET counted = excluded.counted,
         first_id = excluded.first_id, ended_at = NULL`,
      counted.rollout,
      JSON.stringify(counted),
      this.#nextId(),
    )
  }

  /** Writes one row. */
  save(counted: CountedState): void {
    this.#sql.exec(
      'UPDATE counted_rollouts SET counted = ? WHERE rollout = ?',
      JSON.stringify(counted),
      counted.rollout,
    )
  }

  /** Writes one row. */
  end(rollout: string, now: number): void {
    this.#sql.exec('UPDATE counted_rollouts SET ended_at = ? WHERE rollout = ?', now, rollout)
  }

  /** Writes one row, whose id is above those of all rollouts. */
  add(rollout: string, window: number, { window: counts, changes }: CountedWindow): void {
    this.#sql.exec(
      `INSERT INTO counted_windows (id, rollout, generation, window, counts, changes)
       VALUES (?, ?, ?, ?, ?, ?)`,
      this.#nextId(),
      rollout,
      counts.generation,
      window,
      JSON.stringify(counts),
      changes.buffer as ArrayBuffer,
    )
  }

  /** Oldest first, those of earlier generations too. */
  windows(rollout: string, sinceId: number): Window[] {
    const rows = this.#sql.exec<CountedWindowRow>(
      'SELECT id, counts FROM counted_windows WHERE id > ? AND rollout = ? ORDER BY id',
      sinceId,
      rollout,
    )
    return [...rows].map(({ id, counts }) => ({ id, ...JSON.parse(counts) }))
  }

  /** What the windows of the present generation changed, oldest first. */
  *changes({ rollout, first_id: firstId }: CountedRolloutRow): Iterable<Uint32Array> {
    const rows = this.#sql.exec<{ changes: ArrayBuffer }>(
      'SELECT changes FROM counted_windows WHERE id >= ? AND rollout = ? ORDER BY id',
      firstId,
      rollout,
    )
    for (const { changes } of rows) yield new Uint32Array(changes)
  }

  /** Larger than any that a rollout which runs was given: none of their rows are deleted. */
  #nextId(): number {
    const [row] = this.#sql.exec<{ id: number | null }>('SELECT max(id) AS id FROM counted_windows')
    return (row?.id ?? 0) + 1
  }
}
