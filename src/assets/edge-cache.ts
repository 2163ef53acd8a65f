// The Cache API of a data centre as a copy of the store, by content hash. Everything is kept as
// plain bytes without a Content-Encoding, because the platform decodes what is labelled (and keeps
// the label). Whatever fails here is a miss.

import { discardBody, settleWithin } from './deadline.ts'
import { CACHE_PUT_TIMEOUT_MS, CACHE_TIMEOUT_MS, IMMUTABLE_TTL_S } from './limits.ts'
import type { Stored } from './store.ts'

/** A stream is read to its end; bytes are left as they are. */
export type CacheableBody = ReadableStream | ArrayBuffer | Uint8Array

export type EdgeCache = {
  /** `undefined` when it is not there, cannot be had in time, or is of unknown length. */
  readonly match: (key: string) => Promise<Stored | undefined>
  /** Keeps `size` bytes. Never rejects: what cannot be kept is not. */
  readonly put: (key: string, body: CacheableBody, size: number) => Promise<void>
}

/** A name that no client can ask for: the Cache API alone knows it. */
const ORIGIN = 'https://content.holo.invalid/'

/** @param cache `caches.default`, but for tests. Keys are those of the store, `blobs/<sha256>`. */
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
      // A copy that nobody reads would pile up in memory behind the reply that is.
      if (body instanceof ReadableStream && !body.locked) await discardBody(body)
    },
  }
}
