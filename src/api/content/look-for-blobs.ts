// Finds the blobs of a manifest that are not in the store. One call looks at one slice of the range of all
// hashes, so that its work is bounded however large the version is. SHA-256 distributes hashes evenly, so
// all slices have about the same number of blobs.

import { mapConcurrently } from '../../core/concurrently.ts'
import type { Manifest } from '../../core/site/manifest.ts'
import type { ManifestEntry, Representation } from '../../core/site/manifest-entry.ts'
import type { AbsentBlob } from '../../wire/problems.ts'
import type { ContentStore } from './content-store.ts'

/** How many blobs one step looks for: a few pages of R2's list, and a reply of 400 KB. */
const BLOBS_PER_STEP = 4000

/** Up to this many blobs are looked up one by one; more are found in R2's list, a thousand per call. */
export const MAX_SINGLE_HEADS = 64

/** A step reads at most this many pages of the list, and looks up the remaining blobs one by one. */
export const MAX_LIST_PAGES = 60

/** The platform allows six connections per request; further calls would wait. */
export const STORE_CALLS_AT_ONCE = 6

/**
 * `stored` is the size of the stored blob, where that is not the blob of the manifest; `undefined`: nothing
 * is stored. `problem`: what is wrong with one of the right size.
 */
export type Absent = Representation & {
  readonly stored: number | undefined
  readonly problem?: string
}

/** How many slices a manifest has: at least one, and no more than files. */
export function countSlices(manifest: Manifest): number {
  return Math.max(1, Math.min(manifest.count, Math.ceil(manifest.countForms() / BLOBS_PER_STEP)))
}

/** The number of files that count as verified after so many slices. */
export function toVerified(slice: number, slices: number, files: number): number {
  return Math.ceil((slice * files) / slices)
}

/**
 * The next slice: the inverse of `toVerified`, which exists because there are at most as many slices as
 * files.
 */
export function toSlice(verified: number, slices: number, files: number): number {
  return files === 0 ? slices : Math.floor((verified * slices) / files)
}

/**
 * The blobs of one slice that are missing or have another size than the manifest says. The blobs of a file
 * that a manifest of `known` has in the same form are not looked up: that version was verified when it was
 * finalised, and its blobs are kept.
 */
export async function lookForBlobs(
  store: ContentStore,
  manifest: Manifest,
  known: readonly Manifest[],
  { slice, slices }: { readonly slice: number; readonly slices: number },
): Promise<readonly Absent[] | 'unavailable'> {
  const wanted = collectWanted(manifest, known, slice, slices)
  if (wanted.size === 0) return []
  const stored = await findStored(store, [...wanted.keys()].sort())
  if (stored === 'unavailable') return stored
  return [...wanted].flatMap(([blob, sizes]) =>
    [...sizes]
      .filter((size) => stored.get(blob) !== size)
      .map((size) => ({ blob, size, stored: stored.get(blob) })),
  )
}

export function toAbsentBlob({ blob, size, stored, problem }: Absent): AbsentBlob {
  if (stored === undefined) return { sha256: blob, size, problem: 'is not stored' }
  const why = problem ?? `is stored with ${stored} bytes`
  return { sha256: blob, size, problem: why, damaged: true }
}

/**
 * The hashes of a slice with the sizes that the manifest gives them. A correct manifest gives each hash
 * one size.
 */
function collectWanted(
  manifest: Manifest,
  known: readonly Manifest[],
  slice: number,
  slices: number,
): ReadonlyMap<string, ReadonlySet<number>> {
  const wanted = new Map<string, Set<number>>()
  for (const entry of manifest.entriesOf((beginning) => isPlaceIn(beginning, slice, slices))) {
    const forms = [entry, ...entry.encodings].filter(({ blob }) => isInSlice(blob, slice, slices))
    if (forms.length === 0 || known.some((other) => hasSame(other, entry))) continue
    for (const { blob, size } of forms) {
      const sizes = wanted.get(blob)
      if (sizes) sizes.add(size)
      else wanted.set(blob, new Set([size]))
    }
  }
  return wanted
}

export function isInSlice(blob: string, slice: number, slices: number): boolean {
  return isPlaceIn(toBeginning(blob), slice, slices)
}

/** The first 32 bits of a hash. NaN for what is none, which is in no slice and in no manifest. */
export function toBeginning(blob: string): number {
  return Number.parseInt(blob.slice(0, 8), 16)
}

/** The same by the first 32 bits of the hash. */
export function isPlaceIn(beginning: number, slice: number, slices: number): boolean {
  return Math.floor((beginning / 2 ** 32) * slices) === slice
}

function hasSame(manifest: Manifest, entry: ManifestEntry): boolean {
  const other = manifest.findAny(entry.path)
  return other !== undefined && toForms(other) === toForms(entry)
}

function toForms({ blob, size, encodings }: ManifestEntry): string {
  return [{ blob, size }, ...encodings].map((form) => `${form.blob} ${form.size}`).join()
}

/** The sizes of the stored blobs by their hash. */
async function findStored(
  store: ContentStore,
  sorted: readonly string[],
): Promise<ReadonlyMap<string, number> | 'unavailable'> {
  const stored = new Map<string, number>()
  const pages = sorted.length > MAX_SINGLE_HEADS ? MAX_LIST_PAGES : 0
  let left = sorted
  for (let page = 0; page < pages && left.length > 0; page++) {
    const listed = await store.list('blobs', '', toPredecessor(left[0] ?? ''))
    if (listed === 'unavailable') return listed
    const last = left.at(-1) ?? ''
    for (const { name, size } of listed.items) stored.set(name, size)
    const end = listed.items.at(-1)?.name ?? ''
    if (listed.isLast || end >= last) return stored
    left = left.filter((hash) => hash > end)
  }
  const sizes = await mapConcurrently(left, STORE_CALLS_AT_ONCE, async (hash) => {
    return [hash, await store.sizeOfBlob(hash)] as const
  })
  for (const [hash, size] of sizes) {
    if (size === 'unavailable') return size
    if (size !== 'missing') stored.set(hash, size)
  }
  return stored
}

/** A key that sorts before the hash, so that a list after it includes the hash. */
function toPredecessor(hash: string): string {
  return hash.slice(0, -1)
}
