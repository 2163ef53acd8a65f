// The smaller forms in which a file is stored beside itself. It decides which types and sizes are
// worth it and how hard to try; which form a visitor gets is decided at the edge.

import { promisify } from 'node:util'
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib'
import type { Encoding } from '../core/site/manifest.ts'

/** Below this the headers of a reply outweigh what is saved. */
const MIN_COMPRESSED_BYTES = 256

/** A form that saves less is not worth another object in the store and in the edge's memory. */
const MIN_SAVING = 0.05

/** Beyond this the best levels take tens of seconds for a percent or two. */
const MAX_THOROUGH_BYTES = 4 * 2 ** 20

/** What text compresses well, and what is text under another name (RFC 6839 suffixes included). */
const COMPRESSIBLE =
  /^(?:text\/|application\/(?:json|xml|javascript|yaml|wasm|vnd\.ms-fontobject|vnd\.apple\.mpegurl)\b|font\/(?:ttf|otf|collection)\b|image\/(?:bmp|x-icon)\b|model\/gltf-binary\b|[^;]+\+(?:json|xml)\b)/

const TEXT = /charset=utf-8/
/** Only developer tools load these, so the slow encodings are for nobody. */
const SOURCE_MAP = /\.map$/

export type CompressedForm = {
  readonly encoding: Encoding
  readonly bytes: Uint8Array
}

const toBrotli = promisify(brotliCompress)
const toGzip = promisify<Uint8Array, { level: number }, Buffer>(gzip)
const toZstd = promisify(zstdCompress)

/** The encodings that are made for a file of this path, `Content-Type` and size in bytes, if any. */
export function chooseEncodings(path: string, type: string, size: number): readonly Encoding[] {
  if (size < MIN_COMPRESSED_BYTES || !COMPRESSIBLE.test(type)) return []
  return SOURCE_MAP.test(path) ? ['gzip'] : ['br', 'gzip', 'zstd']
}

/** Those of `encodings` that make `bytes` smaller by enough to matter, in the order asked for. */
export async function compress(
  bytes: Uint8Array,
  type: string,
  encodings: readonly Encoding[],
): Promise<CompressedForm[]> {
  const made = await Promise.all(
    encodings.map(async (encoding) => ({ encoding, bytes: await encode(bytes, type, encoding) })),
  )
  return made.filter((form) => form.bytes.length <= bytes.length * (1 - MIN_SAVING))
}

function encode(bytes: Uint8Array, type: string, encoding: Encoding): Promise<Uint8Array> {
  const thorough = bytes.length <= MAX_THOROUGH_BYTES
  switch (encoding) {
    case 'br':
      return toBrotli(bytes, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: thorough ? constants.BROTLI_MAX_QUALITY : 9,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
          [constants.BROTLI_PARAM_MODE]: TEXT.test(type)
            ? constants.BROTLI_MODE_TEXT
            : constants.BROTLI_MODE_GENERIC,
        },
      })
    case 'gzip':
      return toGzip(bytes, { level: constants.Z_BEST_COMPRESSION })
    case 'zstd':
      // Level 19 is the last whose window keeps within the 8 MB that RFC 9659 allows on the web.
      return toZstd(bytes, {
        params: { [constants.ZSTD_c_compressionLevel]: thorough ? 19 : 12 },
        pledgedSrcSize: bytes.length,
      })
  }
}
