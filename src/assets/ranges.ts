// Ranges: which bytes a `Range` field asks for (RFC 9110 section 14), and the body and headers of the
// 206 that sends them (section 15.3.7), one range as it is and several as multipart/byteranges. A field
// that cannot be read, or that asks for more parts than it is worth, is ignored, as section 14.2 allows.

import type { Blobs, LoadedBlob } from './blobs.ts'
import type { ByteRange } from './bodies.ts'
import type { Choice } from './representation.ts'
import type { Background } from './store.ts'

/**
 * Ranges of one request that are answered with parts; with more, the whole file is sent. Every part
 * of a big file is one R2 get, and real readers ask for a few.
 */
export const MAX_RANGES = 16

const SPECIFIER = /^bytes=(.*)$/i
const SPEC = /^(?:(\d+)-(\d*)|-(\d+))$/

/** Less than the headers of any part: a gap this small costs less to send than to leave out. */
const PART_OVERHEAD_BYTES = 80

/**
 * What to send of a representation of `size` bytes: all of it, a 416, or parts of it. Parts that
 * overlap or nearly touch are one; the others stay in the order they were asked for (section
 * 15.3.7.2). Empty files have no ranges: they are sent whole.
 */
export function decideRanges(
  header: string,
  size: number,
): 'whole' | 'unsatisfiable' | readonly ByteRange[] {
  const specs = SPECIFIER.exec(header.trim())?.[1]
    ?.split(',')
    .map((spec) => spec.trim())
    .filter((spec) => spec !== '')
  if (size === 0 || !specs || specs.length === 0 || specs.length > MAX_RANGES) return 'whole'
  const ranges: ByteRange[] = []
  for (const spec of specs) {
    const range = parseSpec(spec, size)
    if (range === 'invalid') return 'whole'
    if (range !== 'unsatisfiable') ranges.push(range)
  }
  if (ranges.length === 0) return 'unsatisfiable'
  const parts = mergeClose(ranges)
  const bytes = parts.reduce((sum, { length }) => sum + length + PART_OVERHEAD_BYTES, 0)
  return parts.length > 1 && bytes >= size ? 'whole' : parts
}

/** One range (section 14.1.2), cut off at the end of the representation. */
function parseSpec(spec: string, size: number): ByteRange | 'invalid' | 'unsatisfiable' {
  const [match, first, last, suffix] = SPEC.exec(spec) ?? []
  if (match === undefined) return 'invalid'
  if (suffix !== undefined) {
    const length = Math.min(Number(suffix), size)
    return length === 0 ? 'unsatisfiable' : { offset: size - length, length }
  }
  const offset = Number(first)
  const end = last ? Number(last) + 1 : size
  if (last && end <= offset) return 'invalid'
  return offset >= size ? 'unsatisfiable' : { offset, length: Math.min(end, size) - offset }
}

function mergeClose(ranges: readonly ByteRange[]): ByteRange[] {
  const groups: { offset: number; end: number; place: number }[] = []
  const sorted = ranges
    .map(({ offset, length }, place) => ({ offset, end: offset + length, place }))
    .sort((a, b) => a.offset - b.offset)
  for (const range of sorted) {
    const group = groups.at(-1)
    if (group && range.offset - group.end < PART_OVERHEAD_BYTES) {
      group.end = Math.max(group.end, range.end)
      group.place = Math.min(group.place, range.place)
    } else groups.push(range)
  }
  return groups
    .sort((a, b) => a.place - b.place)
    .map(({ offset, end }) => ({ offset, length: end - offset }))
}

/** `Content-Range` of a part (section 14.4). */
export function toContentRange({ offset, length }: ByteRange, size: number): string {
  return `bytes ${offset}-${offset + length - 1}/${size}`
}

const encoder = new TextEncoder()

/**
 * The blob of which `ranges` (at least one) are sent. `headers` are those of the whole
 * representation, and become those of the part.
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
  // Before anything is sent: a store that is down is still a clean 503.
  const loaded = await blobs.loadRange(choice, first, ctx)
  if (loaded === 'unavailable') return loaded
  if (rest.length === 0) {
    headers.set('content-range', toContentRange(first, choice.size))
    headers.set('content-length', String(first.length))
    return loaded
  }
  // No content holds its own SHA-256: the boundary is in no part.
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
  // What goes wrong is told to the reader; one that has left needs no word of it.
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
      // Not pipeTo: workerd 1.20261102 hangs where one fixed-length stream is piped into another.
      for await (const chunk of loaded.body) await writer.write(chunk)
    } else {
      await writer.write(new Uint8Array(loaded.body))
    }
  }
  await writer.write(tail)
  await writer.close()
}
