// Uploads blobs from their files, several at once. Small blobs travel together in packs; larger ones travel alone,
// without loading a whole file into memory. A very large blob is uploaded in parts; parts that are already
// stored are not uploaded again.

import { openAsBlob } from 'node:fs'
import { mapConcurrently } from '../core/concurrently.ts'
import { MAX_PACK_BLOBS, MAX_PACK_BYTES, toPackIndex } from '../wire/packs.ts'
import { MAX_PARTS, type MissingBlob } from '../wire/uploads.ts'
import { hashFile } from './content-hash.ts'
import { PublishError } from './messages.ts'
import { type Count, type ReportProgress, startCount } from './progress.ts'
import { readWholeFile } from './regular-file.ts'
import type { UploadTarget } from './upload-target.ts'
import { FILES_AT_ONCE } from './walk.ts'

/** Most of the time is spent waiting for replies. */
const UPLOADS_AT_ONCE = 16

/** Cloudflare accepts request bodies up to 100 MB; the API accepts 95 MiB. */
export const MAX_WHOLE_BYTES = 95 * 2 ** 20
/** The size of a part: at most this much has to be sent again after a broken connection. */
const PART_BYTES = 32 * 2 ** 20

/** The rest of a pack is for its index. */
const MAX_CONTENT_BYTES = MAX_PACK_BYTES - 64 * 1024
/** Larger blobs travel alone: sending their bytes takes longer than the rest of a request. */
const MAX_PACKED_BYTES = 128 * 1024
/** Each needs as much memory as a pack has bytes. */
const PACKS_AT_ONCE = 4

/** @throws PublishError when no file has a blob, a blob is too large, or a file has changed. */
export async function uploadBlobs(
  target: UploadTarget,
  missing: readonly MissingBlob[],
  files: ReadonlyMap<string, string>,
  report: ReportProgress,
  signal: AbortSignal,
): Promise<void> {
  const count = startCount('uploading', missing, report)
  const sender: Sender = { target, files, count, signal }
  const isSmall = ({ size }: MissingBlob) => size <= MAX_PACKED_BYTES
  const small = missing.filter(isSmall)
  // What is damaged is replaced, and all blobs of a pack are treated alike.
  const packs = [
    ...toPacks(small.filter(({ damaged }) => damaged)),
    ...toPacks(small.filter(({ damaged }) => !damaged)),
  ]
  const alone = missing.filter((blob) => !isSmall(blob))
  let takesPacks = true
  await mapConcurrently(packs, PACKS_AT_ONCE, async (blobs) => {
    signal.throwIfAborted()
    if (takesPacks) takesPacks = (await sendPack(sender, blobs)) === 'stored'
    if (!takesPacks) await mapConcurrently(blobs, PACKS_AT_ONCE, (blob) => sendBlob(sender, blob))
  })
  // The largest first, so that no large one is left alone at the end.
  const work = alone.toSorted((a, b) => b.size - a.size)
  await mapConcurrently(work, UPLOADS_AT_ONCE, (blob) => sendBlob(sender, blob))
}

type Sender = {
  readonly target: UploadTarget
  readonly files: ReadonlyMap<string, string>
  readonly count: Count
  readonly signal: AbortSignal
}

/** Lists of blobs that fit into one pack each. */
function toPacks(blobs: readonly MissingBlob[]): MissingBlob[][] {
  const packs: MissingBlob[][] = []
  let bytes = 0
  for (const blob of blobs) {
    const last = packs.at(-1)
    bytes += blob.size
    if (last && last.length < MAX_PACK_BLOBS && bytes <= MAX_CONTENT_BYTES) last.push(blob)
    else {
      packs.push([blob])
      bytes = blob.size
    }
  }
  return packs
}

async function sendPack(
  { target, files, count, signal }: Sender,
  blobs: readonly MissingBlob[],
): Promise<'stored' | 'unknown'> {
  const named = blobs.map(({ sha256 }) => [sha256, toFile(files, sha256)] as const)
  try {
    const replace = blobs.some(({ damaged }) => damaged)
    const sent = await target.putPack(await makePack(files, blobs), replace)
    if (sent === 'stored') for (const { size } of blobs) count(size)
    return sent
  } catch (cause) {
    signal.throwIfAborted()
    await refuseChanged(named, cause)
    throw cause
  }
}

/** Reads the files into the place that each has in the pack, so that only one copy is in memory. */
async function makePack(
  files: ReadonlyMap<string, string>,
  blobs: readonly MissingBlob[],
): Promise<Uint8Array> {
  const index = toPackIndex(blobs)
  const pack = new Uint8Array(blobs.reduce((sum, { size }) => sum + size, index.length))
  pack.set(index)
  let end = index.length
  const places = blobs.map(({ sha256, size }) => {
    end += size
    return { file: toFile(files, sha256), at: end - size, size }
  })
  await mapConcurrently(places, FILES_AT_ONCE, async ({ file, at, size }) => {
    const bytes = await readWholeFile(file)
    if (bytes.length !== size) throw toChanged(file)
    pack.set(bytes, at)
  })
  return pack
}

function toChanged(file: string, cause?: unknown): PublishError {
  return new PublishError(`${file} changed while it was being published: try again`, { cause })
}

async function sendBlob(
  { target, files, count, signal }: Sender,
  blob: MissingBlob,
): Promise<void> {
  const { sha256, size, damaged = false } = blob
  signal.throwIfAborted()
  const file = toFile(files, sha256)
  try {
    if (size <= MAX_WHOLE_BYTES) {
      await target.putBlob(sha256, await openAsBlob(file), damaged)
      count(size)
    } else {
      count(size, await uploadParts(target, blob, file, signal, count.part))
    }
  } catch (cause) {
    signal.throwIfAborted()
    await refuseChanged([[sha256, file]], cause)
    throw cause
  }
}

function toFile(files: ReadonlyMap<string, string>, sha256: string): string {
  const file = files.get(sha256)
  if (file !== undefined) return file
  throw new PublishError(
    `the blob ${sha256} is missing in the store, and this folder does not give it: publish with the Node and the holo that have compressed it`,
  )
}

/**
 * If a file has changed, the API refuses its hash. This message is more helpful.
 *
 * @throws PublishError when one of the files is no longer the blob.
 */
async function refuseChanged(
  named: readonly (readonly [sha256: string, file: string])[],
  cause: unknown,
): Promise<void> {
  for (const [sha256, file] of named) {
    const found = await hashFile(file).catch(() => undefined)
    if (found?.blob !== sha256) throw toChanged(file, cause)
  }
}

/** @returns how many bytes were reported with `countPart`. */
async function uploadParts(
  target: UploadTarget,
  { sha256, size, damaged = false }: MissingBlob,
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
  if (stored && !damaged) return 0
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
  await target.complete(sha256, count, damaged)
  return counted
}
