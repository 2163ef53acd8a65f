// The table of uploads, open and finalised. uploading.ts decides which step of an upload may come next.

import type { PublishedService } from '../../document/service.ts'
import type { VersionRecord } from '../../document/version-record.ts'
import type { CollectionRow, UploadRow } from '../tables.ts'
import type { Upload } from './contract.ts'

/** How long the parts of a blob, and the rows of abandoned uploads, are kept. */
export const UPLOAD_LIFETIME_MS = 7 * 86_400_000

/** An open upload without progress for so long counts as abandoned: its pipeline has crashed. */
export const UPLOAD_IDLE_MS = 3_600_000

export class Uploads {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  get(version: string): UploadRow | undefined {
    return [...this.#sql.exec<UploadRow>('SELECT * FROM uploads WHERE version = ?', version)][0]
  }

  all(): readonly UploadRow[] {
    return [...this.#sql.exec<UploadRow>('SELECT * FROM uploads')]
  }

  /** The open uploads of one owner, the one that was idle longest first. */
  openOf(owner: string): readonly UploadRow[] {
    return [
      ...this.#sql.exec<UploadRow>(
        "SELECT * FROM uploads WHERE state = 'open' AND owner = ? ORDER BY touched_at",
        owner,
      ),
    ]
  }

  /** Begins an upload. It replaces any other one under the same id. */
  begin(
    record: VersionRecord,
    {
      now,
      deletions,
      owner,
    }: { readonly now: number; readonly deletions: number; readonly owner: string },
  ): void {
    this.#sql.exec('UPDATE collection SET serial = serial + 1 WHERE id = 1')
    const { serial } = this.#sql.exec<CollectionRow>('SELECT * FROM collection').one()
    this.#sql.exec(
      `INSERT OR REPLACE INTO uploads (version, state, serial, manifest, services, files, bytes,
        created_at, commit_id, author, verified, opened_after, touched_at, owner, framework_pin,
        flag_keys, floor)
       VALUES (?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?)`,
      record.id,
      serial,
      record.manifest,
      JSON.stringify(record.services),
      record.files,
      record.bytes,
      record.createdAt,
      record.commit ?? null,
      record.author ?? null,
      deletions,
      now,
      owner,
      record.frameworkPin ? JSON.stringify(record.frameworkPin) : null,
      record.flagKeys ? JSON.stringify(record.flagKeys) : null,
      record.floor ?? null,
    )
  }

  touch(version: string, now: number): void {
    this.#sql.exec('UPDATE uploads SET touched_at = ? WHERE version = ?', now, version)
  }

  /**
   * Sets `verified` from `from` to `to`. Does nothing if it was changed meanwhile, or the upload was
   * replaced.
   */
  advance(version: string, serial: number, from: number, to: number): void {
    this.#sql.exec(
      `UPDATE uploads SET verified = ? WHERE version = ? AND serial = ? AND verified = ?
       AND state = 'open'`,
      to,
      version,
      serial,
      from,
    )
  }

  setState(version: string, state: UploadRow['state']): void {
    this.#sql.exec('UPDATE uploads SET state = ? WHERE version = ?', state, version)
  }

  remove(version: string): void {
    this.#sql.exec('DELETE FROM uploads WHERE version = ?', version)
  }
}

/**
 * Whether an open upload has made no progress for long: then it counts as abandoned and is not
 * protected.
 */
export function isIdle({ state, touched_at }: UploadRow, now: number): boolean {
  return state === 'open' && touched_at + UPLOAD_IDLE_MS <= now
}

/** The version record of an upload. */
export function toRecord(row: UploadRow): VersionRecord {
  return {
    id: row.version,
    manifest: row.manifest,
    services: parseStoredServices(row),
    files: row.files,
    bytes: row.bytes,
    createdAt: row.created_at,
    ...(row.commit_id === null ? {} : { commit: row.commit_id }),
    ...(row.author === null ? {} : { author: row.author }),
    ...(row.framework_pin === null ? {} : { frameworkPin: JSON.parse(row.framework_pin) }),
    ...(row.flag_keys === null ? {} : { flagKeys: JSON.parse(row.flag_keys) }),
    ...(row.floor === null ? {} : { floor: row.floor }),
  }
}

export function parseStoredServices({ services }: UploadRow): readonly PublishedService[] {
  return JSON.parse(services)
}

/** An upload as callers see it. */
export function toUpload(row: UploadRow): Upload {
  const { version, manifest, files, bytes, verified, serial } = row
  const isOver = row.state === 'finalised'
  const lifetimeMs = row.state === 'open' ? UPLOAD_IDLE_MS : UPLOAD_LIFETIME_MS
  return {
    version,
    state: isOver ? 'finalised' : 'open',
    manifest,
    files,
    bytes,
    verified,
    serial,
    expiresAt: isOver ? undefined : row.touched_at + lifetimeMs,
  }
}
