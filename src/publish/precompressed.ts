// Files that a build has compressed itself and that are loaded under the compressed file's name:
// Unity's and Emscripten's `.wasm.br`, `.data.gz` and `.unityweb`, and `.svgz`. They are served under
// their own address with the type of what is in them and a `Content-Encoding`; a client that does not
// accept that coding gets the content decoded. What is only to be downloaded (`.tar.gz`) stays as it is.

import { promisify } from 'node:util'
import { brotliDecompress, gunzip } from 'node:zlib'
import type { Encoding, Representation } from '../core/site/manifest.ts'
import { toSha256 } from './content-hash.ts'
import { PublishError } from './messages.ts'
import { readWholeFile } from './regular-file.ts'

/** The form in which the file lies in the folder. */
export type GivenForm = Representation & { readonly encoding: Encoding }

/** What a browser loads as it is, and so has decoded for it. Everything else may be a download. */
const LOADED = /\.(?:[cm]?js|css|html?|wasm|data|mem|symbols\.json|svg|unityweb)$/i
/** Far beyond what browsers take; a small file may be made to become much more. */
const MAX_DECODED_BYTES = 512 * 2 ** 20

const toUngzipped = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(gunzip)
const toUnbrotlied = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(brotliDecompress)

/** The path without what says that it is compressed; `undefined` for a file that is served as it is. */
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
  /** As it lies in the folder. */
  readonly bytes: Uint8Array
}

/** The content of a file with an inner path; `undefined` where it is not compressed as its name says. */
export async function decodeFile(path: string, file: string): Promise<DecodedFile | undefined> {
  const bytes = await readWholeFile(file)
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b
  // Brotli has no mark of its own: whether it is one is known once it was decoded to its end.
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
 * The content of a surveyed file, and the form in which it lies in the folder if that is another.
 *
 * @throws PublishError when it is no longer what it was when it was surveyed.
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
