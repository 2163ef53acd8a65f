// Decides which garbage may be deleted, and deletes it. The API lists R2 and only proposes keys. They are
// checked again here in the turn in which the deletion begins, so that nothing that has become needed is
// deleted. Retiring removes expired versions from the document; retention.ts decides which expire.

import { ok, type Result } from '../../core/result.ts'
import type { Retention } from '../../wire/versions.ts'
import type { RefusedResult } from '../contract.ts'
import { type Author, makeChange } from '../document/change.ts'
import type { UploadRow } from '../tables.ts'
import type { CollectionResult, Garbage, Protection, RetireResult, VersionUse } from './contract.ts'
import type { LastUses } from './last-use.ts'
import { COLLECTION_GRACE_MS, decideRetention, type RetentionSettings } from './retention.ts'
import type { UploadingDeps } from './uploading.ts'
import { isIdle, toRecord, UPLOAD_LIFETIME_MS } from './uploads.ts'

/** R2 accepts a thousand keys per deletion, which takes a second or two. */
export const MAX_DELETED_KEYS = 1000

/** How many versions one revision removes: as many as its audit row can name. */
export const MAX_RETIRED_VERSIONS = 50

const NOTHING: ReadonlySet<string> = new Set()

export type CollectingDeps = UploadingDeps & {
  readonly known: LastUses
  readonly retention: RetentionSettings
  /** Deletes the errors of versions, in the transaction that removes them. */
  readonly forgetErrors: (versions: readonly string[]) => void
}

export class Collecting {
  readonly #parts: CollectingDeps
  #holds = 0

  constructor(parts: CollectingDeps) {
    this.#parts = parts
  }

  /** Runs `work`, which relies on what it finds in R2. Nothing is deleted meanwhile. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.#holds++
    try {
      return await work()
    } finally {
      this.#holds--
    }
  }

  /**
   * For each version of the document: when it was last pointed at, why it is retained, and its record.
   */
  uses(): readonly Omit<VersionUse, 'drain'>[] {
    const { ledger, known, uploads, now } = this.#parts
    known.catchUp()
    const content = ledger.head?.content
    if (!content) return []
    const retention = this.#decide()
    const left = new Map(known.rows().map((row) => [`${row.version} ${row.manifest}`, row.left_at]))
    return Object.entries(content.versions).map(([version, { manifest }]) => {
      const decided = retention.get(version) ?? { why: 'new', until: undefined }
      const row = uploads.get(version)
      return {
        version,
        lastPointedAt:
          decided.why === 'pointed-at' ? now() : (left.get(`${version} ${manifest}`) ?? undefined),
        retention: decided,
        record: row?.state === 'finalised' ? toRecord(row) : undefined,
      }
    })
  }

  /**
   * When the next version may leave the document, in milliseconds since the epoch; `undefined` for
   * never. If revisions are not noted yet, a day after the first of these: earlier none of their
   * versions can expire. Writes nothing.
   */
  expiresAt(): number | undefined {
    const { ledger, known, retention, now } = this.#parts
    const count = Object.keys(ledger.head?.content.versions ?? {}).length
    // The last few versions stay, however old they are.
    if (count <= retention.versions) return undefined
    const unnotedAt = known.firstUnnotedAt()
    if (unnotedAt !== undefined) return unnotedAt + COLLECTION_GRACE_MS
    const times = [...this.#decide().values()].flatMap(({ why, until }) =>
      why === 'nothing' ? [now()] : until === undefined ? [] : [until],
    )
    return times.length > 0 ? Math.min(...times) : undefined
  }

  /**
   * What must not be deleted once all expired versions have left the document; `undefined` without a
   * document.
   */
  protection(): Protection | undefined {
    const { ledger, known, now } = this.#parts
    if (!ledger.head) return undefined
    known.catchUp()
    const { versions, manifests } = this.#protect(new Set(this.#victims()))
    return {
      versions: [...versions],
      manifests: [...manifests],
      before: now() - COLLECTION_GRACE_MS,
      partsBefore: now() - UPLOAD_LIFETIME_MS,
    }
  }

  /** Removes expired versions from the document, and abandoned uploads. */
  async retire(author: Author, dryRun: boolean): Promise<Result<RetireResult, RefusedResult>> {
    const { ledger, known, uploads } = this.#parts
    if (!known.catchUp()) return ok({ versions: [], uploads: 0, more: true })
    if (!ledger.head) return ok({ versions: [], uploads: 0, more: false })
    const givenUp = uploads.all().filter((row) => this.#isGivenUp(row))
    const all = this.#victims()
    const versions = all.slice(0, MAX_RETIRED_VERSIONS)
    if (dryRun) return ok({ versions: all, uploads: givenUp.length, more: false })
    for (const { version } of givenUp) uploads.remove(version)
    this.#forgetOld()
    if (versions.length > 0) {
      const removed = await makeChange(this.#parts, author, {
        command: { kind: 'remove-versions', versions },
        expectedRevision: ledger.head.revision,
        reason: undefined,
        dryRun: false,
        also: () => {
          for (const version of versions) uploads.remove(version)
          this.#parts.forgetErrors(versions)
        },
      })
      if (!removed.ok) {
        if (removed.error.kind === 'stale')
          return ok({ versions: [], uploads: givenUp.length, more: true })
        return removed
      }
    }
    return ok({ versions, uploads: givenUp.length, more: all.length > versions.length })
  }

