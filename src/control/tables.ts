// The tables of documents, publishing and releases, and their rows as SQLite returns them. Other parts
// of the control create their own tables. docs/storage.md says how large they grow.

export const NO_HASH = '0'.repeat(64)

/**
 * `revisions`: every committed document, whole. `audit`: who did what. Triggers forbid to change or
 * delete rows of these two. `state`: one row, the state of publishing. `edits`: documents that the
 * control found in KV and had not written. `uploads`: versions that are being uploaded or were.
 * `known`: when versions came into the document and when an environment last pointed at them.
 * `collection`: one row, the state of the garbage collection.
 */
const TABLES = `
CREATE TABLE IF NOT EXISTS revisions (
  revision INTEGER PRIMARY KEY,
  seq INTEGER NOT NULL,
  digest TEXT NOT NULL,
  text TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  token TEXT,
  action TEXT NOT NULL,
  detail TEXT NOT NULL,
  reason TEXT,
  revision INTEGER,
  before TEXT,
  after TEXT,
  request_id TEXT NOT NULL,
  previous TEXT NOT NULL,
  hash TEXT NOT NULL,
  form INTEGER NOT NULL DEFAULT 1,
  text_digest TEXT
) STRICT;
CREATE TRIGGER IF NOT EXISTS revisions_stay BEFORE UPDATE ON revisions
  BEGIN SELECT RAISE(ABORT, 'revisions are never changed'); END;
CREATE TRIGGER IF NOT EXISTS revisions_remain BEFORE DELETE ON revisions
  BEGIN SELECT RAISE(ABORT, 'revisions are never removed'); END;
CREATE TRIGGER IF NOT EXISTS audit_stays BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER IF NOT EXISTS audit_remains BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit log is never cut'); END;
CREATE TABLE IF NOT EXISTS state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  audit_seq INTEGER NOT NULL DEFAULT 0,
  audit_hash TEXT NOT NULL DEFAULT '${NO_HASH}',
  published INTEGER NOT NULL DEFAULT 0,
  put_again INTEGER NOT NULL DEFAULT 0,
  last_put_at INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  retry_at INTEGER NOT NULL DEFAULT 0,
  alarm_debt INTEGER NOT NULL DEFAULT 0,
  publish_error TEXT,
  external_problem TEXT
) STRICT;
INSERT OR IGNORE INTO state (id) VALUES (1);
CREATE TABLE IF NOT EXISTS edits (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  revision INTEGER,
  digest TEXT NOT NULL,
  text TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS uploads (
  version TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  serial INTEGER NOT NULL,
  manifest TEXT NOT NULL,
  services TEXT NOT NULL,
  files INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  created_at TEXT NOT NULL,
  commit_id TEXT,
  author TEXT,
  verified INTEGER NOT NULL,
  opened_after INTEGER NOT NULL,
  touched_at INTEGER NOT NULL,
  owner TEXT,
  framework_pin TEXT,
  flag_keys TEXT,
  floor TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS known (
  version TEXT NOT NULL,
  manifest TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  left_at INTEGER,
  PRIMARY KEY (version, manifest)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS collection (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  serial INTEGER NOT NULL DEFAULT 0,
  noted INTEGER NOT NULL DEFAULT 0,
  deletions INTEGER NOT NULL DEFAULT 0,
  deleting_since INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT OR IGNORE INTO collection (id) VALUES (1);
`

/** Columns that were added later: the tables of an older control get them when it starts. */
const LATER_COLUMNS = [
  ['audit', 'form', 'INTEGER NOT NULL DEFAULT 1'],
  ['audit', 'text_digest', 'TEXT'],
  ['uploads', 'owner', 'TEXT'],
  ['uploads', 'framework_pin', 'TEXT'],
  ['uploads', 'flag_keys', 'TEXT'],
  ['uploads', 'floor', 'TEXT'],
] as const

/** Creates missing tables and columns; writes no row if all exist. */
export function createTables(sql: SqlStorage): void {
  sql.exec(TABLES)
  for (const [table, name, type] of LATER_COLUMNS) addColumn(sql, table, name, type)
}

/** Adds a column to a table that lacks it. Existing rows get the default. */
export function addColumn(sql: SqlStorage, table: string, name: string, type: string): void {
  const columns = [...sql.exec<{ name: string }>(`SELECT name FROM pragma_table_info('${table}')`)]
  if (columns.some((column) => column.name === name)) return
  sql.exec(`ALTER TABLE ${table} ADD COLUMN ${name} ${type}`)
}

export type RevisionRow = {
  readonly revision: number
  /** The audit row of the change that made this revision. */
  readonly seq: number
  /** SHA-256 of `text`. */
  readonly digest: string
  /** Exactly the bytes that are written to KV. */
  readonly text: string
}

export type AuditTableRow = {
  readonly seq: number
  readonly at: number
  readonly actor: string
  readonly token: string | null
  readonly action: string
  /** JSON. */
  readonly detail: string
  readonly reason: string | null
  readonly revision: number | null
  readonly before: string | null
  readonly after: string | null
  readonly request_id: string
  readonly previous: string
  readonly hash: string
  /** Which rules its digests and its hash follow: see audit.ts. */
  readonly form: number
  /** SHA-256 of the exact text of its revision without the `audit` field. */
  readonly text_digest: string | null
}

export type StateRow = {
  /** The number of the newest audit row. */
  readonly audit_seq: number
  readonly audit_hash: string
  readonly published: number
  /** 1 if KV has lost the published document. */
  readonly put_again: number
  readonly last_put_at: number
  readonly failures: number
  readonly retry_at: number
  readonly alarm_debt: number
  readonly publish_error: string | null
  readonly external_problem: string | null
}

export type UploadRow = {
  readonly version: string
  /** `recording`: the content is fixed, and the record of the version is being written to R2. */
  readonly state: 'open' | 'recording' | 'finalised'
  /** Identifies the content: a new upload of other content under this id gets a new number. */
  readonly serial: number
  readonly manifest: string
  /** JSON. */
  readonly services: string
  readonly files: number
  readonly bytes: number
  readonly created_at: string
  readonly commit_id: string | null
  readonly author: string | null
  /** How many entries of the manifest are verified: all their blobs are in R2. */
  readonly verified: number
  /** How many deletions had begun when the upload was opened. */
  readonly opened_after: number
  readonly touched_at: number
  /** The token that opened it, or the actor without a token; `null` for rows of an older Holo. */
  readonly owner: string | null
  /** JSON; `null` without one. */
  readonly framework_pin: string | null
  /** JSON; `null` if its files were not searched for flags. */
  readonly flag_keys: string | null
  /** The oldest version that one may go back to. */
  readonly floor: string | null
}

export type KnownRow = {
  readonly version: string
  readonly manifest: string
  /** When it last came into the document. */
  readonly seen_at: number
  /** When an environment last stopped pointing at it. */
  readonly left_at: number | null
}

export type CollectionRow = {
  /** The number of the newest upload. */
  readonly serial: number
  /** The newest revision that `known` includes. */
  readonly noted: number
  /** How many deletions have begun. */
  readonly deletions: number
  /** When a deletion began whose end is not recorded; 0 for none. */
  readonly deleting_since: number
}
