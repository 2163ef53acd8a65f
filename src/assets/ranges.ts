// What a request for a file asks for with its conditions (RFC 9110 section 13) and its `Range`
// field (section 14). Pure: serve.ts sends the reply. Dates are not looked at, because replies
// carry no Last-Modified, and without one sections 13.1.3, 13.1.4 and 13.1.5 tell a server to
// ignore them. A range that cannot be read, or that asks for more parts than it is worth, is
// ignored, as section 14.2 allows.

/**
 * The largest number of ranges that are answered with parts; for more, the whole file is sent.
 * Every part of a big file is one R2 get, and real clients ask for a few.
 */
export const MAX_RANGES = 16

/** Bytes of a representation: at least one, and all within it. */
export type ByteRange = { readonly offset: number; readonly length: number }

const SPECIFIER = /^bytes=(.*)$/i
const SPEC = /^(?:(\d+)-(\d*)|-(\d+))$/

/**
 * Less than the headers of a part: a gap smaller than this costs less to send than to leave out.
 */
const PART_OVERHEAD_BYTES = 80

/**
 * What to send of a representation of `size` bytes: all of it, a 416, or parts of it. Parts that
 * overlap or nearly touch are joined; the others stay in the order of the request (section
 * 15.3.7.2). Empty files have no ranges and are sent whole.
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

/** One range (section 14.1.2), limited to the end of the representation. */
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

/** A member of a list; a comma inside a tag ends none. */
const MEMBER = /(?:"[^"]*"|[^,"])+/g
/** Section 8.8.3: the `W` is in upper case, and there are no blanks inside the tag. */
const TAG = /^(W\/)?("[\x21\x23-\x7e\x80-\uffff]*")$/

/**
 * The result of a request's conditions for a representation with `etag` (strong, including quotes),
 * in the order of section 13.2.2: `failed` is a 412, `not-modified` a 304.
 */
export function decidePrecondition(
  headers: Headers,
  etag: string,
): 'proceed' | 'failed' | 'not-modified' {
  const ifMatch = headers.get('if-match')
  if (ifMatch !== null && !matchTags(ifMatch, etag, 'strong')) return 'failed'
  const ifNoneMatch = headers.get('if-none-match')
  if (ifNoneMatch !== null && matchTags(ifNoneMatch, etag, 'weak')) return 'not-modified'
  return 'proceed'
}

/**
 * Whether `If-Range` allows a range (section 13.1.5): it is absent, or it is `etag` itself. A weak
 * tag or a date never matches.
 */
export function matchIfRange(header: string | null, etag: string): boolean {
  return header === null || header.trim() === etag
}

/**
 * Whether the field is `*` or lists `etag` (section 8.8.3.2). A member that is no tag matches
 * nothing.
 */
function matchTags(header: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  // What browsers send.
  if (header === etag) return true
  if (header.trim() === '*') return true
  for (const [member] of header.matchAll(MEMBER)) {
    const [, weak, tag] = TAG.exec(member.trim()) ?? []
    if (tag === etag && (comparison === 'weak' || weak === undefined)) return true
  }
  return false
}
