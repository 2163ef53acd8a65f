// SHA-256 hashes, which are the names of contents: of bytes in memory, and of files that may be larger than
// the memory.

import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { openAgain } from './regular-file.ts'

/** Large enough that a file is read in few calls. Content checks look at the first piece. */
const PIECE_BYTES = 1024 * 1024

/** 64 lower-case hex digits. */
export function toSha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export type HashedFile = {
  /** SHA-256, 64 lower-case hex digits. */
  readonly blob: string
  /** The number of bytes that were read. */
  readonly size: number
  /** Its first megabyte, or all of it. */
  readonly head: Uint8Array
}

export async function hashFile(file: string): Promise<HashedFile> {
  const handle = await openAgain(file)
  const first = await readFirst(handle)
  if (first !== undefined) return { blob: toSha256(first), size: first.length, head: first }
  const hash = createHash('sha256')
  let size = 0
  let head: Uint8Array = new Uint8Array()
  // The stream closes the file.
  for await (const piece of handle.createReadStream({ highWaterMark: PIECE_BYTES, start: 0 })) {
    hash.update(piece)
    if (size === 0) head = piece
    size += piece.length
  }
  return { blob: hash.digest('hex'), size, head }
}

/** All bytes of a file that fits into one piece, which is then closed; a stream takes five times as long. */
async function readFirst(handle: FileHandle): Promise<Uint8Array | undefined> {
  try {
    const { size } = await handle.stat()
    if (size >= PIECE_BYTES) return undefined
    const buffer = Buffer.allocUnsafe(size)
    const { bytesRead } = await handle.read(buffer, 0, size, 0)
    if (bytesRead !== size) return undefined
    await handle.close()
    return buffer
  } catch (cause) {
    await handle.close()
    throw cause
  }
}
