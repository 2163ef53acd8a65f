// Bodies of a known length: a whole one that is broken off where it is not as long as it should be,
// and a piece cut out of one.

import { discardBody } from './deadline.ts'
import type { ByteRange } from './ranges.ts'

/** What a reply can carry. */
export type Body = ArrayBuffer | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>

/** `body`, but an error for its reader where it ends early or goes on for too long. */
export function streamExactly(body: ReadableStream<Uint8Array>, size: number): Body {
  const { readable, writable } = new FixedLengthStream(size)
  // What goes wrong is told to the reader; one that has left needs no word of it.
  body
    .pipeTo(writable)
    .catch((cause) => writable.abort(cause))
    .catch(() => undefined)
  return readable
}

/** The bytes of `range` out of a body that begins with byte 0. */
export function sliceBody(body: Body, range: ByteRange): Body {
  if (body instanceof ArrayBuffer) return new Uint8Array(body, range.offset, range.length)
  if (body instanceof Uint8Array) return body.subarray(range.offset, range.offset + range.length)
  const { readable, writable } = new FixedLengthStream(range.length)
  copySlice(body, writable, range)
    .catch((cause) => writable.abort(cause))
    .catch(() => undefined)
  return readable
}

async function copySlice(
  body: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
  { offset, length }: ByteRange,
): Promise<void> {
  const reader = body.getReader()
  const writer = writable.getWriter()
  let skip = offset
  let left = length
  try {
    while (left > 0) {
      const { done, value } = await reader.read()
      if (done) throw new Error(`a body ended ${left} bytes early`)
      const piece = value.subarray(skip, skip + left)
      skip -= Math.min(skip, value.length)
      left -= piece.length
      if (piece.length > 0) await writer.write(piece)
    }
    await writer.close()
  } finally {
    writer.releaseLock()
    reader.releaseLock()
    // What comes after the piece is not wanted; nobody waits until that is understood.
    void discardBody(body)
  }
}
