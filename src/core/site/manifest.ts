// The manifest of a version: which path is which blob. A sorted binary form that is searched in
// place, so that a cold isolate parses nothing. Reading and writing stand in one file, because they
// share the offsets of this table. assets/ loads manifests, and publish/ decides what goes into
// them.
//
//   header     36 bytes   "HOLM", format, entries, encodings, types, and the offset of each part
//   entries    60 bytes each, sorted by (hash of path, path)
//   encodings  40 bytes each, those of one entry together; a delta has a second row that names its
//              dictionary
//   types      8 bytes each: offset and length of a content type
//   text       UTF-8: paths, content types, the configuration as JSON; and blobs of the first pages,
//              which the configuration lists as `inline`
//
// All numbers are little-endian. A manifest with private files has format 2, so that a Holo which would
// serve them refuses it; every other one has format 1.

import { toHex } from '../hex.ts'
import { murmur3 } from '../murmur3.ts'
import { err, ok, type Result } from '../result.ts'
import { type ManifestConfig, parseManifestConfig } from './manifest-config.ts'

/**
 * Content codings that are made when a version is published (RFC 9110 section 8.4.1, RFC 7932, RFC
 * 8878).
 */
export type Encoding = 'br' | 'gzip' | 'zstd'

/** One stored form of a file. */
export type Representation = {
  /** SHA-256 of the stored bytes, 64 lower-case hex digits. */
  readonly blob: string
  /** Length of the stored bytes. */
  readonly size: number
}

/** A smaller form that everybody can read who knows the encoding. */
export type PlainForm = Representation & {
  readonly encoding: Encoding
  readonly dictionary?: never
}

/** A form that can only be read with a dictionary (RFC 9842). */
export type Delta = Representation & {
  readonly encoding: 'dcz'
  /** SHA-256 of an earlier file's content, 64 lower-case hex digits. */
  readonly dictionary: string
}

export type EncodedForm = PlainForm | Delta

export type ManifestEntry = Representation & {
  /** Decoded, absolute: `/img/a b.png`. */
  readonly path: string
  /** The complete `Content-Type`. */
  readonly type: string
  /** The name changes whenever the content does, so that caches may keep the file for ever. */
  readonly hashed: boolean
  /** Stored for the version and never served: a source map. */
  readonly isPrivate?: true
  /** Browsers may keep it as the dictionary of its successors (RFC 9842). */
  readonly isDictionary?: true
  /** Smaller forms of the same content. */
  readonly encodings: readonly EncodedForm[]
}

const MAGIC = 0x4d4c4f48
const FORMAT = 1
const FORMAT_WITH_PRIVATE = 2
const HEADER_BYTES = 36
const ENTRY_BYTES = 60
const ENCODING_BYTES = 40
const TYPE_BYTES = 8
const HASH_BYTES = 32
const FLAG_HASHED = 1
const FLAG_PRIVATE = 2
const FLAG_DICTIONARY = 4
const ENCODINGS: readonly Encoding[] = ['br', 'gzip', 'zstd']
/** Kinds of rows besides `ENCODINGS`: a delta, and after it its dictionary. An older Holo skips both. */
const ROW_DELTA = 3
const ROW_DICTIONARY = 4
/** Offsets in the format have 32 bits. */
const MAX_FORMAT_BYTES = 2 ** 31

/**
 * The largest manifest that is published and served, in bytes: about 100,000 files with three
 * encodings each. An isolate has to hold it in memory.
 */
export const MAX_MANIFEST_BYTES = 24 * 2 ** 20

/**
 * The blobs that a manifest holds itself, in sum. Every isolate that opens the version reads them, so
 * that they are those of its first pages: a typical page with its scripts and styles fits.
 */
export const MAX_INLINE_BYTES = 192 * 2 ** 10

/** Their number. */
export const MAX_INLINE_BLOBS = 48

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** A manifest in memory. `find` allocates the entry that it returns and nothing else. */
export class Manifest {
  readonly bytes: Uint8Array
  readonly count: number
  readonly config: ManifestConfig
  readonly #view: DataView
  readonly #encodingsAt: number
  readonly #typesAt: number
  readonly #textAt: number

