// The tables of preview links and of the keys that sign them. A private key leaves this file only to sign.
// previews.ts decides who may make and revoke links.

import type { PreviewSummary } from '../../wire/previews.ts'

/** Links that are over stay listed for so long. */
const LISTED_FOR_MS = 30 * 86_400_000

/** How many links one list has, newest first. */
const MAX_LISTED_PREVIEWS = 500

type Row = {
  readonly id: string
  readonly key: string
  readonly versions: string
  readonly environments: string
  readonly note: string | null
  readonly created_at: number
  readonly created_by: string
  readonly expires_at: number
  readonly revoked_at: number | null
  readonly revoked_by: string | null
}

type KeyRow = { readonly id: string; readonly private: ArrayBuffer }

export type StoredPreview = PreviewSummary & { readonly key: string }

export class PreviewStore {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`CREATE TABLE IF NOT EXISTS preview_keys (
      id TEXT PRIMARY KEY,
      private BLOB NOT NULL,
      created_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`)
    sql.exec(`CREATE TABLE IF NOT EXISTS previews (
      id TEXT PRIMARY KEY,
      key TEXT NOT NULL,
      versions TEXT NOT NULL,
      environments TEXT NOT NULL,
      note TEXT,
      created_at INTEGER NOT NULL,
      created_by TEXT NOT NULL,
      expires_at INTEGER NOT NULL,
      revoked_at INTEGER,
      revoked_by TEXT
    ) STRICT, WITHOUT ROWID`)
  }

  /** The private key with this id (PKCS #8); `undefined` if this control does not have it. */
  getKey(id: string): ArrayBuffer | undefined {
    const query = 'SELECT id, private FROM preview_keys WHERE id = ?'
    return [...this.#sql.exec<KeyRow>(query, id)][0]?.private
  }

  /** Stores a new key, and forgets those that the document no longer has. */
  keepKeys(id: string, key: ArrayBuffer, at: number, known: readonly string[]): void {
    this.#sql.exec(
      'INSERT INTO preview_keys (id, private, created_at) VALUES (?, ?, ?)',
      ...[id, key, at],
    )
    for (const { id: old } of [...this.#sql.exec<{ id: string }>('SELECT id FROM preview_keys')]) {
      if (!known.includes(old)) this.#sql.exec('DELETE FROM preview_keys WHERE id = ?', old)
    }
  }

  /** Adds a link, and deletes those that have been over for a month. */
  add({ versions, environments, ...link }: StoredPreview): void {
    this.#sql.exec('DELETE FROM previews WHERE expires_at <= ?', link.createdAt - LISTED_FOR_MS)
    this.#sql.exec(
      `INSERT INTO previews
       (id, key, versions, environments, note, created_at, created_by, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[link.id, link.key, JSON.stringify(versions), JSON.stringify(environments)],
      ...[link.note ?? null, link.createdAt, link.createdBy, link.expiresAt],
    )
  }

  get(id: string): StoredPreview | undefined {
    return [...this.#sql.exec<Row>('SELECT * FROM previews WHERE id = ?', id)].map(toStored)[0]
  }

  /** Newest first. */
  list(): readonly StoredPreview[] {
    const query = 'SELECT * FROM previews ORDER BY created_at DESC, id LIMIT ?'
    return [...this.#sql.exec<Row>(query, MAX_LISTED_PREVIEWS)].map(toStored)
  }

  /** Links that count at this time. */
  listValid(now: number): readonly StoredPreview[] {
    const query = 'SELECT * FROM previews WHERE expires_at > ? AND revoked_at IS NULL'
    return [...this.#sql.exec<Row>(query, now)].map(toStored)
  }

  /** Ids of revoked links that would count otherwise. */
  listRevoked(now: number): readonly string[] {
    const query =
      'SELECT id FROM previews WHERE expires_at > ? AND revoked_at IS NOT NULL ORDER BY revoked_at, id'
    return [...this.#sql.exec<{ id: string }>(query, now)].map(({ id }) => id)
  }

  revoke(ids: readonly string[], at: number, by: string): void {
    for (const id of ids) {
      this.#sql.exec(
        'UPDATE previews SET revoked_at = ?, revoked_by = ? WHERE id = ? AND revoked_at IS NULL',
        ...[at, by, id],
      )
    }
  }
}

function toStored(row: Row): StoredPreview {
  return {
    id: row.id,
    key: row.key,
    versions: JSON.parse(row.versions),
    environments: JSON.parse(row.environments),
    ...(row.note === null ? {} : { note: row.note }),
    createdAt: row.created_at,
    createdBy: row.created_by,
    expiresAt: row.expires_at,
    ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at }),
    ...(row.revoked_by === null ? {} : { revokedBy: row.revoked_by }),
  }
}
