// The number of the schema of the control's storage. An older storage is migrated when the control starts; one
// that a newer Holo has written is left alone, because this one could misread it.

/**
 * Rises when tables or rows change so that an earlier release would misread them. An added table or column
 * does not raise it. A storage without a number has 1.
 */
export const STORAGE_SCHEMA = 1

const TABLE = `
CREATE TABLE IF NOT EXISTS storage_schema (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  number INTEGER NOT NULL
) STRICT;
`

/** Whether a newer Holo has written the storage. Writes nothing. */
export function isNewerStorage(sql: SqlStorage): boolean {
  const [table] = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'storage_schema'")
  if (!table) return false
  const [row] = sql.exec<{ number: number }>('SELECT number FROM storage_schema')
  return row !== undefined && row.number > STORAGE_SCHEMA
}

/** Records that the storage is migrated. Writes no row if it has the number already. */
export function recordStorageSchema(sql: SqlStorage): void {
  sql.exec(TABLE)
  sql.exec(
    `INSERT INTO storage_schema (id, number) VALUES (1, ?)
     ON CONFLICT (id) DO UPDATE SET number = excluded.number WHERE number < excluded.number`,
    STORAGE_SCHEMA,
  )
}
