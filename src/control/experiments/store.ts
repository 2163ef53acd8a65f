// Keeps what is known of each comparison of an experiment, so that a control that starts anew goes on with it.

import type { CountedState } from '../../core/counting/counted.ts'
import type { Experiment } from '../../core/experiments/experiment.ts'

/**
 * `experiments`: a row for each variant that is compared with a base; `experiment_changes`: what each look changed
 * in what is known of the visitors.
 */
const TABLES = `
CREATE TABLE IF NOT EXISTS experiments (
  id TEXT PRIMARY KEY,
  began_at INTEGER NOT NULL,
  counted TEXT NOT NULL,
  state TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS experiment_changes (
  id TEXT NOT NULL,
  look INTEGER NOT NULL,
  changes BLOB NOT NULL,
  PRIMARY KEY (id, look)
) STRICT, WITHOUT ROWID;
`

/** What is stored of one comparison. */
export type StoredComparison = {
  readonly beganAt: number
  readonly counted: CountedState
  readonly state: Experiment
}

type Row = {
  readonly id: string
  readonly began_at: number
  readonly counted: string
  readonly state: string
}

export class ExperimentStore {
  readonly #storage: DurableObjectStorage

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
    storage.sql.exec(TABLES)
  }

  read(): readonly (StoredComparison & { readonly id: string })[] {
    const rows = this.#storage.sql.exec<Row>('SELECT * FROM experiments ORDER BY id').toArray()
    return rows.map(({ id, began_at: beganAt, counted, state }) => ({
      id,
      beganAt,
      counted: JSON.parse(counted),
      state: JSON.parse(state),
    }))
  }

  /** What looks changed, oldest first. */
  *readChanges(id: string): Iterable<Uint32Array> {
    const rows = this.#storage.sql.exec<{ changes: ArrayBuffer }>(
      'SELECT changes FROM experiment_changes WHERE id = ? ORDER BY look',
      id,
    )
    for (const { changes } of rows) yield new Uint32Array(changes)
  }

  /** Writes one row, and one more where visitors have changed. */
  save(id: string, { beganAt, counted, state }: StoredComparison, changes?: Uint32Array): void {
    this.#storage.transactionSync(() => {
      this.#storage.sql.exec(
        `INSERT INTO experiments (id, began_at, counted, state) VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET counted = excluded.counted, state = excluded.state`,
        id,
        beganAt,
        JSON.stringify(counted),
        JSON.stringify(state),
      )
      if (!changes || changes.length === 0) return
      this.#storage.sql.exec(
        'INSERT OR REPLACE INTO experiment_changes (id, look, changes) VALUES (?, ?, ?)',
        id,
        state.lastWindow,
        changes.buffer as ArrayBuffer,
      )
    })
  }

  delete(id: string): void {
    this.#storage.transactionSync(() => {
      this.#storage.sql.exec('DELETE FROM experiments WHERE id = ?', id)
      this.#storage.sql.exec('DELETE FROM experiment_changes WHERE id = ?', id)
    })
  }
}
