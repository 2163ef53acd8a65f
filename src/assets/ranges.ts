// Which bytes a `Range` field asks for: RFC 9110 section 14, arithmetic only. A field that cannot be
// read, or that asks for more parts than it is worth, is ignored, as section 14.2 allows.

import { MAX_RANGES } from './limits.ts'

/** Bytes of a representation: always at least one, and all within it. */
export type ByteRange = { readonly offset: number; readonly length: number }

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
