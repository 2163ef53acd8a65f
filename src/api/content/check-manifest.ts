// Checks whether the bytes of a manifest can become a version: it can be parsed and searched, every path
// can be written in a URL, and every content type in a header. All problems are reported together. Whether
// its blobs are stored is checked when the upload is finalised.

import { err, ok, type Result } from '../../core/result.ts'
import { type Manifest, openManifest } from '../../core/site/manifest.ts'
import { findPathProblems } from '../../core/site/manifest-paths.ts'
import type { Fault } from '../../wire/problems.ts'
import { MAX_BLOB_BYTES, MAX_LISTED_PROBLEMS } from '../http/limits.ts'
import type { Failure } from '../http/problems.ts'

/** The longest content type in a manifest. Real ones have about a dozen characters. */
export const MAX_TYPE_CHARACTERS = 200

/** The value of a header (RFC 9110 section 5.5), without the obsolete characters above ASCII. */
const TYPE = /^[\x20-\x7e]+$/

/** @returns how many paths the manifest has and the sum of their sizes, or everything that is wrong with it. */
export function checkManifest(
  bytes: Uint8Array,
): Result<{ readonly files: number; readonly bytes: number }, Failure> {
  const opened = openManifest(bytes)
  if (!opened.ok) return refuse([{ path: '', message: opened.error }], 1)
  const manifest = opened.value
  if (!manifest.isSearchable()) {
    const message =
      'its table cannot be searched: the rows are not sorted by the hashes of their paths, or too many paths have the same hash'
    return refuse([{ path: '', message }], 1)
  }
  const { problems, count } = findPathProblems(toPaths(manifest), MAX_LISTED_PROBLEMS)
  if (count > 0) return refuse(problems, count)
  const faults: Fault[] = []
  let faulty = 0
  let files = 0
  let sum = 0
  for (const entry of manifest.entries()) {
    files++
    sum += entry.size
    const message = findFault(entry)
    if (message === undefined) continue
    faulty++
    if (faults.length < MAX_LISTED_PROBLEMS) faults.push({ path: entry.path, message })
  }
  if (files !== manifest.count) {
    const message = `${manifest.count - files} of its ${manifest.count} entries are damaged`
    return refuse([{ path: '', message }, ...faults].slice(0, MAX_LISTED_PROBLEMS), faulty + 1)
  }
  return faulty > 0 ? refuse(faults, faulty) : ok({ files, bytes: sum })
}

type Entry = NonNullable<ReturnType<Manifest['find']>>

function findFault({ size, type, encodings }: Entry) {
  if (!TYPE.test(type)) {
    return `has a content type that cannot be sent in a header: ${JSON.stringify(type.slice(0, 80))}`
  }
  if (type.length > MAX_TYPE_CHARACTERS) {
    return `has a content type of ${type.length} characters; ${MAX_TYPE_CHARACTERS} are allowed`
  }
  const largest = Math.max(size, ...encodings.map((form) => form.size))
  return largest > MAX_BLOB_BYTES
    ? `has ${largest} bytes; ${MAX_BLOB_BYTES} are allowed`
    : undefined
}

function* toPaths(manifest: Manifest): Generator<string> {
  for (const { path } of manifest.entries()) yield path
}

function refuse(problems: readonly Fault[], count: number): Result<never, Failure> {
  return err({ kind: 'invalid_manifest', problems, more: count - problems.length })
}
