// One step of the verification of an upload, and its last one, which makes it a version. The control keeps
// how far it is, so that a client that was interrupted asks again and goes on from there.

import type { DeniedResult } from '../../control/contract.ts'
import type { FinishFailure, Upload } from '../../control/releases/contract.ts'
import { err, ok } from '../../core/result.ts'
import { MAX_LISTED_PROBLEMS } from '../http/limits.ts'
import { type Failure, toFailure } from '../http/problems.ts'
import type { Handled, StoreAsker } from '../http/route.ts'
import { countSlices, lookForBlobs, toAbsentBlob, toSlice, toVerified } from './look-for-blobs.ts'
import { loadKnown } from './open-upload.ts'
import { loadManifest, toDiffering } from './stored-manifests.ts'

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
  const isVerified = upload.state === 'finalised' || upload.verified >= upload.files
  return isVerified ? finish(asker, upload) : verify(asker, upload)
}

async function verify(asker: StoreAsker, upload: Upload): Handled {
  const { ask, caller, openStore } = asker
  const store = await openStore()
  if (!store.ok) return store
  const manifest = await loadManifest(store.value, upload.manifest)
  if (!manifest.ok) return manifest
  const known = await loadKnown(asker)
  if (!known.ok) return known
  const slices = countSlices(manifest.value)
  const slice = toSlice(upload.verified, slices, upload.files)
  const absent = await lookForBlobs(store.value, manifest.value, known.value, { slice, slices })
  if (absent === 'unavailable') return err({ kind: 'store_unavailable' })
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
    // Another step has gone further in between, so that this one did not count.
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
    case 'taken':
      return toDiffering([`a record of the id names the manifest ${error.manifest}`])
    case 'invalid':
      return toFailure(error)
  }
}
