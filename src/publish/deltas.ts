// Deltas between releases (RFC 9842): the files of a version that browsers may keep as dictionaries, and the forms
// of each file that are compressed with the dictionary of an earlier version (delta-forms.ts). A publication
// without deltas is complete, too.

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { mapConcurrently } from '../core/concurrently.ts'
import { toDictionaryMatch } from '../core/site/dictionary-match.ts'
import {
  type Delta,
  type DeltaEncoding,
  isDelta,
  type ManifestEntry,
  type PlainForm,
  type Representation,
} from '../core/site/manifest-entry.ts'
import { MAX_SERVED_BLOB_BYTES } from '../wire/uploads.ts'
import { toSha256 } from './content-hash.ts'
import { compressDelta, listDeltaEncodings } from './delta-forms.ts'
import { readSurveyed } from './precompressed.ts'
import { type ReportProgress, startCount } from './progress.ts'
import type { RetainedManifest, SurveyedFile } from './survey.ts'

/** A delta of a smaller file saves less than its two headers cost. */
export const MIN_DELTA_FILE_BYTES = 4096

/** The window that every browser has for `dcz` is 8 MB: a file and its dictionary fit into it together. */
export const MAX_DELTA_FILE_BYTES = MAX_SERVED_BLOB_BYTES

/** Older versions have few visitors left, and each costs every changed file one more blob. */
export const MAX_DICTIONARY_VERSIONS = 2

/**
 * Pairs of a file and a dictionary, of which each has a delta in every encoding. The largest files come first.
 * Each delta takes up to some seconds of a core.
 */
export const MAX_DELTAS = 200

/** A delta that saves less is not worth another object in the store and in the memory of the edge. */
const MIN_DELTA_SAVING = 0.2

/** A file with its other encodings. */
export type EncodedFile = SurveyedFile & { readonly encodings: readonly PlainForm[] }

export type LoadBlob = (sha256: string) => Promise<Uint8Array | undefined>

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

type Work = {
  readonly file: EncodedFile
  /** SHA-256 of the dictionary. */
  readonly dictionary: string
  readonly encoding: DeltaEncoding
  readonly size: number
}

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
  const work = listWork(files, retained, await listDeltaEncodings())
  const forms = new Map<string, Delta[]>()
  const made = new Map<string, string>()
  if (work.length === 0) return { forms, files: made }
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const known = findKnownDeltas(retained)
  const count = startCount('compressing', work, report)
  const dictionaries = new Dictionaries(work, loadBlob)
  await mapConcurrently(work, availableParallelism(), async (one) => {
    signal.throwIfAborted()
    const { file, dictionary, encoding, size } = one
    const key = toKey(encoding, dictionary, file.blob)
    const delta = known.get(key) ?? (await makeDelta(one, key, folder, dictionaries))
    dictionaries.leave(dictionary)
    count(size)
    if (!delta || !isWorthIt(delta.size, file)) return
    const form = { encoding, dictionary, blob: delta.blob, size: delta.size }
    forms.set(file.path, [...(forms.get(file.path) ?? []), form])
    if (!known.has(key)) made.set(delta.blob, join(folder, delta.blob))
  })
  return { forms, files: made }
}

/**
 * Which file gets a delta to which dictionary, those with the same dictionary together. What an earlier version
 * has as it is needs none.
 */
function listWork(
  files: readonly EncodedFile[],
  retained: readonly RetainedManifest[],
  encodings: readonly DeltaEncoding[],
): readonly Work[] {
  const earlier = retained
    .filter(({ isOpen }) => isOpen !== false)
    .slice(0, MAX_DICTIONARY_VERSIONS)
    .map(({ manifest }) => ({
      manifest,
      dictionaries: findDictionaries(manifest.entries(0, MIN_DELTA_FILE_BYTES)),
    }))
  const pairs = new Map<string, Omit<Work, 'encoding'>>()
  for (const file of files) {
    const match = toMatch(file)
    if (match === '') continue
    for (const { manifest, dictionaries } of earlier) {
      const dictionary = dictionaries.get(match)
      if (dictionary === undefined || manifest.find(file.path)) continue
      const { size } = file
      if (dictionary !== file.blob)
        pairs.set(`${dictionary} ${file.path}`, { file, dictionary, size })
    }
  }
  const largest = [...pairs.values()].sort((a, b) => b.size - a.size).slice(0, MAX_DELTAS)
  const together = [...Map.groupBy(largest, ({ dictionary }) => dictionary).values()].flat()
  return together.flatMap((pair) => encodings.map((encoding) => ({ ...pair, encoding })))
}

/** The bytes of dictionaries, from when one is first needed until its last delta is made. */
class Dictionaries {
  readonly #loadBlob: LoadBlob
  readonly #loaded = new Map<string, Promise<Uint8Array | undefined>>()
  readonly #uses = new Map<string, number>()

  constructor(work: readonly Work[], loadBlob: LoadBlob) {
    this.#loadBlob = loadBlob
    for (const { dictionary } of work) {
      this.#uses.set(dictionary, (this.#uses.get(dictionary) ?? 0) + 1)
    }
  }

  /** `undefined` if the store does not give exactly these bytes. */
  load(sha256: string): Promise<Uint8Array | undefined> {
    const loading = this.#loaded.get(sha256) ?? this.#load(sha256)
    this.#loaded.set(sha256, loading)
    return loading
  }

  /** Says that one of the deltas is made. */
  leave(sha256: string): void {
    const left = (this.#uses.get(sha256) ?? 1) - 1
    this.#uses.set(sha256, left)
    if (left === 0) this.#loaded.delete(sha256)
  }

  async #load(sha256: string): Promise<Uint8Array | undefined> {
    // What else needs the store fails by itself, and says why.
    const bytes = await this.#loadBlob(sha256).catch(() => undefined)
    return bytes && toSha256(bytes) === sha256 ? bytes : undefined
  }
}

/** The dictionary of each pattern. */
function findDictionaries(entries: Iterable<ManifestEntry>): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const { path, blob, isDictionary } of entries) {
    if (isDictionary) found.set(toDictionaryMatch(path), blob)
  }
  return found
}

function toKey(encoding: DeltaEncoding, dictionary: string, blob: string): string {
  return `${encoding} ${dictionary} ${blob}`
}

/** The deltas that are stored, by `toKey`. */
function findKnownDeltas(
  retained: readonly RetainedManifest[],
): ReadonlyMap<string, Representation> {
  const known = new Map<string, Representation>()
  for (const { manifest } of retained) {
    for (const { blob, encodings } of manifest.entries(0, MIN_DELTA_FILE_BYTES)) {
      for (const form of encodings) {
        if (isDelta(form)) known.set(toKey(form.encoding, form.dictionary, blob), form)
      }
    }
  }
  return known
}

/** Writes the delta and then, atomically, the note that names it; reads the note if there is one. */
async function makeDelta(
  { file, dictionary, encoding }: Work,
  key: string,
  folder: string,
  dictionaries: Dictionaries,
): Promise<Representation | undefined> {
  const note = join(folder, `${toSha256(Buffer.from(key))}.delta.json`)
  const noted = await readFile(note, 'utf8').catch(() => undefined)
  if (noted !== undefined) return JSON.parse(noted)
  const loaded = await dictionaries.load(dictionary)
  if (!loaded) return undefined
  const { content } = await readSurveyed(file)
  const bytes = await compressDelta(encoding, content, loaded)
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
