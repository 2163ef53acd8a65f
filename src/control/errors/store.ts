// The tables of errors: what each group is, written once, and the counts of all groups of a version in one row.
// groups.ts decides what is kept.

import type { ErrorKind } from '../../core/browser/error-groups.ts'
import { isSlotCounts, type SlotCounts } from './slots.ts'

/** What a group is; it does not change. */
export type StoredError = {
  readonly id: string
  readonly version: string
  readonly kind: ErrorKind
  readonly message: string
  readonly frame: string
  readonly stack: string
  /** Recognises the same error in other versions (core/browser/error-ids.ts). */
  readonly kin: string
  /** Whether no other version had it before. */
  readonly isNew: boolean
  readonly firstAt: number
}

/** By the id of the group, by environment. */
export type VersionCounts = Readonly<Record<string, Readonly<Record<string, SlotCounts>>>>

type GroupRow = Omit<StoredError, 'isNew' | 'firstAt'> & {
  readonly is_new: number
  readonly first_at: number
}

export class ErrorStore {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
    sql.exec(`CREATE TABLE IF NOT EXISTS error_groups (
      id TEXT PRIMARY KEY,
      version TEXT NOT NULL,
      kind TEXT NOT NULL,
      message TEXT NOT NULL,
      frame TEXT NOT NULL,
      stack TEXT NOT NULL,
      kin TEXT NOT NULL,
      is_new INTEGER NOT NULL,
      first_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`)
    sql.exec(`CREATE TABLE IF NOT EXISTS error_counts (
      version TEXT PRIMARY KEY,
      counts TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`)
  }

  groups(): readonly StoredError[] {
    return [...this.#sql.exec<GroupRow>('SELECT * FROM error_groups')].map(
      ({ is_new: isNew, first_at: firstAt, ...row }) => ({ ...row, isNew: isNew === 1, firstAt }),
    )
  }

  /** By version. A row that cannot be read counts as empty: a bad row must not stop the control. */
  counts(): ReadonlyMap<string, VersionCounts> {
    const rows = this.#sql.exec<{ version: string; counts: string }>('SELECT * FROM error_counts')
    return new Map([...rows].map(({ version, counts }) => [version, parseCounts(counts)]))
  }

  /** Writes one row. */
  add({ id, version, kind, message, frame, stack, kin, isNew, firstAt }: StoredError): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO error_groups
       (id, version, kind, message, frame, stack, kin, is_new, first_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[id, version, kind, message, frame, stack, kin, isNew ? 1 : 0, firstAt],
    )
  }

  remove(id: string): void {
    this.#sql.exec('DELETE FROM error_groups WHERE id = ?', id)
  }

  /** Writes one row. */
  setCounts(version: string, counts: VersionCounts): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO error_counts (version, counts) VALUES (?, ?)',
      version,
      JSON.stringify(counts),
    )
  }

  removeVersion(version: string): void {
    this.#sql.exec('DELETE FROM error_groups WHERE version = ?', version)
    this.#sql.exec('DELETE FROM error_counts WHERE version = ?', version)
  }
}

function parseCounts(text: string): VersionCounts {
  try {
    const groups = Object.entries(JSON.parse(text) as Record<string, object>)
    return Object.fromEntries(
      groups.map(([id, environments]) => [
        id,
        Object.fromEntries(
          Object.entries(environments).filter(([, counts]) => isSlotCounts(counts)),
        ),
      ]),
    )
  } catch (cause) {
    console.error('a row of error counts cannot be read', cause)
    return {}
  }
}
