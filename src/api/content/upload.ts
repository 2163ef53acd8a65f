// The upload of a version between its manifest and the document: openUpload begins it, and finalise
// verifies its blobs in steps and makes it a version. The control stores how far an upload is, so
// that an interrupted client continues where it stopped.

import type { DeniedResult } from '../../control/contract.ts'
import type { FinishFailure, Upload } from '../../control/releases/contract.ts'
import { err, ok, type Result } from '../../core/result.ts'
import type { Manifest } from '../../core/site/manifest.ts'
import {
  isSameSubstance,
  listDifferences,
  type VersionRecord,
  type WantedFile,
} from '../../document/version-record.ts'
import type { UploadBody } from '../../wire/uploads.ts'
import { MAX_LISTED_PROBLEMS } from '../http/limits.ts'
import { type Failure, toFailure } from '../http/problems.ts'
import type { Handled, StoreAsker } from '../http/route.ts'
import type { ContentStore } from './content-store.ts'
import {
  type Absent,
  countSlices,
  isInSlice,
  lookForBlobs,
  toAbsentBlob,
  toSlice,
  toVerified,
} from './look-for-blobs.ts'
import { loadKnown, loadManifest } from './stored-manifests.ts'
import { examineAll } from './verify-files.ts'

export async function openUpload(
  asker: StoreAsker,
  version: string,
  wanted: UploadBody,
): Promise<Result<Upload, Failure>> {
  const opened = await asker.openStore()
  if (!opened.ok) return opened
  const store = opened.value
  const manifest = await loadManifest(store, wanted.manifest)
  if (!manifest.ok) return manifest
  const recorded = await store.readRecord(version)
  if (recorded === 'unavailable') return err({ kind: 'store_unavailable' })
  if (recorded === 'newer') return err({ kind: 'newer_schema' })
  const record = toRecord(version, wanted, manifest.value)
  if (recorded === 'missing') return open(asker, store, record, false)
  const same = await checkSame(store, recorded, record)
  // The existing record stays, even if this upload has the same files in other encodings.
  return same.ok ? open(asker, store, recorded, true) : same
}

async function open(
  { ask, caller }: StoreAsker,
  store: ContentStore,
  record: VersionRecord,
  isRecorded: boolean,
): Promise<Result<Upload, Failure>> {
  const openAs = (as: VersionRecord) =>
    ask('changes', (control) => control.openUpload(caller, as, isRecorded))
  const first = await openAs(record)
  if (!first.ok) return first
  if (!('kind' in first.value)) return ok(first.value)
  const { manifest, services } = first.value
  const same = await checkSame(store, { manifest, services }, record)
  if (!same.ok) return same
  const second = await openAs({ ...record, manifest, services })
  if (!second.ok) return second
  if (!('kind' in second.value)) return ok(second.value)
  return err(toDiffering(['another upload has just published this id']))
}

function toRecord(
  id: string,
  { manifest, services, createdAt, commit, author, frameworkPin, flagKeys, floor }: UploadBody,
  opened: Manifest,
): VersionRecord {
  let files = 0
  let bytes = 0
  for (const { size } of opened.entries()) {
    files++
    bytes += size
  }
  return {
    id,
    manifest,
    services,
    files,
    bytes,
    createdAt,
    ...(commit === undefined ? {} : { commit }),
    ...(author === undefined ? {} : { author }),
    ...(frameworkPin && { frameworkPin }),
    ...(flagKeys && { flagKeys }),
    ...(floor === undefined ? {} : { floor }),
  }
}

export async function finalise(asker: StoreAsker, version: string, manifest: string): Handled {
  const { ask, caller } = asker
  const begun = await ask(
    'changes',
    (control) => control.beginVerification(caller, version, manifest),
    (refused) => err(toRefusal(refused)),
  )
  if (!begun.ok) return begun
  const { upload, waitMs } = begun.value
  if (waitMs > 0) return ok(toProgress(upload, upload.verified, waitMs))
  if (upload.state === 'finalised') return verifyAgain(asker, upload)
  return upload.verified >= upload.files ? finish(asker, upload) : verify(asker, upload)
}