  /** Only for `openManifest`, which has checked the bytes. */
  constructor(bytes: Uint8Array, view: DataView, config: ManifestConfig) {
    this.bytes = bytes
    this.#view = view
    this.config = config
    this.count = view.getUint32(8, true)
    this.#encodingsAt = HEADER_BYTES + this.count * ENTRY_BYTES
    this.#typesAt = this.#encodingsAt + view.getUint32(12, true) * ENCODING_BYTES
    this.#textAt = view.getUint32(20, true)
  }

  /** The same files with other settings. */
  withConfig(config: ManifestConfig): Manifest {
    return new Manifest(this.bytes, this.#view, config)
  }

  /**
   * The entry of a decoded path, for whoever serves it: a private file counts as missing. So does
   * an entry that points outside the manifest (damage).
   */
  find(path: string): ManifestEntry | undefined {
    const entry = this.findAny(path)
    return entry?.isPrivate ? undefined : entry
  }

  /** The same, also of a private file: for whoever stores, compares or reads for people with a token. */
  findAny(path: string): ManifestEntry | undefined {
    const wanted = encoder.encode(path)
    const hash = murmur3(wanted)
    const view = this.#view
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (view.getUint32(HEADER_BYTES + middle * ENTRY_BYTES, true) < hash) low = middle + 1
      else high = middle
    }
    for (let index = low; index < this.count; index++) {
      const at = HEADER_BYTES + index * ENTRY_BYTES
      if (view.getUint32(at, true) !== hash) return undefined
      if (this.#isPath(at, wanted)) return this.#entry(at, path)
    }
    return undefined
  }

  /**
   * Whether a search finds every entry quickly: rows are sorted by hash, each hash is that of its
   * path, and at most `MAX_SAME_HASH` rows share one. Looks at each row once.
   */
  isSearchable(): boolean {
    const view = this.#view
    let before = -1
    let same = 0
    for (let index = 0; index < this.count; index++) {
      const at = HEADER_BYTES + index * ENTRY_BYTES
      const hash = view.getUint32(at, true)
      const start = this.#textAt + view.getUint32(at + 4, true)
      const path = this.bytes.subarray(start, start + view.getUint16(at + 8, true))
      same = hash === before ? same + 1 : 1
      if (hash < before || same > MAX_SAME_HASH || murmur3(path) !== hash) return false
      before = hash
    }
    return true
  }

  /** Whether any path, of a private file too, begins like this. Looks at each row once. */
  hasPathBeginning(beginning: string): boolean {
    const wanted = encoder.encode(beginning)
    const view = this.#view
    for (let index = 0; index < this.count; index++) {
      const at = HEADER_BYTES + index * ENTRY_BYTES
      if (view.getUint16(at + 8, true) < wanted.length) continue
      if (this.#isTextAt(this.#textAt + view.getUint32(at + 4, true), wanted)) return true
    }
    return false
  }

  /**
   * The entries from the index `first` on, private ones too, in the order of the table; only those of
   * at least `minBytes`, because making an entry allocates much more than looking at a size.
   */
  *entries(first = 0, minBytes = 0): Generator<ManifestEntry> {
    const view = this.#view
    for (let index = first; index < this.count; index++) {
      const at = HEADER_BYTES + index * ENTRY_BYTES
      if (readSize(view, at + 12) < minBytes) continue
      const path = this.#text(view.getUint32(at + 4, true), view.getUint16(at + 8, true))
      const entry = this.#entry(at, path)
      if (entry) yield entry
    }
  }

  /**
   * The entries with a form whose hash begins with 32 bits for which `isWanted` is true, private ones
   * too. It allocates for these alone, so that a large manifest can be read in steps.
   */
  *entriesOf(isWanted: (beginning: number) => boolean): Generator<ManifestEntry> {
    const view = this.#view
    for (let index = 0; index < this.count; index++) {
      const at = HEADER_BYTES + index * ENTRY_BYTES
      if (!isWanted(view.getUint32(at + 28)) && !this.#hasForm(at, isWanted)) continue
      const path = this.#text(view.getUint32(at + 4, true), view.getUint16(at + 8, true))
      const entry = this.#entry(at, path)
      if (entry) yield entry
    }
  }

  #hasForm(at: number, isWanted: (beginning: number) => boolean): boolean {
    const firstAt = this.#encodingsAt + this.#view.getUint32(at + 20, true) * ENCODING_BYTES
    const endAt = firstAt + this.#view.getUint8(at + 25) * ENCODING_BYTES
    for (let from = firstAt; from < endAt && endAt <= this.#typesAt; from += ENCODING_BYTES) {
      if (isWanted(this.#view.getUint32(from + 8))) return true
    }
    return false
  }

  /** How many forms all files have together; a delta counts twice. Allocates nothing. */
  countForms(): number {
    let forms = this.count
    for (let index = 0; index < this.count; index++) {
      forms += this.#view.getUint8(HEADER_BYTES + index * ENTRY_BYTES + 25)
    }
    return forms
  }

  /**
   * The blobs that the manifest holds itself, up to `MAX_INLINE_BYTES` and `MAX_INLINE_BLOBS`. Nobody
   * has compared them with their hashes.
   */
  *inlined(): Generator<readonly [blob: string, bytes: Uint8Array]> {
    let unused = MAX_INLINE_BYTES
    const spans = Object.entries(this.config.inline ?? {}).slice(0, MAX_INLINE_BLOBS)
    for (const [blob, [offset, length]] of spans) {
      const start = this.#textAt + offset
      if (offset < 0 || length < 0 || start + length > this.bytes.length) continue
      unused -= length
      if (unused < 0) return
      yield [blob, this.bytes.subarray(start, start + length)]
    }
  }

  #isPath(at: number, wanted: Uint8Array): boolean {
    if (this.#view.getUint16(at + 8, true) !== wanted.length) return false
    return this.#isTextAt(this.#textAt + this.#view.getUint32(at + 4, true), wanted)
  }

  #isTextAt(start: number, wanted: Uint8Array): boolean {
    for (let i = 0; i < wanted.length; i++) if (this.bytes[start + i] !== wanted[i]) return false
    return true
  }

  #entry(at: number, path: string): ManifestEntry | undefined {
    const view = this.#view
    const typeAt = this.#typesAt + view.getUint16(at + 10, true) * TYPE_BYTES
    const firstAt = this.#encodingsAt + view.getUint32(at + 20, true) * ENCODING_BYTES
    const endAt = firstAt + view.getUint8(at + 25) * ENCODING_BYTES
    if (typeAt >= this.#textAt || endAt > this.#typesAt) return undefined
    const encodings: EncodedForm[] = []
    for (let from = firstAt; from < endAt; from += ENCODING_BYTES) {
      const kind = view.getUint16(from + 6, true)
      const encoding = ENCODINGS[kind]
      if (!encoding && kind !== ROW_DELTA) continue
      const form = { blob: this.#hex(from + 8), size: readSize(view, from) }
      if (encoding) encodings.push({ encoding, ...form })
      else {
        from += ENCODING_BYTES
        // A delta without its dictionary is damage; nobody could read it.
        if (from >= endAt || view.getUint16(from + 6, true) !== ROW_DICTIONARY) break
        encodings.push({ encoding: 'dcz', ...form, dictionary: this.#hex(from + 8) })
      }
    }
    const flags = view.getUint8(at + 24)
    return {
      path,
      blob: this.#hex(at + 28),
      size: readSize(view, at + 12),
      type: this.#text(view.getUint32(typeAt, true), view.getUint32(typeAt + 4, true)),
      hashed: (flags & FLAG_HASHED) !== 0,
      ...((flags & FLAG_PRIVATE) !== 0 && { isPrivate: true as const }),
      ...((flags & FLAG_DICTIONARY) !== 0 && { isDictionary: true as const }),
      encodings,
    }
  }

  #text(offset: number, length: number): string {
    const start = this.#textAt + offset
    return decoder.decode(this.bytes.subarray(start, start + length))
  }

  #hex(at: number): string {
    return toHex(this.bytes.subarray(at, at + HASH_BYTES))
  }
}

/** Whether only a newer Holo can read this manifest. */
export function isNewerManifest(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < HEADER_BYTES || view.getUint32(0, true) !== MAGIC) return false
  return view.getUint32(4, true) > FORMAT_WITH_PRIVATE
}

/**
 * Opens stored bytes. Checks what a search relies on: the header and the bounds of every part. It
 * does not check the hash of the bytes, which was checked when they were written.
 */
export function openManifest(bytes: Uint8Array): Result<Manifest, string> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < HEADER_BYTES || view.getUint32(0, true) !== MAGIC) {
    return err('not a manifest')
  }
  const format = view.getUint32(4, true)
  if (format !== FORMAT && format !== FORMAT_WITH_PRIVATE) {
    const mend = isNewerManifest(bytes) ? ': a newer Holo has written it, upgrade this one' : ''
    return err(
      `manifest format ${format}; this Holo reads formats ${FORMAT} and ${FORMAT_WITH_PRIVATE}${mend}`,
    )
  }
  const textAt =
    HEADER_BYTES +
    view.getUint32(8, true) * ENTRY_BYTES +
    view.getUint32(12, true) * ENCODING_BYTES +
    view.getUint32(16, true) * TYPE_BYTES
  const total = textAt + view.getUint32(24, true)
  if (textAt !== view.getUint32(20, true) || total !== bytes.length) {
    return err(`manifest of ${bytes.length} bytes should have ${total}`)
  }
  const configAt = textAt + view.getUint32(28, true)
  const configEnd = configAt + view.getUint32(32, true)
  if (configEnd > total) return err('manifest configuration lies outside the manifest')
  const config = parseManifestConfig(decoder.decode(bytes.subarray(configAt, configEnd)))
  return config.ok ? ok(new Manifest(bytes, view, config.value)) : config
}

/**
 * The bytes of a manifest. They do not depend on the order of the entries or of their encodings.
 *
 * @param inline blobs that the manifest shall hold, by hash.
 * @throws TypeError when two entries have the same path, or two encodings of an entry the same
 *   name or dictionary; a path is longer than 65,535 bytes, has half a surrogate pair or does not start with `/`;
 *   a size or hash is invalid; there are more than 65,535 content types, or the whole exceeds 2
 *   GiB.
 */
export function encodeManifest(
  entries: readonly ManifestEntry[],
  config: ManifestConfig,
  inline: ReadonlyMap<string, Uint8Array> = new Map(),
): Uint8Array {
  const text = new TextTable()
  // All paths share one buffer: 100,000 small ones would take five times as much memory.
  const paths = new Uint8Array(entries.reduce((sum, { path }) => sum + path.length * 3, 0))
  let pathsEnd = 0
  const rows = entries
    .map((entry) => {
      const { written } = encoder.encodeInto(entry.path, paths.subarray(pathsEnd))
      const path = paths.subarray(pathsEnd, pathsEnd + written)
      pathsEnd += written
      return { entry, path, hash: murmur3(path) }
    })
    .sort((a, b) => a.hash - b.hash || (a.entry.path < b.entry.path ? -1 : 1))
  for (const [i, { entry, path }] of rows.entries()) {
    if (!entry.path.startsWith('/')) throw new TypeError(`path without / in front: ${entry.path}`)
    if (!entry.path.isWellFormed()) throw new TypeError(`path is not Unicode: ${entry.path}`)
    if (path.length > 0xffff) throw new TypeError(`path is too long: ${entry.path.slice(0, 80)}…`)
    if (rows[i - 1]?.entry.path === entry.path) throw new TypeError(`path twice: ${entry.path}`)
  }
  const sortedTypes = [...new Set(entries.map((entry) => entry.type))].sort()
  const types = new Map(sortedTypes.map((type, index) => [type, index]))
  if (types.size > 0xffff) throw new TypeError('more than 65,535 content types')
  const encodings = entries.reduce((sum, entry) => sum + countRows(entry), 0)
  const encodingsAt = HEADER_BYTES + rows.length * ENTRY_BYTES
  const typesAt = encodingsAt + encodings * ENCODING_BYTES
  const textAt = typesAt + types.size * TYPE_BYTES
  const typeSpans = sortedTypes.map((type) => text.add(encoder.encode(type)))
  const pathOffsets = rows.map((row) => text.add(row.path).offset)
  const spans = [...inline].map(([blob, held]) => {
    const { offset, length } = text.add(held)
    return [blob, [offset, length]] as const
  })
  const stored = spans.length > 0 ? { ...config, inline: Object.fromEntries(spans) } : config
  const configSpan = text.add(encoder.encode(JSON.stringify(stored)))
  const total = textAt + text.length
  if (total > MAX_FORMAT_BYTES) throw new TypeError(`manifest of ${total} bytes passes 2 GiB`)

  const bytes = new Uint8Array(total)
  const view = new DataView(bytes.buffer)
  const format = entries.some((entry) => entry.isPrivate) ? FORMAT_WITH_PRIVATE : FORMAT
  const header = [MAGIC, format, rows.length, encodings, types.size, textAt, text.length]
  for (const [i, value] of [...header, configSpan.offset, configSpan.length].entries()) {
    view.setUint32(i * 4, value, true)
  }
  let nextEncoding = 0
  for (const [i, { entry, path, hash }] of rows.entries()) {
    const at = HEADER_BYTES + i * ENTRY_BYTES
    view.setUint32(at, hash, true)
    view.setUint32(at + 4, pathOffsets[i] as number, true)
    view.setUint16(at + 8, path.length, true)
    view.setUint16(at + 10, types.get(entry.type) as number, true)
    writeSize(view, at + 12, entry.size)
    view.setUint32(at + 20, nextEncoding, true)
    view.setUint8(
      at + 24,
      (entry.hashed ? FLAG_HASHED : 0) |
        (entry.isPrivate ? FLAG_PRIVATE : 0) |
        (entry.isDictionary ? FLAG_DICTIONARY : 0),
    )
    view.setUint8(at + 25, countRows(entry))
    writeHex(bytes, at + 28, entry.blob)
    const writeRow = (kind: number, size: number, hash: string) => {
      const from = encodingsAt + nextEncoding++ * ENCODING_BYTES
      writeSize(view, from, size)
      view.setUint16(from + 6, kind, true)
      writeHex(bytes, from + 8, hash)
    }
    for (const [kind, encoding] of ENCODINGS.entries()) {
      const [form, twice] = entry.encodings.filter((other) => other.encoding === encoding)
      if (twice) throw new TypeError(`${encoding} twice: ${entry.path}`)
      if (form) writeRow(kind, form.size, form.blob)
    }
    for (const { blob, size, dictionary } of sortDeltas(entry)) {
      writeRow(ROW_DELTA, size, blob)
      writeRow(ROW_DICTIONARY, 0, dictionary)
    }
  }
  for (const [i, span] of typeSpans.entries()) {
    view.setUint32(typesAt + i * TYPE_BYTES, span.offset, true)
    view.setUint32(typesAt + i * TYPE_BYTES + 4, span.length, true)
  }
  text.writeTo(bytes, textAt)
  return bytes
}

export function isDelta(form: EncodedForm): form is Delta {
  return form.encoding === 'dcz'
}

function countRows({ encodings }: ManifestEntry): number {
  return encodings.length + encodings.filter(isDelta).length
}

function sortDeltas({ encodings, path }: ManifestEntry): readonly Delta[] {
  const deltas = encodings.filter(isDelta)
  deltas.sort((a, b) => (a.dictionary < b.dictionary ? -1 : 1))
  for (const [i, { dictionary }] of deltas.entries()) {
    if (deltas[i - 1]?.dictionary === dictionary) {
      throw new TypeError(`dictionary ${dictionary} twice: ${path}`)
    }
  }
  return deltas
}

class TextTable {
  length = 0
  readonly #parts: Uint8Array[] = []

