// The table of a manifest's bytes, which manifest.ts reads and encode-manifest.ts writes.
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

import type { DeltaEncoding, Encoding } from './manifest-entry.ts'

export const MAGIC = 0x4d4c4f48
export const FORMAT = 1
export const FORMAT_WITH_PRIVATE = 2
export const HEADER_BYTES = 36
export const ENTRY_BYTES = 60
export const ENCODING_BYTES = 40
export const TYPE_BYTES = 8
export const HASH_BYTES = 32
export const FLAG_HASHED = 1
export const FLAG_PRIVATE = 2
export const FLAG_DICTIONARY = 4
export const ENCODINGS: readonly Encoding[] = ['br', 'gzip', 'zstd']
/** Kinds of rows besides `ENCODINGS`: a delta, and after it its dictionary. An older Holo skips both. */
export const DELTA_ROWS: ReadonlyMap<number, DeltaEncoding> = new Map([
  [3, 'dcz'],
  [5, 'dcb'],
])
export const ROW_DICTIONARY = 4
/** Offsets in the format have 32 bits. */
export const MAX_FORMAT_BYTES = 2 ** 31
