// The steps of an upload: open, verify in steps, write the record, add the version to the document,
// finalise. Each step is stored before the next one and can be repeated.

import { toCanonicalJson } from '../../core/canonical-json.ts'
import { getOwn } from '../../core/own.ts'
import { err, ok, type Result } from '../../core/result.ts'
import { isSameSubstance, type VersionRecord } from '../../document/version-record.ts'
import type { FinaliseResult } from '../../wire/uploads.ts'
import { applyCommand } from '../document/apply.ts'
import type { OwnCommand } from '../document/apply-versions.ts'
import { type Author, type ChangeDeps, makeChange } from '../document/change.ts'
import type { DraftProblem } from '../document/draft.ts'
import { findFullDatabase } from '../document/room.ts'
import { toOwner } from '../one-at-a-time.ts'
import type { UploadRow } from '../tables.ts'
import type {
  AbortFailure,
  FinishFailure,
  NoSuchUpload,
  Taken,
  Upload,
  VerificationTurn,
} from './contract.ts'
import type { Deletions } from './deletions.ts'
import type { Records } from './records.ts'
import { isIdle, parseStoredServices, toRecord, toUpload, type Uploads } from './uploads.ts'

/** The most open uploads of one token. A further one removes the upload that was idle longest. */
export const MAX_OPEN_UPLOADS_PER_TOKEN = 50

/** New files are compared with so many versions. Each of them is a manifest to load. */
export const MAX_COMPARED_VERSIONS = 3

/** How often adding a version is retried because others change the document at the same time. */
export const MAX_ADD_ATTEMPTS = 10

/** How long a client waits for a deletion before it asks again. */
const DELETION_WAIT_MS = 500

export type UploadingDeps = ChangeDeps & {
  readonly uploads: Uploads
  readonly deletions: Deletions
  readonly records: Records
}

type Named = Pick<Upload, 'version' | 'serial'>

export class Uploading {
  readonly #parts: UploadingDeps

  constructor(parts: UploadingDeps) {
    this.#parts = parts
  }

  /** Opens or resumes an upload. Returns the finished one if this content is finalised already. */
  open(
    record: VersionRecord,
    isRecorded: boolean,
    author: Author,
  ): Result<Upload | Taken, { kind: 'invalid'; problems: readonly DraftProblem[] }> {
    const { ledger, uploads, deletions, now } = this.#parts
    this.#removeIdle()
    const entry = ledger.head && getOwn(ledger.head.content.versions, record.id)
    const row = uploads.get(record.id)
    const isKnown = entry !== undefined || ledger.head === undefined
    if (isKnown && (row?.state === 'finalised' || (isRecorded && entry))) {
      const manifest = row?.state === 'finalised' ? row.manifest : entry?.manifest
      const services = row?.state === 'finalised' ? parseStoredServices(row) : record.services
      const holder = { manifest: manifest ?? '', services }
      return ok(
        isSameSubstance(holder, record) ? toFinalised(record) : { kind: 'taken', ...holder },
      )
    }
    const holder =
      row?.state === 'recording'
        ? { manifest: row.manifest, services: parseStoredServices(row) }
        : entry && { manifest: entry.manifest, services: entry.services ?? [] }
    if (holder && !isSameSubstance(holder, record)) return ok({ kind: 'taken', ...holder })
    const problems = this.#findProblems(record)
    if (problems.length > 0) return err({ kind: 'invalid', problems })
    if (row && row.state !== 'finalised' && isSameUpload(toRecord(row), record)) {
      uploads.touch(record.id, now())
    } else {
      const owner = toOwner(author.principal)
      this.#makeRoom(owner)
      uploads.begin(record, { now: now(), deletions: deletions.count, owner })
    }
    const begun = uploads.get(record.id)
    if (!begun) throw new Error(`the upload of ${record.id} was not stored`)
    return ok(toUpload(begun))
  }

