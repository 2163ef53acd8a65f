// Documents that were found in KV and that the control had not written: what became of each, and its
// text, so that nothing a person wrote is lost.

/** Overwritten hand edits that are kept: the newest. At 256 KiB each that is 25 MB at most. */
const MAX_KEPT_EDITS = 100

export type Edit = {
  readonly at: number
  /** `adopted`: it went into the history as a revision; `overwritten`: it did not. */
  readonly outcome: 'adopted' | 'overwritten'
  /** `undefined` where the text has none that can be read. */
  readonly revision: number | undefined
  readonly digest: string
  /** `undefined` for one that was too large to be read. */
  readonly text: string | undefined
}

export class Edits {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  has(digest: string): boolean {
    return [...this.#sql.exec('SELECT id FROM edits WHERE digest = ? LIMIT 1', digest)].length > 0
  }

  /** Keeps the newest ones. */
  keep({ at, outcome, revision, digest, text }: Edit): void {
    this.#sql.exec(
      'INSERT INTO edits (at, outcome, revision, digest, text) VALUES (?, ?, ?, ?, ?)',
      at,
      outcome,
      revision ?? null,
      digest,
      text ?? null,
    )
    this.#sql.exec('DELETE FROM edits WHERE id <= (SELECT max(id) FROM edits) - ?', MAX_KEPT_EDITS)
  }

  countOverwritten(): number {
    return this.#sql
      .exec<{ count: number }>("SELECT count(*) AS count FROM edits WHERE outcome = 'overwritten'")
      .one().count
  }
}
