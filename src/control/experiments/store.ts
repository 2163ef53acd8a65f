// Keeps what is known of each comparison of an experiment, so that a control that starts anew goes on with it.

import type { CountedState } from '../../core/counting/counted.ts'
import type { Experiment } from '../../core/experiments/experiment.ts'

/**
 * `experiments`: a row for each variant that is compared with a base; `experiment_changes`: what looks changed in
 * what is known of the visitors, in their order.
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

/** A row of changes is written again at each look until it has this size; rows hold 2 MB. */
const CHANGES_ROW_BYTES = 65_536

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
      if (changes && changes.length > 0) this.#addChanges(id, state.lastWindow, changes)
    })
  }

  /** Appends to the newest row while it is small, so that there are few rows however long an experiment runs. */
  #addChanges(id: string, look: number, changes: Uint32Array): void {
    const [newest] = this.#storage.sql.exec<{ look: number; changes: ArrayBuffer }>(
      'SELECT look, changes FROM experiment_changes WHERE id = ? ORDER BY look DESC LIMIT 1',
      id,
    )
    const known = newest ? new Uint32Array(newest.changes) : new Uint32Array()
    const isSmall = newest && (known.length + changes.length) * 4 <= CHANGES_ROW_BYTES
    const all = new Uint32Array(isSmall ? [...known, ...changes] : changes)
    this.#storage.sql.exec(
      'INSERT OR REPLACE INTO experiment_changes (id, look, changes) VALUES (?, ?, ?)',
      id,
      isSmall ? newest.look : look,
      all.buffer,
    )
  }

  delete(id: string): void {
    this.#storage.transactionSync(() => {
      this.#storage.sql.exec('DELETE FROM experiments WHERE id = ?', id)
      this.#storage.sql.exec('DELETE FROM experiment_changes WHERE id = ?', id)
    })
  }
}
