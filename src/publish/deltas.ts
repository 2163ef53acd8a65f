// Deltas between releases (RFC 9842): the files of a version that browsers may keep as dictionaries, and the form
// of each file that is compressed with the dictionary of an earlier version. Node has no Brotli with a
// dictionary, so there is only Zstandard (`dcz`). A publication without deltas is complete, too.

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'
import { mapConcurrently } from '../core/concurrently.ts'
import { toDictionaryMatch } from '../core/site/dictionary-match.ts'
import {
  type Delta,
  isDelta,
  type ManifestEntry,
  type PlainForm,
  type Representation,
} from '../core/site/manifest-entry.ts'
import { MAX_SERVED_BLOB_BYTES } from '../wire/uploads.ts'
import { toSha256 } from './content-hash.ts'
import { readSurveyed } from './precompressed.ts'
import { type ReportProgress, startCount } from './progress.ts'
import type { RetainedManifest, SurveyedFile } from './survey.ts'

/** What a smaller file could save is less than what the two headers cost. */
export const MIN_DELTA_FILE_BYTES = 4096

/** The window that every browser has for `dcz` is 8 MB: a file and its dictionary fit into it together. */
export const MAX_DELTA_FILE_BYTES = MAX_SERVED_BLOB_BYTES

/** Older versions have few visitors left, and each costs every changed file one more blob. */
export const MAX_DICTIONARY_VERSIONS = 2

/** The largest files come first. Each delta takes up to some seconds of a core. */
export const MAX_DELTAS = 200

/** A delta that saves less is not worth another object in the store and in the memory of the edge. */
const MIN_DELTA_SAVING = 0.2

/** RFC 9842 section 5: the magic number and length of a skippable frame, before the hash of the dictionary. */
const DCZ_HEAD = Uint8Array.of(0x5e, 0x2a, 0x4d, 0x18, 0x20, 0, 0, 0)

const toZstd = promisify(zstdCompress)

/** A file with its other encodings. */
export type EncodedFile = SurveyedFile & { readonly encodings: readonly PlainForm[] }

export type LoadBlob = (sha256: string) => Promise<Uint8Array | undefined>

/** `bytes` as the content of a `dcz` reply to a client that has `dictionary`. */
export async function compressDelta(
  bytes: Uint8Array,
  dictionary: Uint8Array,
): Promise<Uint8Array> {
  const frame = await toZstd(bytes, {
    params: { [constants.ZSTD_c_compressionLevel]: 19 },
    dictionary,
    pledgedSrcSize: bytes.length,
  })
  return Buffer.concat([DCZ_HEAD, Buffer.from(toSha256(dictionary), 'hex'), frame])
}

/**
 * Marks the dictionaries of a version. A browser keeps one for each pattern, the latest that it has
 * loaded. So of all files with the same pattern only the largest is one.
 */
export function markDictionaries<T extends EncodedFile>(files: readonly T[]): readonly T[] {
  const largest = new Map<string, T>()
  for (const file of files) {
    const match = toMatch(file)
    const other = largest.get(match)
    if (match !== '' && (!other || file.size > other.size)) largest.set(match, file)
  }
  const marked = new Set(largest.values())
  return files.map((file) => (marked.has(file) ? { ...file, isDictionary: true as const } : file))
}

/** The pattern of the file's successors and predecessors; empty if it has no deltas and is no dictionary. */
function toMatch({ path, size, hashed, isPrivate, given, encodings }: EncodedFile): string {
  const isSuited =
    hashed &&
    !isPrivate &&
    !given &&
    encodings.length > 0 &&
    size >= MIN_DELTA_FILE_BYTES &&
    size <= MAX_DELTA_FILE_BYTES
  return isSuited ? toDictionaryMatch(path) : ''
}

export type Deltas = {
  /** The deltas of each file, by its path. */
  readonly forms: ReadonlyMap<string, readonly Delta[]>
  /** The file of each delta that was made. One that a retained version has is not made again. */
  readonly files: ReadonlyMap<string, string>
}

type Work = { readonly file: EncodedFile; readonly dictionary: string; readonly size: number }

/**
 * Makes the deltas of `files` to the newest open versions of `retained`, which come first in it.
 *
 * @param folder keeps what was made for a repeated publication.
 * @param loadBlob loads a dictionary. One that cannot be had is left out.
 * @throws PublishError when a file has changed since it was surveyed.
 */
