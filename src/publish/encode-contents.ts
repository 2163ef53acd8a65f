// Encodes the contents of a version: every distinct content once, in the encodings that are worth
// it for its type and size. This happens before the upload, because the manifest names the encoded
// forms and is uploaded first. The forms stay in a folder until the version is published, so that a
// repeated publication does not compress them again.

import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip, zstdCompress } from 'node:zlib'
import { mapConcurrently } from '../core/concurrently.ts'
import {
  type Encoding,
  isDelta,
  type ManifestEntry,
  type PlainForm,
} from '../core/site/manifest-entry.ts'
import { toSha256 } from './content-hash.ts'
import { type GivenForm, readSurveyed } from './precompressed.ts'
import { type ReportProgress, startCount } from './progress.ts'
import type { RetainedManifest, SurveyedFile } from './survey.ts'

/**
 * Smaller files travel in one packet with their head, compressed or not. CloudFront compresses from
 * 1,000 bytes, too.
 */
const MIN_COMPRESSED_BYTES = 1024

/** A form that saves less is not worth another object in the store and in the memory of the edge. */
const MIN_SAVING = 0.05

/** For larger files the best levels take tens of seconds to save one or two percent more. */
const MAX_THOROUGH_BYTES = 4 * 2 ** 20

/**
 * Types that compress well: text, formats that are text (also by their suffix, RFC 6839), and some
 * binary ones.
 */
const COMPRESSIBLE =
  /^(?:text\/|application\/(?:json|xml|javascript|yaml|wasm|vnd\.ms-fontobject|vnd\.apple\.mpegurl)\b|font\/(?:ttf|otf|collection)\b|image\/(?:bmp|x-icon)\b|model\/gltf-binary\b|[^;]+\+(?:json|xml)\b)/

const TEXT = /charset=utf-8/
/** Only developer tools load source maps, so the slow encodings are not worth it. */
const SOURCE_MAP = /\.map$/

type CompressedForm = {
  readonly encoding: Encoding
  readonly bytes: Uint8Array
}

const toBrotli = promisify(brotliCompress)
const toGzip = promisify<Uint8Array, { level: number }, Buffer>(gzip)
const toZstd = promisify(zstdCompress)

/**
 * The encodings that are tried for a file with this path, `Content-Type` and size in bytes. The best
 * level of Brotli beats that of Zstandard, and every browser that takes Zstandard takes Brotli.
 */
export function chooseEncodings(path: string, type: string, size: number): readonly Encoding[] {
  if (size < MIN_COMPRESSED_BYTES || !COMPRESSIBLE.test(type)) return []
  if (SOURCE_MAP.test(path)) return ['gzip']
  return size > MAX_THOROUGH_BYTES ? ['br', 'gzip', 'zstd'] : ['br', 'gzip']
}

/** Compresses `bytes` in each of `encodings`, and returns the forms that save enough, in the same order. */
export async function compress(
  bytes: Uint8Array,
  type: string,
  encodings: readonly Encoding[],
): Promise<CompressedForm[]> {
  const made = await Promise.all(
    encodings.map(async (encoding) => ({
      encoding,
      bytes: await toEncoded(bytes, type, encoding),
    })),
  )
  return made.filter((form) => form.bytes.length <= bytes.length * (1 - MIN_SAVING))
}

function toEncoded(bytes: Uint8Array, type: string, encoding: Encoding): Promise<Uint8Array> {
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
      // Level 19 is the highest whose window fits into the 8 MB that RFC 9659 allows on the web.
      return toZstd(bytes, {
        params: { [constants.ZSTD_c_compressionLevel]: thorough ? 19 : 12 },
        pledgedSrcSize: bytes.length,
      })
  }
}

type Encodings = readonly PlainForm[]

export type EncodedContents = {
  /** The encodings of each content, by `toContentKey`. */
  readonly encodings: ReadonlyMap<string, Encodings>
  /** The file of each blob. A form that a retained version has is not made again and has no file. */
  readonly files: ReadonlyMap<string, string>
}

