// Which blobs of a manifest are not in the store, one slice of all hashes at a time, so that a step is
// bounded however large the version is. SHA-256 spreads hashes evenly, and so the slices.

import { mapConcurrently } from '../../core/concurrently.ts'
import type { Manifest, ManifestEntry, Representation } from '../../core/site/manifest.ts'
import type { AbsentBlob } from '../../wire/problems.ts'
import {
  BLOBS_PER_STEP,
  MAX_LIST_PAGES,
  MAX_SINGLE_HEADS,
  STORE_CALLS_AT_ONCE,
} from '../http/limits.ts'
import type { ContentStore } from './content-store.ts'

/** `size`: what is stored has another size than the manifest says; `undefined` for nothing stored. */
export type Absent = Representation & { readonly stored: number | undefined }

/** How many slices a manifest has: at least one, and no more than files. */
export function countSlices(manifest: Manifest): number {
  let blobs = 0
  for (const { encodings } of manifest.entries()) blobs += 1 + encodings.length
  return Math.max(1, Math.min(manifest.count, Math.ceil(blobs / BLOBS_PER_STEP)))
}

/** After `slice` slices, how many files count as looked at. */
export function toVerified(slice: number, slices: number, files: number): number {
  return Math.ceil((slice * files) / slices)
}

/** The slice that comes next; the inverse of `toVerified`, as there are no more slices than files. */
export function toSlice(verified: number, slices: number, files: number): number {
  return files === 0 ? slices : Math.floor((verified * slices) / files)
}

/**
 * The blobs of one slice that are not there as the manifest has them. What a manifest of `known` has of
 * the same file is there: its version was looked at when it was finalised, and is kept.
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

export function toAbsentBlob({ blob, size, stored }: Absent): AbsentBlob {
  const problem = stored === undefined ? 'is not stored' : `is stored with ${stored} bytes`
  return { sha256: blob, size, problem }
}

/** Hashes, each with the sizes that the manifest gives it: one, unless it is mistaken. */
function collectWanted(
  manifest: Manifest,
  known: readonly Manifest[],
  slice: number,
  slices: number,
): ReadonlyMap<string, ReadonlySet<number>> {
  const wanted = new Map<string, Set<number>>()
  for (const entry of manifest.entries()) {
    const forms = [entry, ...entry.encodings].filter(({ blob }) => isIn(blob, slice, slices))
    if (forms.length === 0 || known.some((other) => hasSame(other, entry))) continue
    for (const { blob, size } of forms) {
      const sizes = wanted.get(blob)
      if (sizes) sizes.add(size)
      else wanted.set(blob, new Set([size]))
    }
  }
  return wanted
}

function isIn(blob: string, slice: number, slices: number): boolean {
  const place = Number.parseInt(blob.slice(0, 8), 16) / 2 ** 32
  return Math.floor(place * slices) === slice
}

function hasSame(manifest: Manifest, entry: ManifestEntry): boolean {
  const other = manifest.find(entry.path)
  return other !== undefined && toForms(other) === toForms(entry)
}

function toForms({ blob, size, encodings }: ManifestEntry): string {
  return [{ blob, size }, ...encodings].map((form) => `${form.blob} ${form.size}`).join()
}

/** Sizes by hash of those that are stored. */
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

/** A text right before a hash, so that a list that begins after it begins with the hash. */
function toPredecessor(hash: string): string {
  return hash.slice(0, -1)
}
