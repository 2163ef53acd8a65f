// Uploads blobs from their files, several at once, without reading a whole file into memory. A large
// blob is uploaded in parts, and parts that are stored already are left out.

import { openAsBlob } from 'node:fs'
import { mapConcurrently } from '../core/concurrently.ts'
import { MAX_PARTS, type MissingBlob } from '../wire/uploads.ts'
import { hashFile } from './content-hash.ts'
import { PublishError } from './messages.ts'
import { type ReportProgress, startCount } from './progress.ts'
import type { UploadTarget } from './upload-target.ts'

/** Most blobs are small, so that most of the time is spent waiting for replies. */
const UPLOADS_AT_ONCE = 16

/** A request body has at most 100 MB on Cloudflare; the API takes 95 MiB. */
export const MAX_WHOLE_BYTES = 95 * 2 ** 20
/** At most this much has to be sent again after a broken connection. */
const PART_BYTES = 32 * 2 ** 20

/** @throws PublishError for a blob that no file has, one that is too large, and a file that has changed. */
export async function uploadBlobs(
  target: UploadTarget,
  missing: readonly MissingBlob[],
  files: ReadonlyMap<string, string>,
  report: ReportProgress,
  signal: AbortSignal,
): Promise<void> {
  // The largest first, so that none of them is left alone at the end.
  const work = missing.toSorted((a, b) => b.size - a.size)
  const count = startCount('uploading', work, report)
  await mapConcurrently(work, UPLOADS_AT_ONCE, async ({ sha256, size }) => {
    signal.throwIfAborted()
    const file = files.get(sha256)
    if (file === undefined) {
      throw new PublishError(
        `the blob ${sha256} is gone from the store, and this folder does not have it`,
      )
    }
    try {
      if (size <= MAX_WHOLE_BYTES) {
        await target.putBlob(sha256, await openAsBlob(file))
        count(size)
      } else {
        count(size, await uploadParts(target, { sha256, size }, file, signal, count.part))
      }
    } catch (cause) {
      signal.throwIfAborted()
      // Content that has changed is refused because of its hash, which says nothing to a person.
      const found = await hashFile(file).catch(() => undefined)
      if (found?.blob === sha256) throw cause
      throw new PublishError(`${file} changed while it was being published: try again`, { cause })
    }
  })
}

/** @returns how many bytes `countPart` was told of. */
async function uploadParts(
  target: UploadTarget,
  { sha256, size }: MissingBlob,
  file: string,
  signal: AbortSignal,
  countPart: (bytes: number) => void,
): Promise<number> {
  const partBytes = Math.max(PART_BYTES, Math.ceil(size / MAX_PARTS))
  if (partBytes > MAX_WHOLE_BYTES) {
    throw new PublishError(
      `${file} is ${size} bytes: at most ${MAX_PARTS * MAX_WHOLE_BYTES} can be uploaded`,
    )
  }
  const { parts, stored } = await target.parts(sha256)
  if (stored) return 0
  let counted = 0
  const count = Math.ceil(size / partBytes)
  const whole = await openAsBlob(file)
  for (let part = 1; part <= count; part++) {
    signal.throwIfAborted()
    const from = (part - 1) * partBytes
    const length = Math.min(partBytes, size - from)
    if (parts.get(part) === length) continue
    await target.putPart(sha256, part, whole.slice(from, from + length))
    countPart(length)
    counted += length
  }
  await target.complete(sha256, count)
  return counted
}
