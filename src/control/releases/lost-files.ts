// Remembers which manifests and blobs of the document's versions a check has found lost or damaged, until
// another check finds them whole.

import type { LostFile, LostSummary } from '../../wire/files.ts'
import type { Content } from '../document/content.ts'
import type { Outbox } from '../outbox.ts'
import type { FilesFound, FilesToCheck } from './contract.ts'

/** So many are remembered: the versions that lose more of them have to be published again in any case. */
export const MAX_LOST_FILES = 500

const TABLES = `
CREATE TABLE IF NOT EXISTS lost_files (
  kind TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  file TEXT NOT NULL,
  PRIMARY KEY (kind, sha256)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS file_samples (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  at INTEGER NOT NULL
) STRICT;
`

export type LostFilesDeps = {
  readonly storage: Pick<DurableObjectStorage, 'transactionSync' | 'sql'>
  readonly outbox: Pick<Outbox, 'add'>
  readonly content: () => Content | undefined
}

export class LostFiles {
  readonly #parts: LostFilesDeps

  constructor(parts: LostFilesDeps) {
    this.#parts = parts
    parts.storage.sql.exec(TABLES)
  }

  toCheck(): FilesToCheck {
    const versions = Object.entries(this.#parts.content()?.versions ?? {})
    return {
      versions: versions.map(([version, { manifest }]) => ({ version, manifest })),
      lost: this.list(),
    }
  }

  /** Those that a version of the document still needs. */
  list(): readonly LostFile[] {
    const versions = this.#parts.content()?.versions ?? {}
    return this.#rows().flatMap((file) => {
      const needed = file.versions.filter((version) => Object.hasOwn(versions, version))
      return needed.length > 0 ? [{ ...file, versions: needed }] : []
    })
  }

  summary(): LostSummary {
    const files = this.list()
    const sampledAt = this.sampledAt()
    return {
      files: files.length,
      versions: [...new Set(files.flatMap(({ versions }) => versions))].sort(),
      ...(sampledAt === undefined ? {} : { sampledAt }),
    }
  }

  /** Writes only what has changed, and tells it as an event. */
  record({ lost, whole }: FilesFound): void {
    const { storage, outbox } = this.#parts
    const before = this.#rows()
    const known = new Map(before.map((file) => [toKey(file), JSON.stringify(file)]))
    const healed = whole.filter((file) => known.has(toKey(file)))
    const fresh = lost
      .filter((file) => !known.has(toKey(file)))
      .slice(0, Math.max(0, MAX_LOST_FILES - known.size + healed.length))
    const changed = lost.filter((file) => {
      const was = known.get(toKey(file))
      return was !== undefined && was !== JSON.stringify(file)
    })
    if (healed.length + fresh.length + changed.length === 0) return
    storage.transactionSync(() => {
      for (const { kind, sha256 } of healed) this.#delete(kind, sha256)
      for (const file of [...fresh, ...changed]) {
        storage.sql.exec(
          'INSERT OR REPLACE INTO lost_files (kind, sha256, file) VALUES (?, ?, ?)',
          file.kind,
          file.sha256,
          JSON.stringify(file),
        )
      }
      const [first] = fresh
      if (first) {
        const versions = [...new Set(fresh.flatMap((file) => file.versions))].sort()
        const { kind, sha256, problem, paths } = first
        const example = `${paths[0] ?? kind} (${sha256}) ${problem}`
        outbox.add({ kind: 'files.lost', files: fresh.length, versions, example })
      }
      if (healed.length > 0) {
        const left = this.list().length
        outbox.add({ kind: 'files.healed', files: healed.length, left })
      }
    })
  }

  /** Deletes what no version of the document needs any more. */
  forgetUnneeded(): void {
    const needed = new Set(this.list().map(toKey))
    for (const file of this.#rows()) {
      if (!needed.has(toKey(file))) this.#delete(file.kind, file.sha256)
    }
  }

  /** When a sample was last checked. */
  sampledAt(): number | undefined {
    const rows = this.#parts.storage.sql.exec<{ at: number }>('SELECT at FROM file_samples')
    return [...rows][0]?.at
  }

  noteSample(at: number): void {
    this.#parts.storage.sql.exec('INSERT OR REPLACE INTO file_samples (id, at) VALUES (1, ?)', at)
  }

  #rows(): readonly LostFile[] {
    const { sql } = this.#parts.storage
    const rows = sql.exec<{ file: string }>('SELECT file FROM lost_files ORDER BY kind, sha256')
    return [...rows].map(({ file }) => JSON.parse(file) as LostFile)
  }

  #delete(kind: string, sha256: string): void {
    const { sql } = this.#parts.storage
    sql.exec('DELETE FROM lost_files WHERE kind = ? AND sha256 = ?', kind, sha256)
  }
}

function toKey({ kind, sha256 }: Pick<LostFile, 'kind' | 'sha256'>): string {
  return `${kind} ${sha256}`
}
