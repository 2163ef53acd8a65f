// The row of the control's SQLite that holds counts of flags.

export class FlagCountStore {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`CREATE TABLE IF NOT EXISTS flag_counts (
      id INTEGER PRIMARY KEY,
      counts TEXT NOT NULL
    ) STRICT`)
  }

  read(): string | undefined {
    const rows = [...this.#sql.exec<{ counts: string }>('SELECT counts FROM flag_counts')]
    return rows[0]?.counts
  }

  /** Writes one row. */
  write(counts: string): void {
    this.#sql.exec('INSERT OR REPLACE INTO flag_counts (id, counts) VALUES (1, ?)', counts)
  }
}