/** Files with the same key have the same bytes and the same encodings, so they are stored once. */
export function toContentKey(
  file: Pick<ManifestEntry, 'path' | 'blob' | 'size' | 'type'> & { readonly given?: GivenForm },
): string {
  if (file.given) return [file.blob, file.type, 'given', file.given.blob].join(' ')
  return [file.blob, file.type, ...chooseEncodings(file.path, file.type, file.size)].join(' ')
}

/**
 * Encodes the contents into `folder`, except those whose encoded forms a retained version has.
 *
 * @throws PublishError when a file has changed since it was surveyed.
 */
export async function encodeContents(
  files: readonly SurveyedFile[],
  retained: readonly RetainedManifest[],
  folder: string,
  report: ReportProgress,
  signal: AbortSignal,
): Promise<EncodedContents> {
  const contents = new Map(files.map((file) => [toContentKey(file), file]))
  const known = findKnownEncodings(contents, retained)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const made = new Set(await readdir(folder))
  const encodings = new Map<string, Encodings>()
  const where = new Map(files.filter(({ given }) => !given).map(({ blob, file }) => [blob, file]))
  const work: [key: string, file: SurveyedFile][] = []
  for (const [key, file] of contents) {
    const forms = known.get(key)
    const wanted = chooseEncodings(file.path, file.type, file.size)
    if (file.given) work.push([key, file])
    else if (forms) encodings.set(key, forms)
    else if (wanted.length === 0) encodings.set(key, [])
    else work.push([key, file])
  }
  work.sort(([, a], [, b]) => b.size - a.size)
  const count = startCount(
    'compressing',
    work.map(([, file]) => file),
    report,
  )
  await mapConcurrently(work, availableParallelism(), async ([key, file]) => {
    signal.throwIfAborted()
    if (file.given) {
      // The file is already compressed: the decoded content becomes the blob, and the file one of its
      // encodings.
      const { content } = await readSurveyed(file)
      await writeFile(join(folder, file.blob), content)
      where.set(file.blob, join(folder, file.blob)).set(file.given.blob, file.file)
      encodings.set(key, [file.given])
      count(file.size)
      return
    }
    const name = `${toSha256(Buffer.from(key))}.json`
    const note = join(folder, name)
    const forms = made.has(name) ? await readNote(note) : await encodeFile(file, folder, note)
    for (const { blob } of forms) where.set(blob, join(folder, blob))
    encodings.set(key, forms)
    count(file.size)
  })
  return { encodings, files: where }
}

/** The encodings that an earlier publication has made of the same contents, by content key. */
function findKnownEncodings(
  contents: ReadonlyMap<string, SurveyedFile>,
  retained: readonly RetainedManifest[],
): ReadonlyMap<string, Encodings> {
  const known = new Map<string, Encodings>()
  const hasCompressed = [...contents.values()].some(
    ({ path, type, size }) => chooseEncodings(path, type, size).length > 0,
  )
  if (!hasCompressed) return known
  for (const { manifest } of retained) {
    for (const entry of manifest.entries(0, MIN_COMPRESSED_BYTES)) {
      const key = toContentKey(entry)
      // Which deltas are made depends on the versions that are open now: deltas.ts.
      const forms = entry.encodings.filter((form) => !isDelta(form))
      if (contents.has(key)) known.set(key, forms)
    }
  }
  return known
}

async function readNote(note: string): Promise<Encodings> {
  return JSON.parse(await readFile(note, 'utf8'))
}

/** The note, which names the forms, is written last and atomically, so that it never names a missing file. */
async function encodeFile(file: SurveyedFile, folder: string, note: string): Promise<Encodings> {
  const { content } = await readSurveyed(file)
  const made = await compress(content, file.type, chooseEncodings(file.path, file.type, file.size))
  const forms: { encoding: Encoding; blob: string; size: number }[] = []
  for (const form of made) {
    const blob = toSha256(form.bytes)
    await writeFile(join(folder, blob), form.bytes)
    forms.push({ encoding: form.encoding, blob, size: form.bytes.length })
  }
  await writeFile(`${note}.new`, JSON.stringify(forms))
  await rename(`${note}.new`, note)
  return forms
}

/** Removes the encoded forms. Call it once the version is published. */
export async function removeEncoded(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
}
