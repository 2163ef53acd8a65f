// Writes manifests, in the form that manifest-format.ts describes and manifest.ts reads.

import { murmur3 } from '../murmur3.ts'
import type { ManifestConfig } from './manifest-config.ts'
import { type Delta, type DeltaEncoding, isDelta, type ManifestEntry } from './manifest-entry.ts'
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
  MAX_FORMAT_BYTES,
  ROW_DICTIONARY,
  TYPE_BYTES,
} from './manifest-format.ts'

const encoder = new TextEncoder()

/**
 * The bytes of a manifest. They do not depend on the order of the entries or of their encodings.
 *
 * @param inline blobs that the manifest shall hold, by hash.
 * @throws TypeError when two entries have the same path, or two encodings of an entry the same
 *   name and dictionary; a path is longer than 65,535 bytes, has half a surrogate pair or does not start with `/`;
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
    for (const [kind, encoding] of DELTA_ROWS) {
      for (const { blob, size, dictionary } of sortDeltas(entry, encoding)) {
        writeRow(kind, size, blob)
        writeRow(ROW_DICTIONARY, 0, dictionary)
      }
    }
  }
  for (const [i, span] of typeSpans.entries()) {
    view.setUint32(typesAt + i * TYPE_BYTES, span.offset, true)
    view.setUint32(typesAt + i * TYPE_BYTES + 4, span.length, true)
  }
  text.writeTo(bytes, textAt)
  return bytes
}

function countRows({ encodings }: ManifestEntry): number {
  return encodings.length + encodings.filter(isDelta).length
}

function sortDeltas({ encodings, path }: ManifestEntry, encoding: DeltaEncoding): readonly Delta[] {
  const deltas = encodings.filter(isDelta).filter((delta) => delta.encoding === encoding)
  deltas.sort((a, b) => (a.dictionary < b.dictionary ? -1 : 1))
  for (const [i, { dictionary }] of deltas.entries()) {
    if (deltas[i - 1]?.dictionary === dictionary) {
      throw new TypeError(`${encoding} with dictionary ${dictionary} twice: ${path}`)
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