/**
 * The blobs of a stored manifest that are not stored as it says, of one slice of all hashes. For a finalised
 * version, other versions prove nothing: it may be published again because they lose the same blobs.
 */
export async function findAbsent(
  asker: StoreAsker,
  { manifest: hash, state }: Pick<Upload, 'manifest' | 'state'>,
  chooseSlice: (slices: number) => number,
): Promise<
  Result<
    { readonly absent: readonly Absent[]; readonly slice: number; readonly slices: number },
    Failure
  >
> {
  const store = await asker.openStore()
  if (!store.ok) return store
  const manifest = await loadManifest(store.value, hash)
  if (!manifest.ok) return manifest
  const known = state === 'finalised' ? ok([]) : await loadKnown(asker, manifest.value)
  if (!known.ok) return known
  const slices = countSlices(manifest.value)
  const slice = chooseSlice(slices)
  const absent = await lookForBlobs(store.value, manifest.value, known.value, { slice, slices })
  if (absent === 'unavailable') return err({ kind: 'store_unavailable' })
  const damaged = await findDamaged(asker, store.value, manifest.value, { slice, slices })
  if (!damaged.ok) return damaged
  const told = new Set(absent.map(({ blob }) => blob))
  const all = [...absent, ...damaged.value.filter(({ blob }) => !told.has(blob))]
  return ok({ absent: all, slice, slices })
}

/** Examines the blobs of a manifest that an earlier check has found lost or damaged. */
async function findDamaged(
  { ask, caller }: StoreAsker,
  store: ContentStore,
  manifest: Manifest,
  { slice, slices }: { readonly slice: number; readonly slices: number },
): Promise<Result<readonly Absent[], Failure>> {
  const known = await ask('none', (control) => control.lostFiles(caller))
  if (!known.ok) return known
  const suspects = known.value.filter(
    ({ kind, sha256 }) => kind === 'blob' && isInSlice(sha256, slice, slices),
  )
  if (suspects.length === 0) return ok([])
  const sizes = new Map<string, number>()
  for (const entry of manifest.entries()) {
    for (const { blob, size } of [entry, ...entry.encodings]) sizes.set(blob, size)
  }
  const concerned = suspects.filter(({ sha256 }) => sizes.has(sha256))
  const looked = await examineAll(store, concerned)
  if (looked === 'unavailable') return err({ kind: 'store_unavailable' })
  if (looked.whole.length > 0) {
    const whole = looked.whole.map(({ kind, sha256 }) => ({ kind, sha256 }))
    const noted = await ask('none', (control) => control.recordFiles(caller, { lost: [], whole }))
    if (!noted.ok) return noted
  }
  return ok(
    looked.lost.map(({ sha256, problem }) => {
      const size = sizes.get(sha256) ?? 0
      // R2's list may still have one that cannot be read: it is replaced in any case.
      return { blob: sha256, size, stored: size, problem }
    }),
  )
}

/** A finalised version: only what is known to be lost or damaged is looked at, and whether it is whole now. */
async function verifyAgain(asker: StoreAsker, upload: Upload): Handled {
  const { ask, caller, openStore } = asker
  const known = await ask('none', (control) => control.lostFiles(caller))
  if (!known.ok) return known
  const lost = known.value.filter(({ versions }) => versions.includes(upload.version))
  if (lost.length === 0) return finish(asker, upload)
  const store = await openStore()
  if (!store.ok) return store
  const looked = await examineAll(store.value, lost)
  if (looked === 'unavailable') return err({ kind: 'store_unavailable' })
  const whole = looked.whole.map(({ kind, sha256 }) => ({ kind, sha256 }))
  const noted = await ask('none', (control) => control.recordFiles(caller, { lost: [], whole }))
  if (!noted.ok) return noted
  const blobs = looked.lost.flatMap(({ kind, sha256, size = 0, problem }) =>
    kind === 'blob' ? [{ sha256, size, problem, damaged: true }] : [],
  )
  if (blobs.length === 0) return finish(asker, upload)
  return err({ kind: 'blobs_missing', blobs: blobs.slice(0, MAX_LISTED_PROBLEMS) })
}

