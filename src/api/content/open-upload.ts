// The beginning of an upload: what the version will be, and whether its id is free for that.

import type { Upload } from '../../control/releases/contract.ts'
import { err, ok, type Result } from '../../core/result.ts'
import type { Manifest } from '../../core/site/manifest.ts'
import type { VersionRecord } from '../../document/version-record.ts'
import type { UploadBody } from '../../wire/uploads.ts'
import { type Failure, toFailure } from '../http/problems.ts'
import type { Call } from '../http/route.ts'
import { checkSame, loadManifest, toDiffering } from './stored-manifests.ts'

type Asking = Pick<Call<unknown, unknown, unknown>, 'ask' | 'caller' | 'store'>

export async function openUpload(
  asking: Asking,
  version: string,
  wanted: UploadBody,
): Promise<Result<Upload, Failure>> {
  const { store } = asking
  const manifest = await loadManifest(store, wanted.manifest)
  if (!manifest.ok) return manifest
  const recorded = await store.readRecord(version)
  if (recorded === 'unavailable') return err({ kind: 'store_unavailable' })
  const record = toRecord(version, wanted, manifest.value)
  if (recorded === 'missing') return ask(asking, record, false)
  const same = await checkSame(store, recorded, record)
  // What was recorded stays as it is, whatever encodings this publisher has made.
  return same.ok ? ask(asking, recorded, true) : same
}

async function ask(
  { ask, caller, store }: Asking,
  record: VersionRecord,
  isRecorded: boolean,
): Promise<Result<Upload, Failure>> {
  const open = (as: VersionRecord) =>
    ask('changes', (control) => control.openUpload(caller, as, isRecorded))
  const answer = await open(record)
  if (!answer.ok) return answer
  if (!answer.value.ok) return err(toFailure(answer.value.error))
  const opened = answer.value.value
  if (!('kind' in opened)) return ok(opened)
  const same = await checkSame(store, opened, record)
  if (!same.ok) return same
  const { manifest, services } = opened
  const again = await open({ ...record, manifest, services })
  if (!again.ok) return again
  if (!again.value.ok) return err(toFailure(again.value.error))
  const reopened = again.value.value
  if (!('kind' in reopened)) return ok(reopened)
  return err(toDiffering(['somebody else has just published this id']))
}

/** Manifests of versions that were finalised: what these have, the store has. */
export async function loadKnown({
  ask,
  caller,
  store,
}: Asking): Promise<Result<readonly Manifest[], Failure>> {
  const answer = await ask('none', (control) => control.finalisedManifests(caller))
  if (!answer.ok) return answer
  if (!answer.value.ok) return err(toFailure(answer.value.error))
  const known: Manifest[] = []
  for (const hash of answer.value.value) {
    const manifest = await loadManifest(store, hash)
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
    ...{ id, manifest, services, files, bytes, createdAt },
    ...(commit === undefined ? {} : { commit }),
    ...(author === undefined ? {} : { author }),
  }
}
