// Loads a version's manifest by its hash: from memory, else from the Cache API, else from R2. Every
// request that finds none in memory loads a copy of its own, because a promise of another request
// may never settle.

import { Manifest, openManifest } from '../core/site/manifest.ts'
import { discardBody, readWhole } from './bodies.ts'
import { MAX_MEMORY_MANIFESTS_BYTES, MAX_SIZES_BYTES, READ_TIMEOUT_MS } from './limits.ts'
import { BoundedMemory } from './memory.ts'
import type { Background, Counters, EdgeCache, Store, StoredBytes } from './store.ts'

type KeepBlob = (hash: string, bytes: Uint8Array) => Promise<void>

export class Manifests {
  readonly #store: Store
  readonly #cache: EdgeCache
  readonly #counters: Counters
  readonly #memory = new BoundedMemory<Manifest>(MAX_MEMORY_MANIFESTS_BYTES)
  /** In bytes, so that a manifest that is too large is not loaded again and again. */
  readonly #sizes = new BoundedMemory<number>(MAX_SIZES_BYTES)

  /** Those that the data centre did not have, and whose page nobody has warmed yet. */
  readonly #cold = new WeakSet<Manifest>()

  /** Those that a search opened, whose own blobs nobody has kept yet. */
  readonly #unkept = new WeakSet<Manifest>()

  constructor(store: Store, cache: EdgeCache, counters: Counters) {
    this.#store = store
    this.#cache = cache
    this.#counters = counters
  }

  /** The manifest if it is in memory, without waiting. */
  peek(hash: string): Manifest | undefined {
    return this.#memory.get(hash)
  }

  /** The same; `undefined` also if the blobs that the manifest holds have to be kept first. */
  peekReady(hash: string): Manifest | undefined {
    const manifest = this.#memory.get(hash)
    return manifest && this.#unkept.has(manifest) ? undefined : manifest
  }

  /** Whether the data centre did not have this manifest. Says so once. */
  takeCold(manifest: Manifest): boolean {
    return this.#cold.delete(manifest)
  }

  /**
   * The manifest, unless it has more than `maxBytes` or cannot be had: the store fails, does not
   * have it, or has something else under its name.
   *
   * @param keepBlob gets the blobs that the manifest holds itself, unless they were kept before. A search needs none.
   */
  async load(
    hash: string,
    maxBytes: number,
    ctx: Background,
    keepBlob?: KeepBlob,
  ): Promise<Manifest | 'too-large' | 'unavailable'> {
    const kept = this.#memory.get(hash)
    const size = kept?.bytes.length ?? this.#sizes.get(hash) ?? 0
    if (size > maxBytes) return 'too-large'
    if (kept) {
      if (keepBlob && this.#unkept.delete(kept)) await keepInlined(kept, keepBlob)
      return kept
    }

    const key = `manifests/${hash}`
    this.#counters.cacheGets++
    const cached = await this.#cache.match(key)
    if (cached) {
      const manifest = await this.#open(hash, cached, maxBytes, keepBlob)
      if (manifest !== 'unavailable') {
        this.#counters.cacheHits++
        return manifest
      }
    }

    this.#counters.r2Gets++
    const stored = await this.#store.getManifest(hash)
    if (stored === 'missing') console.error(`manifest ${hash} is not in the store`)
    const manifest =
      typeof stored === 'string'
        ? 'unavailable'
        : await this.#open(hash, stored, maxBytes, keepBlob)
    if (manifest === 'unavailable') this.#counters.r2Failures++
    if (manifest instanceof Manifest) {
      this.#cold.add(manifest)
      this.#counters.cachePuts++
      ctx.waitUntil(this.#cache.put(key, manifest.bytes, manifest.bytes.length))
    }
    return manifest
  }

  async #open(
    hash: string,
    { body, size }: StoredBytes,
    maxBytes: number,
    keepBlob: KeepBlob | undefined,
  ): Promise<Manifest | 'too-large' | 'unavailable'> {
    this.#sizes.put(hash, size, hash.length)
    if (size > maxBytes) {
      await discardBody(body)
      return 'too-large'
    }
    const read = await readWhole(body, size, READ_TIMEOUT_MS)
    const opened = read.ok ? openManifest(new Uint8Array(read.value)) : read
    if (!opened.ok) {
      console.error(`manifest ${hash} cannot be used`, opened.error)
      return 'unavailable'
    }
    if (keepBlob) await keepInlined(opened.value, keepBlob)
    else this.#unkept.add(opened.value)
    this.#memory.put(hash, opened.value, size)
    return opened.value
  }
}

async function keepInlined(manifest: Manifest, keepBlob: KeepBlob): Promise<void> {
  await Promise.all([...manifest.inlined()].map(([blob, held]) => keepBlob(blob, held)))
}
