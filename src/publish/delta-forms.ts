// The bytes of a delta (RFC 9842 sections 4 and 5): a head that names the dictionary, and a file that was compressed
// with it. deltas.ts decides which files get deltas, and to which dictionaries.

import { promisify } from 'node:util'
import { type BrotliOptions, brotliCompress, constants, zstdCompress } from 'node:zlib'
import type { DeltaEncoding } from '../core/site/manifest-entry.ts'
import { toSha256 } from './content-hash.ts'

/** What comes before the hash of the dictionary: a magic number, and for zstd the length of a skippable frame. */
const HEADS: Readonly<Record<DeltaEncoding, Uint8Array>> = {
  dcb: Uint8Array.of(0xff, 0x44, 0x43, 0x42),
  dcz: Uint8Array.of(0x5e, 0x2a, 0x4d, 0x18, 0x20, 0, 0, 0),
}

const toBrotli = promisify(brotliCompress)
const toZstd = promisify(zstdCompress)

/** `bytes` as the content of a reply to a client that has `dictionary`. */
export async function compressDelta(
  encoding: DeltaEncoding,
  bytes: Uint8Array,
  dictionary: Uint8Array,
): Promise<Uint8Array> {
  const hash = Buffer.from(toSha256(dictionary), 'hex')
  return Buffer.concat([HEADS[encoding], hash, await compress(encoding, bytes, dictionary)])
}

function compress(
  encoding: DeltaEncoding,
  bytes: Uint8Array,
  dictionary: Uint8Array,
): Promise<Uint8Array> {
  if (encoding === 'dcb') {
    // The window of 4 MB, which is the default, holds each file; the dictionary needs no room in it.
    const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length }
    // The types of Node do not have `dictionary` here yet.
    const options: BrotliOptions & { dictionary: Uint8Array } = { params, dictionary }
    return toBrotli(bytes, options)
  }
  return toZstd(bytes, {
    params: { [constants.ZSTD_c_compressionLevel]: 19 },
    dictionary,
    pledgedSrcSize: bytes.length,
  })
}

let listed: Promise<readonly DeltaEncoding[]> | undefined

/**
 * The encodings that this Node makes. Its Brotli has dictionaries since Node 24.15; an older one ignores the
 * option without a word, and no client could read the result.
 */
export function listDeltaEncodings(): Promise<readonly DeltaEncoding[]> {
  listed ??= tryEncodings()
  return listed
}

async function tryEncodings(): Promise<readonly DeltaEncoding[]> {
  const sample = Buffer.from(toSha256(Buffer.from('dictionary')), 'hex')
  const { length } = await compress('dcb', sample, sample)
  return length < sample.length ? ['dcb', 'dcz'] : ['dcz']
}
