// Keeps what is counted for each rollout and what its windows changed, so that a control that starts
// anew goes on where it was. The windows themselves are stored with the rollout's events.

import type { CountedState } from '../../core/counting/counted.ts'
import type { CountedWindow } from '../../core/counting/rollout-counter.ts'
import type { CountedRolloutRow } from './tables.ts'

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
   * Writes one row. Deletes what is known of the visitors of rollouts that are over, and of earlier
   * generations of this one: here, so that the end of a rollout, which may be urgent, does not wait
   * for it.
   *
   * @param sinceId the id of the last window of the generations before.
   */
  begin(counted: CountedState, sinceId: number): void {
    this.#sql.exec(
      `DELETE FROM counted_changes WHERE rollout = ? OR rollout NOT IN
         (SELECT rollout FROM counted_rollouts WHERE ended_at IS NULL)`,
      counted.rollout,
    )
    this.#sql.exec('DELETE FROM counted_rollouts WHERE ended_at IS NOT NULL')
    this.#sql.exec(
      `INSERT INTO counted_rollouts (rollout, counted, first_id) VALUES (?, ?, ?)
       ON CONFLICT (rollout) DO UPDATE SET counted = excluded.counted,
         first_id = excluded.first_id, ended_at = NULL`,
      counted.rollout,
      JSON.stringify(counted),
      sinceId + 1,
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

  /** Writes one row where the window has changed what is known of visitors. */
  add(rollout: string, { window, changes }: Pick<CountedWindow, 'window' | 'changes'>): void {
    if (changes.length === 0) return
    this.#sql.exec(
      `INSERT INTO counted_changes (rollout, id, changes) VALUES (?, ?, ?)
       ON CONFLICT (rollout, id) DO UPDATE SET changes = excluded.changes`,
      rollout,
      window.id,
      changes.buffer as ArrayBuffer,
    )
  }

  /** What the windows of the present generation changed, oldest first. */
  *changes({ rollout, first_id: firstId }: CountedRolloutRow): Iterable<Uint32Array> {
    const rows = this.#sql.exec<{ changes: ArrayBuffer }>(
      'SELECT changes FROM counted_changes WHERE rollout = ? AND id >= ? ORDER BY id',
      rollout,
      firstId,
    )
    for (const { changes } of rows) yield new Uint32Array(changes)
  }
}
