// The beginning of an upload: what the version will be, and whether its id is free for that.

import type { Upload } from '../../control/releases/contract.ts'
import { err, ok, type Result } from '../../core/result.ts'
import type { Manifest } from '../../core/site/manifest.ts'
import type { VersionRecord } from '../../document/version-record.ts'
import type { UploadBody } from '../../wire/uploads.ts'
import type { Failure } from '../http/problems.ts'
import type { StoreAsker } from '../http/route.ts'
import type { ContentStore } from './content-store.ts'
import { checkSame, loadManifest, toDiffering } from './stored-manifests.ts'

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
  const record = toRecord(version, wanted, manifest.value)
  if (recorded === 'missing') return open(asker, store, record, false)
  const same = await checkSame(store, recorded, record)
  // What was recorded stays as it is, whatever encodings this publisher has made.
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
  return err(toDiffering(['somebody else has just published this id']))
}

/** Manifests of versions that were finalised: what these have, the store has. */
export async function loadKnown({
  ask,
  caller,
  openStore,
}: StoreAsker): Promise<Result<readonly Manifest[], Failure>> {
  const hashes = await ask('none', (control) => control.finalisedManifests(caller))
  if (!hashes.ok) return hashes
  const store = await openStore()
  if (!store.ok) return store
  const known: Manifest[] = []
  for (const hash of hashes.value) {
    const manifest = await loadManifest(store.value, hash)
    if (manifest.ok) known.push(manifest.value)
  }
  return ok(known)
}

function toRecord(
  id: string,
  { manifest, services, createdAt, commit, author }: UploadBody,
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
  }
}
