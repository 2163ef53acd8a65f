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
import type { Encoding, ManifestEntry, Representation } from '../core/site/manifest.ts'
import { toSha256 } from './content-hash.ts'
import { type GivenForm, readSurveyed } from './precompressed.ts'
import { type ReportProgress, startCount } from './progress.ts'
import type { RetainedManifest, SurveyedFile } from './survey.ts'

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

type CompressedForm = {
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
      // Level 19 is the last whose window keeps within the 8 MB that RFC 9659 allows on the web.
      return toZstd(bytes, {
        params: { [constants.ZSTD_c_compressionLevel]: thorough ? 19 : 12 },
        pledgedSrcSize: bytes.length,
      })
  }
}

type Encodings = ManifestEntry['encodings']

export type EncodedContents = {
  /** By `toContentKey`. */
  readonly encodings: ReadonlyMap<string, Encodings>
  /** Where the bytes of each blob can be read. Forms that a retained version has are not made again. */
  readonly files: ReadonlyMap<string, string>
}

/** Files with the same key are stored once: the same bytes, encoded in the same way. */
export function toContentKey(
  file: Pick<ManifestEntry, 'path' | 'blob' | 'size' | 'type'> & { readonly given?: GivenForm },
): string {
  if (file.given) return [file.blob, file.type, 'given', file.given.blob].join(' ')
  return [file.blob, file.type, ...chooseEncodings(file.path, file.type, file.size)].join(' ')
}

/**
 * Compresses what no retained version has in the same form, into `folder`.
 *
 * @throws PublishError when a file is no longer what it was when it was surveyed.
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
      // The decoded content is uploaded as the file; the form that was given is one of its encodings.
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

/** By content key, the encodings that an earlier publication made of the same content. */
function findKnownEncodings(
  contents: ReadonlyMap<string, Representation>,
  retained: readonly RetainedManifest[],
): ReadonlyMap<string, Encodings> {
  const known = new Map<string, Encodings>()
  for (const { manifest } of retained) {
    for (const entry of manifest.entries()) {
      const key = toContentKey(entry)
      if (contents.has(key)) known.set(key, entry.encodings)
    }
  }
  return known
}

async function readNote(note: string): Promise<Encodings> {
  return JSON.parse(await readFile(note, 'utf8'))
}

/** The note that names the forms is written last and in one step, so that it never names missing files. */
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

/** To be called once the version is published. */
export async function removeEncoded(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true })
}
