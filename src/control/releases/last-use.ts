// Notes when each version came into the document and when an environment last pointed at it. The times
// are read from the history once and stored. retention.ts uses them.

import { getOwn } from '../../core/own.ts'
import type { Content } from '../document/content.ts'
import type { CollectionRow, KnownRow } from '../tables.ts'

/** So many revisions are read in one step: some 10 MB of text. */
const NOTED_REVISIONS_PER_STEP = 100

type Noted = { readonly revision: number; readonly at: number; readonly text: string }
type Told = Pick<Content, 'versions' | 'environments'>

export class LastUses {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Reads the next revisions, up to the size of one step. Returns whether all are noted now. */
  catchUp(): boolean {
    const { noted } = this.#sql.exec<CollectionRow>('SELECT * FROM collection').one()
    const rows = [
      ...this.#sql.exec<Noted>(
        `SELECT revisions.revision, audit.at, revisions.text FROM revisions
         JOIN audit ON audit.seq = revisions.seq
         WHERE revisions.revision >= ? ORDER BY revisions.revision LIMIT ?`,
        noted,
        NOTED_REVISIONS_PER_STEP + 1,
      ),
    ]
    let before: Told | undefined
    for (const { revision, at, text } of rows) {
      const after = readTold(text)
      // A damaged revision is skipped, as `History.newest` does.
      if (!after) continue
      if (revision > noted) this.#note(before, after, at)
      before = after
    }
    const last = rows.at(-1)?.revision ?? noted
    if (last > noted) this.#sql.exec('UPDATE collection SET noted = ? WHERE id = 1', last)
    return rows.length <= NOTED_REVISIONS_PER_STEP
  }

  /** When the first revision that is not noted yet was made; `undefined` if all are noted. */
  firstUnnotedAt(): number | undefined {
    const { noted } = this.#sql.exec<CollectionRow>('SELECT * FROM collection').one()
    const rows = this.#sql.exec<{ at: number }>(
      `SELECT audit.at FROM revisions JOIN audit ON audit.seq = revisions.seq
       WHERE revisions.revision > ? ORDER BY revisions.revision LIMIT 1`,
      noted,
    )
    return [...rows][0]?.at
  }

  rows(): readonly KnownRow[] {
    return [...this.#sql.exec<KnownRow>('SELECT * FROM known')]
  }

  /** Deletes the note about a version. */
  forget(version: string, manifest: string): void {
    this.#sql.exec('DELETE FROM known WHERE version = ? AND manifest = ?', version, manifest)
  }

  #note(before: Told | undefined, after: Told, at: number): void {
    for (const [version, { manifest }] of Object.entries(after.versions)) {
      if (before?.versions[version]?.manifest === manifest) continue
      this.#sql.exec(
        `INSERT INTO known (version, manifest, seen_at) VALUES (?, ?, ?)
         ON CONFLICT (version, manifest) DO UPDATE SET seen_at = excluded.seen_at`,
        version,
        manifest,
        at,
      )
    }
    if (!before) return
    const pointed = toPointed(after)
    for (const [key, { version, manifest }] of toPointed(before)) {
      if (pointed.has(key)) continue
      this.#sql.exec(
        `INSERT INTO known (version, manifest, seen_at, left_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (version, manifest) DO UPDATE SET left_at = excluded.left_at`,
        version,
        manifest,
        at,
        at,
      )
    }
  }
}

/** The versions that environments point at, each once, keyed by version and manifest. */
export function toPointed({ versions, environments }: Told) {
  return new Map(
    Object.values(environments).flatMap(({ version }) => {
      const manifest = getOwn(versions, version)?.manifest
      return manifest === undefined ? [] : [[`${version} ${manifest}`, { version, manifest }]]
    }),
  )
}

function readTold(text: string): Told | undefined {
  try {
    const { versions, environments } = JSON.parse(text) as Partial<Told>
    return versions && environments ? { versions, environments } : undefined
  } catch {
    return undefined
  }
}
