// A pack: several small blobs in one body of a request. Its first line is JSON, a list of the blobs with their
// hashes and sizes; after the line feed their bytes follow, in the same order and without anything between them.

import * as z from 'zod'
import { err, ok, type Result } from '../core/result.ts'
import { sha256 } from './parts.ts'

/** An isolate of 128 MB holds several of them. */
export const MAX_PACK_BYTES = 4 * 2 ** 20

/** Each blob is one call of R2, and a request of the free plan may make a thousand. */
export const MAX_PACK_BLOBS = 250

/** More than the index of a full pack has. */
const MAX_INDEX_BYTES = 64 * 1024

const LINE_FEED = 10

const packIndex = z
  .array(z.strictObject({ sha256, size: z.int().min(0) }))
  .min(1)
  .max(MAX_PACK_BLOBS)

export const packReply = z.strictObject({
  created: z.int().describe('How many blobs this request has stored'),
  existing: z.int().describe('How many were stored before'),
})

export type PackedBlob = { readonly sha256: string; readonly bytes: Uint8Array<ArrayBuffer> }

/** The bytes of the index of a pack, with its line feed. */
export function toPackIndex(
  blobs: readonly { readonly sha256: string; readonly size: number }[],
): Uint8Array {
  const index = blobs.map(({ sha256, size }) => ({ sha256, size }))
  return new TextEncoder().encode(`${JSON.stringify(index)}\n`)
}

/** The blobs of a pack, whose hashes are not checked here; or what is wrong with it. */
export function readPack(pack: Uint8Array<ArrayBuffer>): Result<readonly PackedBlob[], string> {
  const end = pack.subarray(0, MAX_INDEX_BYTES).indexOf(LINE_FEED)
  if (end < 0)
    return err(`it must begin with one line of JSON, of at most ${MAX_INDEX_BYTES} bytes`)
  const index = packIndex.safeParse(parseLine(pack.subarray(0, end)), { jitless: true })
  if (!index.success) {
    const [issue] = index.error.issues
    const where = issue?.path.length ? ` at ${issue.path.join('.')}` : ''
    return err(
      `its first line must list 1 to ${MAX_PACK_BLOBS} blobs as {"sha256", "size"}: ${issue?.message}${where}`,
    )
  }
  const listed = index.data.reduce((sum, { size }) => sum + size, 0)
  const sent = pack.length - end - 1
  if (listed !== sent) return err(`its first line lists ${listed} bytes, and ${sent} follow`)
  let at = end + 1
  return ok(
    index.data.map(({ sha256, size }) => {
      const bytes = pack.subarray(at, at + size)
      at += size
      return { sha256, bytes }
    }),
  )
}

function parseLine(line: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(line))
  } catch {
    return undefined
  }
}
