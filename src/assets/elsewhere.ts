// A file that the request's own version does not have, searched for in other versions, so that tabs
// which opened an older version keep working. The caller chooses the versions; lookup.ts decides
// which files the request may take.

import { toManifestPath } from '../core/path.ts'
import type { Manifest } from '../core/site/manifest.ts'
import type { ManifestEntry } from '../core/site/manifest-entry.ts'
import type { Intent } from '../core/site/resolve.ts'
import type { Version } from '../core/types.ts'
import { MAX_NEGATIVES_BYTES, MAX_SEARCHED_BYTES } from './limits.ts'
import type { FileFilter } from './lookup.ts'
import type { Manifests } from './manifests.ts'
import { BoundedMemory } from './memory.ts'
import type { Background, Counters } from './store.ts'

/** How many versions are searched. */
export const MAX_SEARCHED_VERSIONS = 10

/** An intent that is a file. */
export type ElsewhereFile = Extract<Intent, { readonly kind: 'file' }>

export class Elsewhere {
  readonly #manifests: Manifests
  readonly #counters: Counters
  readonly #maxBytes: number
  readonly #negatives = new BoundedMemory<true>(MAX_NEGATIVES_BYTES)

  constructor(manifests: Manifests, counters: Counters, maxBytes: number = MAX_SEARCHED_BYTES) {
    this.#manifests = manifests
    this.#counters = counters
    this.#maxBytes = maxBytes
  }

  /**
   * The file at a normalised path, from the first of `versions` that has one which `accepts` takes.
   * A manifest that would exceed the byte budget is skipped. `unavailable` if no file was found and
   * a manifest could not be loaded: nothing is certain then, and nothing is remembered.
   */
  async find(
    path: string,
    versions: readonly Version[],
    { accepts }: FileFilter,
    revision: number,
    ctx: Background,
  ): Promise<ElsewhereFile | undefined | 'unavailable'> {
    const name = toManifestPath(path)
    if (name === undefined || versions.length === 0) return undefined
    const searched = versions.slice(0, MAX_SEARCHED_VERSIONS)
    // Two requests of one revision may search different versions, so their names are part of the
    // key.
    const key = `${revision} ${searched.map((version) => version.id).join(' ')} ${name}`
    if (this.#negatives.get(key)) {
      this.#counters.negativeHits++
      return undefined
    }
    let unused = this.#maxBytes
    let failed = false
    let isKnown = false
    for (const [hash, sharing] of groupByManifest(searched)) {
      // Storage that has just failed is not asked again; manifests in memory still count.
      const manifest = failed
        ? this.#manifests.peek(hash)
        : await this.#manifests.load(hash, unused, ctx)
      if (manifest === 'unavailable') failed = true
      if (typeof manifest !== 'object') continue
      const entry = manifest.find(name)
      if (entry) {
        if (sharing.some((version) => accepts(entry, version))) return toFound(manifest, entry)
        // Another request may accept what this one does not.
        isKnown = true
      }
      unused -= manifest.bytes.length
    }
    if (failed) return 'unavailable'
    if (isKnown) return undefined
    // A character of a string takes at most two bytes.
    this.#negatives.put(key, true, key.length * 2)
    return undefined
  }
}

/**
 * Groups versions by manifest: a version that is published again has the same one under another id.
 */
function groupByManifest(versions: readonly Version[]): ReadonlyMap<string, readonly Version[]> {
  return Map.groupBy(versions, ({ manifest }) => manifest)
}

function toFound(manifest: Manifest, entry: ManifestEntry): ElsewhereFile {
  const { headers } = manifest.config
  const found = { kind: 'file', entry, status: 200, isElsewhere: true } as const
  return headers ? { ...found, config: manifest.config } : found
}