  /**
   * Deletes those of the proposed keys that are garbage.
   *
   * @throws Error when the deletion in R2 fails: then it is not known how much was deleted.
   */
  async collect({ kind, keys, searched }: Garbage): Promise<CollectionResult> {
    const { deletions, records, ledger, known } = this.#parts
    const isBusy = this.#holds > 0 || deletions.isPending
    if (isBusy || !ledger.head || !known.catchUp()) return { outcome: 'busy', keys: [] }
    const { versions, manifests } = this.#protect(new Set())
    const found = new Set(searched)
    if (kind === 'blobs' && ![...manifests].every((manifest) => found.has(manifest))) {
      return { outcome: 'stale', keys: [] }
    }
    const kept = { records: versions, manifests, blobs: NOTHING, parts: NOTHING }[kind]
    const doomed = keys.filter((key) => !kept.has(key)).slice(0, MAX_DELETED_KEYS)
    if (doomed.length === 0) return { outcome: 'collected', keys: [] }
    const folder = kind === 'records' ? 'versions' : kind
    await deletions.run(() => records.remove(doomed.map((key) => `${folder}/${key}`)))
    return { outcome: 'collected', keys: doomed }
  }

  /** Versions that no rule of the retention keeps, in the order of the document. */
  #victims(): readonly string[] {
    const retained = this.#decide()
    const versions = Object.keys(this.#parts.ledger.head?.content.versions ?? {})
    return versions.filter((version) => retained.get(version)?.why === 'nothing')
  }

  #decide(): ReadonlyMap<string, Retention> {
    const { ledger, known, retention, now } = this.#parts
    const content = ledger.head?.content
    if (!content) return new Map()
    const rows = new Map(known.rows().map((row) => [`${row.version} ${row.manifest}`, row]))
    const pointed = new Set(Object.values(content.environments).map(({ version }) => version))
    const uses = Object.entries(content.versions).map(([version, { manifest }]) => {
      const row = rows.get(`${version} ${manifest}`)
      return {
        version,
        isPointedAt: pointed.has(version),
        // A version that is not noted yet has only just been added.
        seenAt: row?.seen_at ?? now(),
        leftAt: row?.left_at ?? undefined,
      }
    })
    return decideRetention(uses, retention, now())
  }

  /** What must stay: versions of the document, uploads, and versions that were used lately. */
  #protect(without: ReadonlySet<string>) {
    const { ledger, known, uploads } = this.#parts
    const kept = [
      ...Object.entries(ledger.head?.content.versions ?? {})
        .filter(([version]) => !without.has(version))
        .map(([version, { manifest }]) => ({ version, manifest })),
      ...uploads
        .all()
        .filter((row) => !without.has(row.version) && !isIdle(row, this.#parts.now())),
      ...known
        .rows()
        .filter((row) => !without.has(row.version) && this.#isLately(row.seen_at, row.left_at)),
    ]
    return {
      versions: new Set(kept.map(({ version }) => version)),
      manifests: new Set(kept.map(({ manifest }) => manifest)),
    }
  }

  #isLately(seenAt: number, leftAt: number | null): boolean {
    const { retention, now } = this.#parts
    return (leftAt ?? 0) + retention.ms > now() || seenAt + COLLECTION_GRACE_MS > now()
  }

  /** Whether an upload was abandoned: no progress for long, and not a version of the document. */
  #isGivenUp(row: UploadRow): boolean {
    const { ledger, now } = this.#parts
    const { version, state, touched_at } = row
    if (isIdle(row, now())) return true
    if (touched_at + UPLOAD_LIFETIME_MS > now()) return false
    return state !== 'finalised' || !Object.hasOwn(ledger.head?.content.versions ?? {}, version)
  }

  /** Deletes notes about versions that have left the document and were not used lately. */
  #forgetOld(): void {
    const { ledger, known } = this.#parts
    for (const { version, manifest, seen_at, left_at } of known.rows()) {
      const entry = ledger.head?.content.versions[version]
      if (entry?.manifest === manifest || this.#isLately(seen_at, left_at)) continue
      known.forget(version, manifest)
    }
  }
}

/** How long to wait after an attempt that removed no version although one had expired. */
const RETIRING_RETRY_MS = 60_000

/** The author in the audit log. */
const RETIRER: Author = {
  principal: { actor: 'control', token: undefined, scopes: ['admin'] },
  requestId: '',
}

type RetiringDeps = {
  readonly collecting: Pick<Collecting, 'expiresAt' | 'retire'>
  readonly now: () => number
}

/** The task that removes expired versions from the document. Their files stay until `holo gc`. */
export class Retiring {
  readonly #parts: RetiringDeps
  /** The next attempt may not come before this time, because the last one removed nothing. */
  #heldUntil = 0
  #isRunning = false

  constructor(parts: RetiringDeps) {
    this.#parts = parts
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  /** When the next version expires; `undefined` for never, so that no alarm is set. */
  dueAt(): number | undefined {
    const { collecting, now } = this.#parts
    const expiresAt = collecting.expiresAt()
    if (expiresAt === undefined) return undefined
    const held = Math.min(this.#heldUntil, now() + RETIRING_RETRY_MS)
    return Math.max(now(), expiresAt, held)
  }

  /**
   * Commits one revision without expired versions, if any. Never throws. The caller sets the next
   * alarm.
   */
  async run(): Promise<void> {
    const { collecting, now } = this.#parts
    if (this.#isRunning) return
    this.#isRunning = true
    try {
      const due = this.dueAt()
      if (due === undefined || due > now()) return
      const retired = await collecting.retire(RETIRER, false)
      if (retired.ok && retired.value.versions.length > 0) return
      if (!retired.ok)
        console.error('expired versions could not be removed from the document', retired.error)
    } catch (cause) {
      console.error('expired versions could not be removed from the document', cause)
    } finally {
      this.#isRunning = false
    }
    this.#heldUntil = now() + RETIRING_RETRY_MS
  }
}
