// The two places where bytes are kept, by content hash: R2 for good, and the Cache API of a data
// centre as a copy of it. Both answer within a deadline of our own and never throw. Also counts
// what that costs.

import { discardBody, settleWithin } from './bodies.ts'
import { IMMUTABLE_TTL_S } from './limits.ts'
import type { ByteRange } from './ranges.ts'

/**
 * The time for R2's answer, without its body. From far away the slowest percent takes up to 2.3 s.
 */
const R2_TIMEOUT_MS = 4_000

/** The Cache API is in the same building: an answer that takes longer does not help. */
const CACHE_TIMEOUT_MS = 300

/**
 * The time for a copy into the Cache API, after the reply. The platform ends such work after 30 s.
 */
const CACHE_PUT_TIMEOUT_MS = 20_000

/** Stored bytes that have not been read yet. If `body` is not read, it has to be cancelled. */
export type StoredBytes = {
  readonly body: ReadableStream<Uint8Array>
  /** The length in bytes of what is stored, even if `body` is only a range of it. */
  readonly size: number
}

/** `missing`: the store answered that it has no such thing. `unavailable`: it did not answer. */
export type StoreFailure = 'missing' | 'unavailable'

/** Keys are SHA-256 of the stored bytes, 64 lower-case hex digits. */
export type Store = {
  /** With a range, `body` is that range, which has to lie within the blob. */
  readonly getBlob: (hash: string, range?: ByteRange) => Promise<StoredBytes | StoreFailure>
  readonly getManifest: (hash: string) => Promise<StoredBytes | StoreFailure>
}

/**
 * The keys `blobs/<sha256>` and `manifests/<sha256>` of a bucket. One `get` each, never a `head`.
 */
export function createR2Store(
  bucket: Pick<R2Bucket, 'get'>,
  timeoutMs: number = R2_TIMEOUT_MS,
): Store {
  const get = async (key: string, range?: ByteRange): Promise<StoredBytes | StoreFailure> => {
    const got = await settleWithin(
      timeoutMs,
      () => bucket.get(key, range && { range }),
      (late) => discardBody(late?.body ?? null),
    )
    if (!got.ok) {
      console.warn(`R2 did not give ${key}`, got.error)
      return 'unavailable'
    }
    return got.value === null ? 'missing' : { body: got.value.body, size: got.value.size }
  }
  return {
    getBlob: (hash, range) => get(`blobs/${hash}`, range),
    getManifest: (hash) => get(`manifests/${hash}`),
  }
}

/** A stream is read to its end; other bodies are left as they are. */
type CacheableBody = ReadableStream | ArrayBuffer | Uint8Array

export type EdgeCache = {
  /** `undefined` if it is not there, does not come in time, or has no known length. */
  readonly match: (key: string) => Promise<StoredBytes | undefined>
  /**
   * Keeps `size` bytes. Never rejects: what cannot be kept is skipped. Bytes are kept without a
   * Content-Encoding, because the platform would decode them and keep the label.
   */
  readonly put: (key: string, body: CacheableBody, size: number) => Promise<void>
}

/** A host that no client can ask for; it is used only in the Cache API. */
const ORIGIN = 'https://content.holo.invalid/'

/**
 * @param cache `caches.default`, except in tests. Keys are those of the store, `blobs/<sha256>`.
 */
export function createEdgeCache(
  cache: Pick<Cache, 'match' | 'put'>,
  { timeoutMs = CACHE_TIMEOUT_MS, putTimeoutMs = CACHE_PUT_TIMEOUT_MS } = {},
): EdgeCache {
  return {
    match: async (key) => {
      const found = await settleWithin(
        timeoutMs,
        () => cache.match(ORIGIN + key),
        (late) => discardBody(late?.body ?? null),
      )
      if (!found.ok) {
        console.warn(`the Cache API did not give ${key}`, found.error)
        return undefined
      }
      const { body = null, headers } = found.value ?? {}
      const size = Number.parseInt(headers?.get('content-length') ?? '', 10)
      if (body && !Number.isNaN(size)) return { body, size }
      await discardBody(body)
      return undefined
    },
    put: async (key, body, size) => {
      const headers = {
        'content-type': 'application/octet-stream',
        'content-length': String(size),
        'cache-control': `public, max-age=${IMMUTABLE_TTL_S}, immutable`,
      }
      const put = await settleWithin(putTimeoutMs, () =>
        cache.put(ORIGIN + key, new Response(body, { headers })),
      )
      if (put.ok) return
      console.warn(`the Cache API did not keep ${key}`, put.error)
      // A copy that nobody reads would fill the memory while the reply is read.
      if (body instanceof ReadableStream && !body.locked) await discardBody(body)
    },
  }
}

/** Operations since the isolate started. Counts only grow. */
export type Counters = {
  /** Blobs that were in memory. */
  memoryHits: number
  cacheGets: number
  cacheHits: number
  cachePuts: number
  r2Gets: number
  /** Blobs or manifests that R2 did not give completely, or did not have. */
  r2Failures: number
  /** Searches of other versions that were answered from memory. */
  negativeHits: number
}

export function createCounters(): Counters {
  return {
    memoryHits: 0,
    cacheGets: 0,
    cacheHits: 0,
    cachePuts: 0,
    r2Gets: 0,
    r2Failures: 0,
    negativeHits: 0,
  }
}

/** Continues work after the reply: part of Workers' `ExecutionContext`. */
export type Background = Pick<ExecutionContext, 'waitUntil'>

type ColoCache = Pick<Cache, 'match' | 'put'>

/**
 * The cache of the data centre: the platform's default one, or a named one where several Holos would
 * share the default. What other files keep in it has keys of its own.
 */
export function toColoCache(name: string | undefined): ColoCache {
  if (name === undefined) return caches.default
  return {
    match: async (...args) => (await caches.open(name)).match(...args),
    put: async (...args) => (await caches.open(name)).put(...args),
  }
}
