// Uploads blobs from their files, several at once, without loading a whole file into memory. A large blob is
// uploaded in parts; parts that are already stored are not uploaded again.

import { openAsBlob } from 'node:fs'
import { mapConcurrently } from '../core/concurrently.ts'
import { MAX_PARTS, type MissingBlob } from '../wire/uploads.ts'
import { hashFile } from './content-hash.ts'
import { PublishError } from './messages.ts'
import { type ReportProgress, startCount } from './progress.ts'
import type { UploadTarget } from './upload-target.ts'

/** Most blobs are small, so most of the time is spent waiting for replies. */
const UPLOADS_AT_ONCE = 16

/** Cloudflare accepts request bodies up to 100 MB; the API accepts 95 MiB. */
export const MAX_WHOLE_BYTES = 95 * 2 ** 20
/** The size of a part: at most this much has to be sent again after a broken connection. */
const PART_BYTES = 32 * 2 ** 20

/** @throws PublishError when no file has a blob, a blob is too large, or a file has changed. */
export async function uploadBlobs(
  target: UploadTarget,
  missing: readonly MissingBlob[],
  files: ReadonlyMap<string, string>,
  report: ReportProgress,
  signal: AbortSignal,
): Promise<void> {
  // The largest first, so that no large one is left alone at the end.
  const work = missing.toSorted((a, b) => b.size - a.size)
  const count = startCount('uploading', work, report)
  await mapConcurrently(work, UPLOADS_AT_ONCE, async ({ sha256, size }) => {
    signal.throwIfAborted()
    const file = files.get(sha256)
    if (file === undefined) {
      throw new PublishError(
        `the blob ${sha256} is missing in the store, and this folder does not have it: publish again`,
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
      // If the file has changed, the API refuses its hash. This message is more helpful.
      const found = await hashFile(file).catch(() => undefined)
      if (found?.blob === sha256) throw cause
      throw new PublishError(`${file} changed while it was being published: try again`, { cause })
    }
  })
}

/** @returns how many bytes were reported with `countPart`. */
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
