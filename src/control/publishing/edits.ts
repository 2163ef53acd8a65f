// The table of documents that were found in KV and not written by the control: what was done with each,
// and its text, so that no work of a person is lost.

/** The newest so many edits are kept. At 256 KiB each that is 25 MB at most. */
export const MAX_KEPT_EDITS = 100

export type Edit = {
  readonly at: number
  /** `adopted`: it became a revision of the history; `overwritten`: it did not. */
  readonly outcome: 'adopted' | 'overwritten'
  /** `undefined` if it cannot be read from the text. */
  readonly revision: number | undefined
  readonly digest: string
  /** `undefined` if the document was too large to be read. */
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

  /** Adds an edit and deletes the oldest if there are too many. */
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
