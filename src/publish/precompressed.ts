// Files that the build has compressed and that pages load under the name of the compressed file: `.wasm.br`,
// `.data.gz` and `.unityweb` of Unity and Emscripten, and `.svgz`. They are served under this name, with the
// type of their content and a `Content-Encoding`; a client that does not accept the encoding gets the decoded
// content. Compressed files that are only downloaded (`.tar.gz`) stay as they are.

import { promisify } from 'node:util'
import { brotliDecompress, gunzip } from 'node:zlib'
import type { Encoding, Representation } from '../core/site/manifest-entry.ts'
import { toSha256 } from './content-hash.ts'
import { PublishError } from './messages.ts'
import { readWholeFile } from './regular-file.ts'

/** The encoded form of a file in the folder. */
export type GivenForm = Representation & { readonly encoding: Encoding }

/** Files that pages load, so the browser must decode them. All other files may be downloads. */
const LOADED = /\.(?:[cm]?js|css|html?|wasm|data|mem|symbols\.json|svg|unityweb)$/i
/** More than browsers accept. It protects against a small file that decompresses to a huge one. */
const MAX_DECODED_BYTES = 512 * 2 ** 20

const toUngzipped = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(gunzip)
const toUnbrotlied = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(brotliDecompress)

/** The path without the extension of the compression; `undefined` for a file that is served as it is. */
export function toInnerPath(path: string): string | undefined {
  const lower = path.toLowerCase()
  if (lower.endsWith('.svgz')) return path.slice(0, -1)
  if (lower.endsWith('.unityweb')) return path.slice(0, -'.unityweb'.length)
  if (lower.endsWith('.br')) return path.slice(0, -'.br'.length)
  if (!lower.endsWith('.gz')) return undefined
  const inner = path.slice(0, -'.gz'.length)
  return LOADED.test(inner) ? inner : undefined
}

export type DecodedFile = {
  readonly encoding: Encoding
  readonly content: Uint8Array
  /** The compressed bytes in the folder. */
  readonly bytes: Uint8Array
}

/** Decodes a file with an inner path; `undefined` if it is not compressed as its name says. */
export async function decodeFile(path: string, file: string): Promise<DecodedFile | undefined> {
  const bytes = await readWholeFile(file)
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b
  // Brotli has no signature, so only decoding the whole file shows whether it is Brotli.
  const mayBeBrotli = !isGzip && /\.(?:br|unityweb)$/i.test(path)
  if (!(isGzip && !/\.br$/i.test(path)) && !mayBeBrotli) return undefined
  try {
    const decode = isGzip ? toUngzipped : toUnbrotlied
    const content = await decode(bytes, { maxOutputLength: MAX_DECODED_BYTES })
    return { encoding: isGzip ? 'gzip' : 'br', content, bytes }
  } catch {
    return undefined
  }
}

type Surveyed = {
  readonly path: string
  readonly file: string
  readonly blob: string
  readonly given?: GivenForm
}

/**
 * The content of a surveyed file, and its compressed form if the folder has it compressed.
 *
 * @throws PublishError when the file has changed since it was surveyed.
 */
export async function readSurveyed(
  surveyed: Surveyed,
): Promise<{ readonly content: Uint8Array; readonly given?: Omit<DecodedFile, 'content'> }> {
  const { path, file, blob, given } = surveyed
  const decoded = given && (await decodeFile(path, file))
  const content = given ? decoded?.content : await readWholeFile(file)
  const isSame =
    content !== undefined &&
    toSha256(content) === blob &&
    (!given || (decoded && toSha256(decoded.bytes) === given.blob))
  if (!isSame) {
    throw new PublishError(`${path} changed while it was being published: try again`)
  }
  return decoded ? { content, given: decoded } : { content }
}
