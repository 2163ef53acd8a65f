// Loads the ranges of a file that a request asks for: one as it is, several as multipart/byteranges (RFC 9110
// section 14.6). ranges.ts decides which these are.

import type { Blobs, LoadedBlob } from './blobs.ts'
import { type ByteRange, toContentRange } from './ranges.ts'
import type { Choice } from './representation.ts'
import type { Background } from './store.ts'

const encoder = new TextEncoder()

/**
 * Loads the ranges (at least one) that are sent of a blob: one as it is, several as
 * multipart/byteranges. `headers` are those of the whole representation, and become those of the
 * part.
 */
export async function loadParts(
  choice: Choice,
  ranges: readonly ByteRange[],
  headers: Headers,
  blobs: Blobs,
  ctx: Background,
): Promise<LoadedBlob | 'unavailable'> {
  const [first, ...rest] = ranges
  if (!first) throw new TypeError('ranges must not be empty')
  // The first part is loaded before anything is sent, so that a store that is down still gives a
  // clean 503.
  const loaded = await blobs.loadRange(choice, first, ctx)
  if (loaded === 'unavailable') return loaded
  if (rest.length === 0) {
    headers.set('content-range', toContentRange(first, choice.size))
    headers.set('content-length', String(first.length))
    return loaded
  }
  // No content contains its own SHA-256, so that the boundary occurs in no part.
  const boundary = choice.blob
  const type = headers.get('content-type') ?? 'application/octet-stream'
  const heads = ranges.map((range, index) =>
    encoder.encode(
      `${index === 0 ? '' : '\r\n'}--${boundary}\r\nContent-Type: ${type}\r\n` +
        `Content-Range: ${toContentRange(range, choice.size)}\r\n\r\n`,
    ),
  )
  const tail = encoder.encode(`\r\n--${boundary}--\r\n`)
  const length = ranges.reduce((sum, range) => sum + range.length, 0)
  const framing = heads.reduce((sum, head) => sum + head.length, tail.length)
  headers.set('content-type', `multipart/byteranges; boundary=${boundary}`)
  headers.set('content-length', String(length + framing))
  const { readable, writable } = new FixedLengthStream(length + framing)
  const loadRest = rest.map((range) => () => blobs.loadRange(choice, range, ctx))
  // The reader gets the error; a reader that has left does not need it.
  const writer = writable.getWriter()
  writeParts(writer, heads, [async () => loaded, ...loadRest], tail)
    .catch((cause) => writer.abort(cause))
    .catch(() => undefined)
  return { body: readable, source: loaded.source }
}

async function writeParts(
  writer: WritableStreamDefaultWriter<Uint8Array>,
  heads: readonly Uint8Array[],
  parts: readonly (() => Promise<LoadedBlob | 'unavailable'>)[],
  tail: Uint8Array,
): Promise<void> {
  for (const [index, load] of parts.entries()) {
    const loaded = await load()
    if (loaded === 'unavailable') throw new Error('a part of a reply is out of reach')
    await writer.write(heads[index] ?? tail)
    if (loaded.body instanceof ReadableStream) {
      // Not pipeTo: workerd 1.20261102 hangs when one fixed-length stream is piped into another.
      for await (const chunk of loaded.body) await writer.write(chunk)
    } else {
      await writer.write(new Uint8Array(loaded.body))
    }
  }
  await writer.write(tail)
  await writer.close()
}
