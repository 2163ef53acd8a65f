// Passes the body of a request on to a backend. A large body with an announced length passes from one stream
// of the platform to the other; all others pass through this code, which counts them.

import type { Patience } from './patience.ts'

/**
 * Whether a request of this method may carry a body of any form. Only a copy of a Request may carry
 * the body of a GET, which some search APIs need, and only with an announced length.
 */
export function carriesUpload(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

/**
 * How much is read at once, if it has arrived; every upload needs as much memory. The platform's
 * own chunks of 4 KiB take four times as long as 64 KiB (200 MB: 8.7 s, not 2.0 s), and those a
 * tenth longer.
 */
const CHUNK_BYTES = 262_144
/** What a backend has to accept within one wait. */
const PIECE_BYTES = 65_536
/** Longer bodies are left to the platform. Shorter ones are cheap, and here each piece is watched. */
const WATCHED_BYTES = 2 ** 20

type UploadOptions = {
  /** The header `Content-Length`; `null` if the length is unknown. */
  readonly length: string | null
  /** A longer body ends the exchange. One that announces it has been refused before. */
  readonly maxBytes: number
  readonly patience: Patience
  /** Whether other requests, or the control, found the backend down. */
  readonly isTroubled: () => boolean
}

/**
 * A stream that carries `body`. `patience` runs while the backend has bytes to accept, and after
 * the end of the body. If the length is known, it is announced to the backend too; otherwise the
 * body is sent in chunks.
 *
 * A client that sends slowly is no reason to give up on the backend; a backend that accepts nothing
 * is.
 */
export function passUpload(
  body: ReadableStream<Uint8Array>,
  options: UploadOptions,
): ReadableStream<Uint8Array> {
  const { length } = options
  const { readable, writable } =
    length === null ? new IdentityTransformStream() : new FixedLengthStream(Number(length))
  const passing =
    length === null || Number(length) <= WATCHED_BYTES
      ? passInPieces(body, writable, options)
      : passUnseen(body, writable, Number(length), options)
  // If the client left, the exchange has ended; if the backend did, its fetch reports it, or it has
  // answered and needs no more.
  passing.catch(() => {})
  return readable
}

/**
 * Passes a body of `length` bytes. The first ones pass through this code, which shows whether the
 * backend accepts any; the platform passes the rest by itself, at 0.6 of the cost, and reports only
 * the end.
 */
async function passUnseen(
  body: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
  length: number,
  { patience, isTroubled }: UploadOptions,
): Promise<void> {
  const first = await passFirst(body, writable, patience)
  patience.waitForBody(length - first, isTroubled)
  await body.pipeTo(writable)
  patience.take('all')
  patience.wait()
}

/** Passes what arrives first, at most one piece. @returns its length. */
async function passFirst(
  body: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
  patience: Patience,
): Promise<number> {
  const reader = body.getReader({ mode: 'byob' })
  const writer = writable.getWriter()
  try {
    const { value } = await read(reader, new ArrayBuffer(PIECE_BYTES), patience)
    if (value === undefined || value.length === 0) return 0
    const { length } = value
    await write(writer, value, patience)
    return length
  } catch (cause) {
    await Promise.allSettled([writer.abort(cause)])
    throw cause
  } finally {
    reader.releaseLock()
    writer.releaseLock()
  }
}

async function passInPieces(
  body: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
  { maxBytes, patience }: UploadOptions,
): Promise<void> {
  const writer = writable.getWriter()
  try {
    await pump(body, writer, maxBytes, patience)
  } catch (cause) {
    // The stream may be closed already, which is fine.
    await Promise.allSettled([writer.abort(cause)])
    throw cause
  }
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
    const { done, value } = await read(reader, buffer, patience)
    if (done) break
    bytes += value.length
    if (bytes > maxBytes) {
      patience.giveUp('body_too_large')
      throw new Error(`the body is longer than ${maxBytes} bytes`)
    }
    for (let at = 0; at < value.length; at += PIECE_BYTES) {
      await write(writer, value.subarray(at, at + PIECE_BYTES), patience)
    }
    // The backend has accepted its content, so that the buffer can be used again.
    buffer = value.buffer
  }
  patience.take('all')
  patience.wait()
  await writer.close()
}

/** Reads what has arrived into the buffer. */
function read(
  reader: ReadableStreamBYOBReader,
  buffer: ArrayBuffer,
  patience: Patience,
): Promise<ReadableStreamReadResult<Uint8Array<ArrayBuffer>>> {
  return reader.read(new Uint8Array(buffer)).catch((cause) => {
    // The client has left, or its chunks are malformed.
    patience.giveUp('bad_body')
    throw cause
  })
}

/** Waits until the backend has accepted a piece. */
async function write(
  writer: WritableStreamDefaultWriter<Uint8Array>,
  piece: Uint8Array,
  patience: Patience,
): Promise<void> {
  patience.wait()
  await writer.write(piece)
  patience.take('some')
  patience.pause()
}
