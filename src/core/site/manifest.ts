// The manifest of a version: which path is which blob. A sorted binary form (manifest-format.ts) that is searched in
// place, so that a cold isolate parses nothing. encode-manifest.ts writes it, assets/ loads it, and publish/ decides what goes
// into it.

import { toHex } from '../hex.ts'
import { murmur3 } from '../murmur3.ts'
import { err, ok, type Result } from '../result.ts'
import { type ManifestConfig, parseManifestConfig } from './manifest-config.ts'
import type { EncodedForm, ManifestEntry } from './manifest-entry.ts'
import {
  DELTA_ROWS,
  ENCODING_BYTES,
  ENCODINGS,
  ENTRY_BYTES,
  FLAG_DICTIONARY,
  FLAG_HASHED,
  FLAG_PRIVATE,
  FORMAT,
  FORMAT_WITH_PRIVATE,
  HASH_BYTES,
  HEADER_BYTES,
  MAGIC,
  ROW_DICTIONARY,
  TYPE_BYTES,
} from './manifest-format.ts'
import { MAX_INLINE_BLOBS, MAX_INLINE_BYTES, MAX_SAME_HASH } from './manifest-limits.ts'

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
      const deltaEncoding = DELTA_ROWS.get(kind)
      if (!encoding && !deltaEncoding) continue
      const form = { blob: this.#hex(from + 8), size: readSize(view, from) }
      if (encoding) encodings.push({ encoding, ...form })
      else if (deltaEncoding) {
        from += ENCODING_BYTES
        // A delta without its dictionary is damage; nobody could read it.
        if (from >= endAt || view.getUint16(from + 6, true) !== ROW_DICTIONARY) break
        encodings.push({ encoding: deltaEncoding, ...form, dictionary: this.#hex(from + 8) })
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

/** Sizes have 48 bits: the low 32, then the high 16. */
function readSize(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint16(at + 4, true) * 2 ** 32
}
