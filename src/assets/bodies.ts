// Waits for an answer or a whole body with a timeout. Also makes bodies of a known length: one that
// fails if its length is wrong, and one that is a range of another body. Waiting returns errors as
// values: it never throws, and leaves no promise behind that could reject unhandled.

import { err, ok, type Result } from '../core/result.ts'
import type { ByteRange } from './ranges.ts'

/**
 * Returns the result of `work`, or why there is none within `ms`. A value that comes too late is passed
 * to `discard`, which can release its resources.
 */
export async function settleWithin<T>(
  ms: number,
  work: () => Promise<T>,
  discard?: (late: T) => unknown,
): Promise<Result<T, unknown>> {
  let expired = false
  const { promise, resolve } = Promise.withResolvers<Result<T, unknown>>()
  const timer = setTimeout(() => {
    expired = true
    resolve(err(new Error(`no answer within ${ms} ms`)))
  }, ms)
  const settled = (async () => work())().then(
    async (value) => {
      resolve(ok(value))
      if (expired) await discard?.(value)
    },
    (cause) => resolve(err(cause)),
  )
  settled.catch((cause) => console.warn('a late answer could not be let go', cause))
  const result = await promise
  clearTimeout(timer)
  return result
}

/** The whole of a body, or why it cannot be had: too late, broken off, or not of `size` bytes. */
export async function readWhole(
  body: ReadableStream,
  size: number,
  timeoutMs: number,
): Promise<Result<ArrayBuffer, unknown>> {
  const read = await settleWithin(timeoutMs, () => new Response(body).arrayBuffer())
  if (!read.ok || read.value.byteLength === size) return read
  return err(new Error(`${read.value.byteLength} bytes where there should be ${size}`))
}

/** Cancels a body that nobody reads. Never rejects. */
export async function discardBody(body: ReadableStream | null): Promise<void> {
  try {
    await body?.cancel()
  } catch (cause) {
    console.warn('a body could not be let go', cause)
  }
}

/** What a reply can carry. */
export type Body = ArrayBuffer | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>

/** `body`, with an error for its reader if it ends early or is too long. */
export function streamExactly(body: ReadableStream<Uint8Array>, size: number): Body {
  const { readable, writable } = new FixedLengthStream(size)
  // The reader gets the error; a reader that has left does not need it.
  body
    .pipeTo(writable)
    .catch((cause) => writable.abort(cause))
    .catch(() => undefined)
  return readable
}

/** The bytes of `range` from a body that begins with byte 0. */
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
    // The rest is not needed, and nobody waits until it is cancelled.
    void discardBody(body)
  }
}