export async function makeDeltas(
  files: readonly EncodedFile[],
  retained: readonly RetainedManifest[],
  folder: string,
  loadBlob: LoadBlob,
  report: ReportProgress,
  signal: AbortSignal,
): Promise<Deltas> {
  const work = listWork(files, retained)
  const forms = new Map<string, Delta[]>()
  const made = new Map<string, string>()
  if (work.length === 0) return { forms, files: made }
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const known = findKnownDeltas(retained)
  const count = startCount('compressing', work, report)
  const byDictionary = Map.groupBy(work, ({ dictionary }) => dictionary)
  for (const [dictionary, successors] of byDictionary) {
    const bytes = memoiseOne(() => loadDictionary(dictionary, loadBlob))
    await mapConcurrently(successors, availableParallelism(), async ({ file, size }) => {
      signal.throwIfAborted()
      const key = `${dictionary} ${file.blob}`
      const delta = known.get(key) ?? (await makeDelta(file, key, folder, bytes))
      count(size)
      if (!delta || !isWorthIt(delta.size, file)) return
      const form = { encoding: 'dcz' as const, dictionary, blob: delta.blob, size: delta.size }
      forms.set(file.path, [...(forms.get(file.path) ?? []), form])
      if (!known.has(key)) made.set(delta.blob, join(folder, delta.blob))
    })
  }
  return { forms, files: made }
}

/** Which file gets a delta to which dictionary. What an earlier version has as it is needs none. */
function listWork(files: readonly EncodedFile[], retained: readonly RetainedManifest[]): Work[] {
  const earlier = retained
    .filter(({ isOpen }) => isOpen !== false)
    .slice(0, MAX_DICTIONARY_VERSIONS)
    .map(({ manifest }) => ({ manifest, dictionaries: findDictionaries(manifest.entries()) }))
  const work = new Map<string, Work>()
  for (const file of files) {
    const match = toMatch(file)
    if (match === '') continue
    for (const { manifest, dictionaries } of earlier) {
      const dictionary = dictionaries.get(match)
      if (dictionary === undefined || manifest.find(file.path)) continue
      const { size } = file
      if (dictionary !== file.blob)
        work.set(`${dictionary} ${file.path}`, { file, dictionary, size })
    }
  }
  return [...work.values()].sort((a, b) => b.size - a.size).slice(0, MAX_DELTAS)
}

/** The dictionary of each pattern. */
function findDictionaries(entries: Iterable<ManifestEntry>): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const { path, blob, isDictionary } of entries) {
    if (isDictionary) found.set(toDictionaryMatch(path), blob)
  }
  return found
}

/** The deltas that are stored, by dictionary and content. */
function findKnownDeltas(
  retained: readonly RetainedManifest[],
): ReadonlyMap<string, Representation> {
  const known = new Map<string, Representation>()
  for (const { manifest } of retained) {
    for (const { blob, encodings } of manifest.entries()) {
      for (const form of encodings) {
        if (isDelta(form)) known.set(`${form.dictionary} ${blob}`, form)
      }
    }
  }
  return known
}

/** The bytes of a dictionary; `undefined` if the store does not have exactly these. */
async function loadDictionary(sha256: string, loadBlob: LoadBlob): Promise<Uint8Array | undefined> {
  const bytes = await loadBlob(sha256)
  return bytes && toSha256(bytes) === sha256 ? bytes : undefined
}

/** Writes the delta and then, atomically, the note that names it; reads the note if there is one. */
async function makeDelta(
  file: EncodedFile,
  key: string,
  folder: string,
  loadBytes: () => Promise<Uint8Array | undefined>,
): Promise<Representation | undefined> {
  const note = join(folder, `${toSha256(Buffer.from(key))}.delta.json`)
  const noted = await readFile(note, 'utf8').catch(() => undefined)
  if (noted !== undefined) return JSON.parse(noted)
  const dictionary = await loadBytes()
  if (!dictionary) return undefined
  const { content } = await readSurveyed(file)
  const bytes = await compressDelta(content, dictionary)
  const form = { blob: toSha256(bytes), size: bytes.length }
  await writeFile(join(folder, form.blob), bytes)
  await writeFile(`${note}.new`, JSON.stringify(form))
  await rename(`${note}.new`, note)
  return form
}

function isWorthIt(size: number, file: EncodedFile): boolean {
  const best = Math.min(file.size, ...file.encodings.map((form) => form.size))
  return size <= best * (1 - MIN_DELTA_SAVING)
}

/** Calls `make` when its result is first needed, and once. */
function memoiseOne<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}
