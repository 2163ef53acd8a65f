// Passes a request's body on as it arrives, and tells whose turn it is and how far it is: a client
// that sends slowly is no reason to give up on the backend, a backend that takes nothing is.

import type { Patience } from './patience.ts'

/**
 * What is read at once, if it is there; each upload has as much in memory. The platform's own chunks
 * of 4 KiB take four times as long as 64 KiB (200 MB: 8.7 s, not 2.0 s), and those a tenth longer.
 */
const CHUNK_BYTES = 262_144
/** What a backend has to take within one wait. */
const PIECE_BYTES = 65_536

/**
 * A stream that carries `body`, at most one chunk ahead of the backend. `patience` runs while the
 * backend has a piece to take, and from the end of the body on. `contentLength` is the header of
 * that name: an announced length is announced to the backend too, else the body goes in chunks.
 * A body that turns out longer than `maxBytes` ends the exchange.
 */
export function passUpload(
  body: ReadableStream<Uint8Array>,
  contentLength: string | null,
  maxBytes: number,
  patience: Patience,
): ReadableStream<Uint8Array> {
  const { readable, writable } =
    contentLength === null
      ? new IdentityTransformStream()
      : new FixedLengthStream(Number(contentLength))
  const writer = writable.getWriter()
  pump(body, writer, maxBytes, patience).catch(async (cause) => {
    // A client that left ends the exchange; a backend that did is reported by its fetch, or has
    // answered and wants no more. The stream may be closed already, which is all that is wanted.
    await Promise.allSettled([writer.abort(cause)])
  })
  return readable
}

async function pump(
  body: ReadableStream<Uint8Array>,
  writer: WritableStreamDefaultWriter<Uint8Array>,
  maxBytes: number,
  patience: Patience,
): Promise<void> {
  const reader = body.getReader({ mode: 'byob' })
  let buffer = new ArrayBuffer(CHUNK_BYTES)
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(buffer)).catch((cause) => {
      // The client has left, or its chunks are none.
      patience.giveUp('bad_body')
      throw cause
    })
    if (done) break
    bytes += value.length
    if (bytes > maxBytes) {
      patience.giveUp('body_too_large')
      throw new Error(`the body is longer than ${maxBytes} bytes`)
    }
    for (let at = 0; at < value.length; at += PIECE_BYTES) {
      patience.wait()
      await writer.write(value.subarray(at, at + PIECE_BYTES))
      patience.take('some')
      patience.pause()
    }
    // The backend has taken what was in it.
    buffer = value.buffer
  }
  patience.take('all')
  patience.wait()
  await writer.close()
}
