// The hash of a file's content, read in pieces: a large one does not have to fit into memory.

import { createHash } from 'node:crypto'
import { openAgain } from './regular-file.ts'

/** Memory is cheap and reading in few calls is quicker. */
const PIECE_BYTES = 1024 * 1024

/** SHA-256, 64 lower-case hex digits, and the size in bytes as it was read. */
export async function hashFile(
  file: string,
): Promise<{ readonly blob: string; readonly size: number }> {
  const hash = createHash('sha256')
  let size = 0
  const handle = await openAgain(file)
  // The stream closes the file.
  for await (const piece of handle.createReadStream({ highWaterMark: PIECE_BYTES })) {
    hash.update(piece)
    size += piece.length
  }
  return { blob: hash.digest('hex'), size }
}
