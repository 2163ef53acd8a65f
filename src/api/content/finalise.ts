// One step on the way of an upload into the document. Whoever is interrupted anywhere asks again and
// goes on where the control has written down that it was.

import type { NotFinished, Upload } from '../../control/releases/contract.ts'
import { err, ok } from '../../core/result.ts'
import { MAX_LISTED_PROBLEMS } from '../http/limits.ts'
import { type Failure, toFailure } from '../http/problems.ts'
import type { Call, Handled } from '../http/route.ts'
import { countSlices, lookForBlobs, toAbsentBlob, toSlice, toVerified } from './look-for-blobs.ts'
import { loadKnown } from './open-upload.ts'
import { loadManifest, toDiffering } from './stored-manifests.ts'

type Asking = Pick<Call<unknown, unknown, unknown>, 'ask' | 'caller' | 'store'>

export async function finalise(asking: Asking, version: string, manifest: string): Handled {
  const { ask, caller } = asking
  const begun = await ask('changes', (control) =>
    control.beginVerification(caller, version, manifest),
  )
  if (!begun.ok) return begun
  if (!begun.value.ok) return err(toRefusal(begun.value.error))
  const { upload, waitMs } = begun.value.value
  if (waitMs > 0) return ok(toProgress(upload, upload.verified, waitMs))
  const isVerified = upload.state === 'finalised' || upload.verified >= upload.files
  return isVerified ? finish(asking, upload) : verify(asking, upload)
}

async function verify(asking: Asking, upload: Upload): Handled {
  const { ask, caller, store } = asking
  const manifest = await loadManifest(store, upload.manifest)
  if (!manifest.ok) return manifest
  const known = await loadKnown(asking)
  if (!known.ok) return known
  const slices = countSlices(manifest.value)
  const slice = toSlice(upload.verified, slices, upload.files)
  const absent = await lookForBlobs(store, manifest.value, known.value, { slice, slices })
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
  if (!noted.value.ok) return err(toFailure(noted.value.error))
  return verified < upload.files ? ok(toProgress(upload, verified, 0)) : finish(asking, upload)
}

async function finish({ ask, caller }: Asking, upload: Upload): Handled {
  const answer = await ask('changes', (control) => control.finishUpload(caller, upload))
  if (!answer.ok) return answer
  if (answer.value.ok) return ok({ body: { state: 'finalised', ...answer.value.value } })
  const { error } = answer.value
  // Somebody else's step was faster, and this one's did not count.
  if (error.kind === 'unverified') return ok(toProgress(upload, upload.verified, 0))
  return err(toRefusal(error))
}

function toProgress({ files }: Upload, verified: number, waitMs: number) {
  return { body: { state: 'verifying', verified, files, waitMs }, isUnfinished: true }
}

function toRefusal(error: Exclude<NotFinished, { kind: 'unverified' }>): Failure {
  switch (error.kind) {
    case 'none':
      return { kind: 'not_found' }
    case 'replaced':
      return { kind: 'upload_replaced' }
    case 'unavailable':
      return { kind: 'store_unavailable' }
    case 'taken':
      return toDiffering([`a record of the id names the manifest ${error.manifest}`])
    case 'denied':
    case 'invalid':
      return toFailure(error)
  }
}
