// Loads the bytes of one representation, or a range of them: from memory, else from the Cache API,
// else with one get from R2. Small blobs are read whole and kept in memory; big ones are streamed.

import { toHex } from '../core/hex.ts'
import type { Representation } from '../core/site/manifest-entry.ts'
import { type Body, discardBody, readWhole, sliceBody, streamExactly } from './bodies.ts'
import {
  MAX_CACHED_BLOB_BYTES,
  MAX_MEMORY_BLOB_BYTES,
  MAX_MEMORY_BLOBS_BYTES,
  READ_TIMEOUT_MS,
} from './limits.ts'
import { BoundedMemory } from './memory.ts'
import type { ByteRange } from './ranges.ts'
import type { Background, Counters, EdgeCache, Store, StoredBytes } from './store.ts'

export type LoadedBlob = {
  /** Exactly as many bytes as were asked for; otherwise reading it ends with an error. */
  readonly body: Body
  readonly source: 'memory' | 'cache' | 'r2'
}

/** About 250 hashes: more than are read at the same time. */
const BEGUN_BYTES = 16 * 2 ** 10

export class Blobs {
  readonly #store: Store
  readonly #cache: EdgeCache
  readonly #counters: Counters
  readonly #memory = new BoundedMemory<ArrayBuffer>(MAX_MEMORY_BLOBS_BYTES)
  /** When the last reads of blobs began. */
  readonly #begun = new BoundedMemory<number>(BEGUN_BYTES)

  constructor(store: Store, cache: EdgeCache, counters: Counters) {
    this.#store = store
    this.#cache = cache
    this.#counters = counters
  }

  /** The blob if it is in memory, without waiting. */
  peek(hash: string): LoadedBlob | undefined {
    const body = this.#memory.get(hash)
    if (!body) return undefined
    this.#counters.memoryHits++
    return { body, source: 'memory' }
  }

  /** Whether the blob is in memory. */
  has(hash: string): boolean {
    return this.#memory.get(hash) !== undefined
  }

  /** Whether somebody has begun to read the blob a moment ago, and may not have it yet. */
  isBeingRead(hash: string): boolean {
    const began = this.#begun.get(hash)
    return began !== undefined && Date.now() - began < READ_TIMEOUT_MS
  }

  /** Keeps bytes that came with a manifest, unless they are not what their hash says. */
  async keep(hash: string, bytes: Uint8Array): Promise<void> {
    if (this.has(hash)) return
    const body = Uint8Array.from(bytes).buffer
    const found = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', body)))
    if (found === hash) this.#memory.put(hash, body, body.byteLength)
    else console.error(`blob ${hash} in a manifest has the hash ${found}`)
  }

  /** Loads a blob that is not in memory. One that the store does not have is `unavailable` too. */
  async load(wanted: Representation, ctx: Background): Promise<LoadedBlob | 'unavailable'> {
    this.#begun.put(wanted.blob, Date.now(), wanted.blob.length)
    const cached = await this.#fromCache(wanted)
    if (cached) return { body: cached, source: 'cache' }
    const stored = await this.#fromStore(wanted, ctx)
    return stored ? { body: stored, source: 'r2' } : 'unavailable'
  }

  /**
   * A range of a blob, which has to lie within it. A small blob is loaded whole, so that the next
   * range is in memory; of a big one that is not in the cache only the range is read.
   */
  async loadRange(
    wanted: Representation,
    range: ByteRange,
    ctx: Background,
  ): Promise<LoadedBlob | 'unavailable'> {
    if (wanted.size <= MAX_MEMORY_BLOB_BYTES || range.length === wanted.size) {
      const loaded = this.peek(wanted.blob) ?? (await this.load(wanted, ctx))
      if (loaded === 'unavailable' || range.length === wanted.size) return loaded
      return { ...loaded, body: sliceBody(loaded.body, range) }
    }
    const cached = await this.#getCached(wanted)
    if (cached) {
      this.#counters.cacheHits++
      return { body: sliceBody(cached.body, range), source: 'cache' }
    }
    const stored = await this.#getStored(wanted, range)
    return stored ? { body: streamExactly(stored.body, range.length), source: 'r2' } : 'unavailable'
  }

  async #fromCache(wanted: Representation): Promise<Body | undefined> {
    const found = await this.#getCached(wanted)
    const body = found && (await this.#toBody(found, wanted.blob, wanted.size))
    if (body) this.#counters.cacheHits++
    return body
  }

  /** The copy in the Cache API, if it has the length that the manifest says. */
  async #getCached({ blob, size }: Representation): Promise<StoredBytes | undefined> {
    if (size > MAX_CACHED_BLOB_BYTES) return undefined
    this.#counters.cacheGets++
    const found = await this.#cache.match(toKey(blob))
    return found && (await this.#hasSize(found, blob, size)) ? found : undefined
  }

  async #fromStore(wanted: Representation, ctx: Background): Promise<Body | undefined> {
    const { blob, size } = wanted
    const found = await this.#getStored(wanted)
    if (!found) return undefined
    const [stored, copy] = size <= MAX_MEMORY_BLOB_BYTES ? [found] : this.#split(found)
    const body = await this.#toBody(stored, blob, size)
    if (!body) {
      this.#counters.r2Failures++
      await discardBody(copy ?? null)
      return undefined
    }
    const kept = body instanceof ArrayBuffer ? body : copy
    if (kept) {
      this.#counters.cachePuts++
      ctx.waitUntil(this.#cache.put(toKey(blob), kept, size))
    }
    return body
  }

  /** The blob in R2, if it has the length that the manifest says. */
  async #getStored(
    { blob, size }: Representation,
    range?: ByteRange,
  ): Promise<StoredBytes | undefined> {
    this.#counters.r2Gets++
    const found = await this.#store.getBlob(blob, range)
    if (typeof found !== 'string' && (await this.#hasSize(found, blob, size))) return found
    if (found === 'missing') console.error(`blob ${blob} is not in the store`)
    this.#counters.r2Failures++
    return undefined
  }

  /** Adds a second body for the Cache API, unless it would be too big for it. */
  #split({ body, size }: StoredBytes): [StoredBytes, ReadableStream?] {
    if (size > MAX_CACHED_BLOB_BYTES) return [{ body, size }]
    const [first, second] = body.tee()
    return [{ body: first, size }, second]
  }

  /** A body for a reply; `undefined` if it is not the blob of the manifest. */
  async #toBody(stored: StoredBytes, blob: string, size: number): Promise<Body | undefined> {
    if (size > MAX_MEMORY_BLOB_BYTES) return streamExactly(stored.body, size)
    const read = await readWhole(stored.body, size, READ_TIMEOUT_MS)
    if (!read.ok) {
      console.warn(`blob ${blob} could not be read`, read.error)
      return undefined
    }
    this.#memory.put(blob, read.value, size)
    return read.value
  }

  /** Whether the length is the one of the manifest; if not, the body is discarded. */
  async #hasSize({ body, size: found }: StoredBytes, blob: string, size: number): Promise<boolean> {
    if (found === size) return true
    console.error(`blob ${blob} has ${found} bytes; the manifest says ${size}`)
    await discardBody(body)
    return false
  }
}

function toKey(blob: string): string {
  return `blobs/${blob}`
}
