// The bytes of one representation: from memory, else from the Cache API, else with one get from R2.
// Small blobs are read whole and kept in memory; big ones are streamed. Which representation it is
// and what the reply says about it is serve.ts' affair.

import type { Representation } from '../core/manifest.ts'
import type { Background } from './background.ts'
import type { Counters } from './counters.ts'
import { discardBody, readWhole } from './deadline.ts'
import type { EdgeCache } from './edge-cache.ts'
import {
  MAX_CACHED_BLOB_BYTES,
  MAX_MEMORY_BLOB_BYTES,
  MAX_MEMORY_BLOBS_BYTES,
  READ_TIMEOUT_MS,
} from './limits.ts'
import { BoundedMemory } from './memory.ts'
import type { Store, Stored } from './store.ts'

export type LoadedBlob = {
  /** Exactly as many bytes as the manifest says, or an error while they are read. */
  readonly body: ArrayBuffer | ReadableStream
  readonly source: 'memory' | 'cache' | 'r2'
}

export class Blobs {
  readonly #store: Store
  readonly #cache: EdgeCache
  readonly #counters: Counters
  readonly #memory = new BoundedMemory<ArrayBuffer>(MAX_MEMORY_BLOBS_BYTES)

  constructor(store: Store, cache: EdgeCache, counters: Counters) {
    this.#store = store
    this.#cache = cache
    this.#counters = counters
  }

  /** The blob if it is in memory: nothing to wait for. */
  peek(hash: string): LoadedBlob | undefined {
    const body = this.#memory.get(hash)
    if (!body) return undefined
    this.#counters.memoryHits++
    return { body, source: 'memory' }
  }

  /** A blob that is not in memory. One that the store does not have is `unavailable` as well. */
  async load(wanted: Representation, ctx: Background): Promise<LoadedBlob | 'unavailable'> {
    const cached = await this.#fromCache(wanted)
    if (cached) return { body: cached, source: 'cache' }
    const stored = await this.#fromStore(wanted, ctx)
    return stored ? { body: stored, source: 'r2' } : 'unavailable'
  }

  async #fromCache({ blob, size }: Representation): Promise<LoadedBlob['body'] | undefined> {
    if (size > MAX_CACHED_BLOB_BYTES) return undefined
    this.#counters.cacheGets++
    const found = await this.#cache.match(toKey(blob))
    const body = found && (await this.#toBody(found, blob, size))
    if (body) this.#counters.cacheHits++
    return body
  }

  async #fromStore(
    { blob, size }: Representation,
    ctx: Background,
  ): Promise<LoadedBlob['body'] | undefined> {
    this.#counters.r2Gets++
    const found = await this.#store.getBlob(blob)
    if (typeof found === 'string') {
      if (found === 'missing') console.error(`blob ${blob} is not in the store`)
      this.#counters.r2Failures++
      return undefined
    }
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

  /** A second body for the Cache API, unless it would be too big for it. */
  #split({ body, size }: Stored): [Stored, ReadableStream?] {
    if (size > MAX_CACHED_BLOB_BYTES) return [{ body, size }]
    const [first, second] = body.tee()
    return [{ body: first, size }, second]
  }

  /** What a reply can carry; `undefined` if it is not the blob the manifest speaks of. */
  async #toBody(
    { body, size: found }: Stored,
    blob: string,
    size: number,
  ): Promise<LoadedBlob['body'] | undefined> {
    if (found !== size) {
      console.error(`blob ${blob} has ${found} bytes; the manifest says ${size}`)
      await discardBody(body)
      return undefined
    }
    if (size > MAX_MEMORY_BLOB_BYTES) return streamExactly(body, size)
    const read = await readWhole(body, size, READ_TIMEOUT_MS)
    if (!read.ok) {
      console.warn(`blob ${blob} could not be read`, read.error)
      return undefined
    }
    this.#memory.put(blob, read.value, size)
    return read.value
  }
}

function toKey(blob: string): string {
  return `blobs/${blob}`
}

/** `body`, but broken off where it ends early or goes on for too long. Its length is sent ahead. */
function streamExactly(body: ReadableStream, size: number): ReadableStream {
  const { readable, writable } = new FixedLengthStream(size)
  // What goes wrong is told to the reader; one that has left needs no word of it.
  body
    .pipeTo(writable)
    .catch((cause) => writable.abort(cause))
    .catch(() => undefined)
  return readable
}