async function verify(asker: StoreAsker, upload: Upload): Handled {
  const { ask, caller } = asker
  const found = await findAbsent(asker, upload, (slices) =>
    toSlice(upload.verified, slices, upload.files),
  )
  if (!found.ok) return found
  const { absent, slice, slices } = found.value
  if (absent.length > 0) {
    return err({
      kind: 'blobs_missing',
      blobs: absent.slice(0, MAX_LISTED_PROBLEMS).map(toAbsentBlob),
    })
  }
  const verified = toVerified(slice + 1, slices, upload.files)
  const noted = await ask('changes', (control) =>
    control.recordVerified(caller, upload, upload.verified, verified),
  )
  if (!noted.ok) return noted
  return verified < upload.files ? ok(toProgress(upload, verified, 0)) : finish(asker, upload)
}

async function finish({ ask, caller }: StoreAsker, upload: Upload): Handled {
  const finished = await ask(
    'changes',
    (control) => control.finishUpload(caller, upload),
    // Another request has changed the progress in the meantime, so this step was not recorded.
    (refused) => (refused.kind === 'unverified' ? ok(refused) : err(toRefusal(refused))),
  )
  if (!finished.ok) return finished
  if ('kind' in finished.value) return ok(toProgress(upload, upload.verified, 0))
  return ok({ body: { state: 'finalised', ...finished.value } })
}

function toProgress({ files }: Upload, verified: number, waitMs: number) {
  return { body: { state: 'verifying', verified, files, waitMs }, isUnfinished: true }
}

function toRefusal(error: Exclude<FinishFailure, DeniedResult | { kind: 'unverified' }>): Failure {
  switch (error.kind) {
    case 'none':
      return { kind: 'not_found' }
    case 'replaced':
      return { kind: 'upload_replaced' }
    case 'unavailable':
      return { kind: 'store_unavailable' }
    case 'newer':
      return { kind: 'newer_schema' }
    case 'taken':
      return toDiffering([`the record of this id has the manifest ${error.manifest}`])
    case 'invalid':
    case 'frozen':
    case 'below_floor':
      return toFailure(error)
  }
}

type Substance = Pick<VersionRecord, 'manifest' | 'services'>

/**
 * Checks that `wanted` has the content that is already published under its id. Encodings may differ, and
 * so may whether names count as hashed: that depends on which versions existed at the time.
 */
async function checkSame(
  store: ContentStore,
  published: Substance,
  wanted: Substance,
): Promise<Result<undefined, Failure>> {
  if (isSameSubstance(published, wanted)) return ok(undefined)
  const was = await loadManifest(store, published.manifest)
  if (!was.ok) return was
  const is = await loadManifest(store, wanted.manifest)
  if (!is.ok) return is
  const files = toWanted(is.value)
  const { config } = is.value
  const differences = listDifferences(
    { record: published, manifest: was.value },
    { files, config, services: wanted.services },
  )
  return differences.length === 0 ? ok(undefined) : err(toDiffering(differences))
}

function toDiffering(differences: readonly string[]): Failure {
  const shown = differences.slice(0, MAX_LISTED_PROBLEMS)
  const more = differences.length - shown.length
  return { kind: 'version_differs', differences: shown, more }
}

function* toWanted(manifest: Manifest): Generator<WantedFile> {
  for (const entry of manifest.entries()) yield { ...entry, hashedByName: true }
}