  /** An upload that is open or finalised; `undefined` for an abandoned one. */
  get(version: string): UploadRow | undefined {
    const row = this.#parts.uploads.get(version)
    return row && !isIdle(row, this.#parts.now()) ? row : undefined
  }

  /** Abandons an upload; its blobs become garbage. Only its owner or an admin may. */
  abort(version: string, author: Author): Result<Upload, AbortFailure> {
    const row = this.get(version)
    if (!row) return err({ kind: 'none' })
    const isOwn = row.owner === toOwner(author.principal)
    if (!isOwn && !author.principal.scopes.includes('admin')) {
      return err({ kind: 'denied', denial: 'forbidden' })
    }
    if (row.state === 'finalised') return err({ kind: 'finalised' })
    this.#parts.uploads.remove(version)
    return ok(toUpload(row))
  }

  /** The manifests of the newest versions that were finalised here and are in the document. */
  finalisedManifests(): readonly string[] {
    const { ledger, uploads } = this.#parts
    const versions = ledger.head?.content.versions ?? {}
    return uploads
      .all()
      .filter(({ state, version }) => state === 'finalised' && Object.hasOwn(versions, version))
      .filter(({ version, manifest }) => versions[version]?.manifest === manifest)
      .toSorted((a, b) => b.touched_at - a.touched_at)
      .slice(0, MAX_COMPARED_VERSIONS)
      .map(({ manifest }) => manifest)
  }

  begin(version: string, manifest: string): Result<VerificationTurn, NoSuchUpload> {
    const { uploads, deletions, now } = this.#parts
    const row = this.get(version)
    const settled = row ? undefined : this.#findSettled(version)
    if (settled?.manifest === manifest) {
      return ok({ upload: toFinalised({ ...settled, id: version, files: 0, bytes: 0 }), waitMs: 0 })
    }
    if (!row) return err({ kind: 'none' })
    if (row.manifest !== manifest) return err({ kind: 'replaced' })
    if (row.state !== 'finalised') uploads.touch(version, now())
    // Deletions that began after the upload was opened leave its blobs alone.
    const isConcerned = deletions.isPending && deletions.count <= row.opened_after
    return ok({ upload: toUpload(row), waitMs: isConcerned ? DELETION_WAIT_MS : 0 })
  }

  advance({ version, serial }: Named, from: number, to: number): void {
    this.#parts.uploads.advance(version, serial, from, to)
  }

  async finish(named: Named, author: Author): Promise<Result<FinaliseResult, FinishFailure>> {
    const { uploads, records } = this.#parts
    const settled = uploads.get(named.version) ? undefined : this.#findSettled(named.version)
    if (settled) return ok(this.#toFinished({ ...settled, version: named.version }))
    const found = this.#find(named)
    if (!found.ok) return found
    const row = found.value
    if (row.state === 'finalised') return ok(this.#toFinished(row))
    if (row.verified < row.files) return err({ kind: 'unverified' })
    // From here on the content of this id is fixed, so that a write that arrives late does no harm.
    if (row.state === 'open') uploads.setState(row.version, 'recording')
    const record = toRecord(row)
    const written = await records.create(record)
    if (written === 'unavailable' || written === 'newer') return err({ kind: written })
    if (written !== 'created' && !isSameSubstance(written, record)) {
      if (this.#find(named).ok) uploads.remove(row.version)
      return err({ kind: 'taken', manifest: written.manifest, services: written.services })
    }
    return this.#add(named, author)
  }

  async #add(named: Named, author: Author): Promise<Result<FinaliseResult, FinishFailure>> {
    const { ledger, uploads } = this.#parts
    for (let attempt = 0; attempt < MAX_ADD_ATTEMPTS; attempt++) {
      const found = this.#find(named)
      if (!found.ok) return found
      const row = found.value
      const also = () => uploads.setState(row.version, 'finalised')
      if (!ledger.head) {
        also()
        return ok(this.#toFinished(row))
      }
      const added = await makeChange(this.#parts, author, {
        command: toCommand(toRecord(row)),
        expectedRevision: ledger.head.revision,
        reason: undefined,
        dryRun: false,
        also,
      })
      if (added.ok) {
        // The document has the version already.
        if (!added.value.changed) also()
        return ok(this.#toFinished(row))
      }
      if (added.error.kind !== 'stale') return err(added.error)
    }
    return err({
      kind: 'invalid',
      problems: [{ path: '', message: 'the document is changed too often: finalise again' }],
    })
  }

  /** Removes uploads that crashed pipelines have left. */
  #removeIdle(): void {
    const { uploads, now } = this.#parts
    for (const row of uploads.all()) if (isIdle(row, now())) uploads.remove(row.version)
  }

  /** Makes room for one more upload of the owner, by removing only uploads of the same owner. */
  #makeRoom(owner: string): void {
    const { uploads } = this.#parts
    const open = uploads.openOf(owner)
    const excess = Math.max(0, open.length - MAX_OPEN_UPLOADS_PER_TOKEN + 1)
    for (const { version } of open.slice(0, excess)) uploads.remove(version)
  }

  #find({ version, serial }: Named): Result<UploadRow, NoSuchUpload> {
    const row = this.#parts.uploads.get(version)
    if (!row) return err({ kind: 'none' })
    return row.serial === serial ? ok(row) : err({ kind: 'replaced' })
  }

  /** A version of the document: of one that was not uploaded to this control, there is no row. */
  #findSettled(version: string) {
    const { ledger } = this.#parts
    return ledger.head && getOwn(ledger.head.content.versions, version)
  }

  #toFinished({ version, manifest }: Pick<UploadRow, 'version' | 'manifest'>): FinaliseResult {
    return { version, manifest, revision: this.#parts.ledger.head?.revision }
  }

  /** Why the document would refuse the version: checked before anything is uploaded. */
  #findProblems(record: VersionRecord): readonly DraftProblem[] {
    const { ledger, allowInsecure } = this.#parts
    const full = findFullDatabase(ledger.databaseBytes)
    if (full.length > 0) return full
    const content = ledger.head?.content
    if (!content) return []
    const applied = applyCommand(toCommand(record), content, {
      earlier: () => undefined,
      allowInsecure,
    })
    return applied.ok ? [] : applied.error
  }
}

/** Pin and floor of a version are settled when it is published; until then an upload may change them. */
function isSameUpload(one: VersionRecord, other: VersionRecord): boolean {
  const [pin, otherPin] = [one.frameworkPin, other.frameworkPin].map(
    (pin) => pin && toCanonicalJson(pin),
  )
  return isSameSubstance(one, other) && pin === otherPin && one.floor === other.floor
}

function toCommand(record: VersionRecord): OwnCommand {
  const { id, manifest, services, createdAt, frameworkPin, floor } = record
  const entry = { manifest, services, published: createdAt, frameworkPin, floor }
  return { kind: 'add-version', version: id, ...entry }
}

/** A version that is finalised, shown as an upload even if it was not uploaded here. */
function toFinalised({
  id,
  manifest,
  files,
  bytes,
}: Pick<VersionRecord, 'id' | 'manifest' | 'files' | 'bytes'>): Upload {
  return {
    version: id,
    state: 'finalised',
    manifest,
    files,
    bytes,
    verified: files,
    serial: 0,
    expiresAt: undefined,
  }
}