  add(part: Uint8Array): { offset: number; length: number } {
    const offset = this.length
    this.#parts.push(part)
    this.length += part.length
    return { offset, length: part.length }
  }

  writeTo(bytes: Uint8Array, start: number): void {
    let at = start
    for (const part of this.#parts) {
      bytes.set(part, at)
      at += part.length
    }
  }
}

/**
 * How many paths may share a hash of 32 bits. Among 100,000 paths two share one now and then, three
 * hardly ever. A publisher that could make more of them would have each request compare them all.
 */
export const MAX_SAME_HASH = 8

/** Sizes have 48 bits: the low 32, then the high 16. */
function readSize(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint16(at + 4, true) * 2 ** 32
}

function writeSize(view: DataView, at: number, size: number): void {
  if (!Number.isInteger(size) || size < 0 || size >= 2 ** 48) {
    throw new TypeError(`size must be an integer from 0 to 2^48: ${size}`)
  }
  view.setUint32(at, size % 2 ** 32, true)
  view.setUint16(at + 4, Math.floor(size / 2 ** 32), true)
}

function writeHex(bytes: Uint8Array, at: number, hex: string): void {
  if (!/^[0-9a-f]{64}$/.test(hex)) throw new TypeError(`not a SHA-256 in hex: ${hex}`)
  for (let i = 0; i < HASH_BYTES; i++) {
    bytes[at + i] = Number.parseInt(hex.slice(i * 2, i * 2 + 2), 16)
  }
}
