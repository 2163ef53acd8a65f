// When each version came into the document and when an environment last pointed at it. It is taken from
// the history and stored, so that nobody has to read the whole history again. retention.ts decides by it.

import { getOwn } from '../../core/own.ts'
import type { Content } from '../document/content.ts'
import type { CollectionRow, KnownRow } from '../tables.ts'

/** Revisions that are looked at in one step for who was pointed at: some 10 MB of text. */
const NOTED_REVISIONS_PER_STEP = 100

type Noted = { readonly revision: number; readonly at: number; readonly text: string }
type Told = Pick<Content, 'versions' | 'environments'>

export class LastUses {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Notes what the next revisions say, as many as one step takes. Whether it was all of them. */
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
      // One that is damaged is stepped over, as by whoever looks for the newest.
      if (!after) continue
      if (revision > noted) this.#note(before, after, at)
      before = after
    }
    const last = rows.at(-1)?.revision ?? noted
    if (last > noted) this.#sql.exec('UPDATE collection SET noted = ? WHERE id = 1', last)
    return rows.length <= NOTED_REVISIONS_PER_STEP
  }

  /** When the first revision was made that is not noted yet; `undefined` where all are. */
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

  /** Forgets what is neither in the document nor was used since. */
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

/** What environments point at, each version with its manifest once. */
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
