// Where blobs and manifests are kept for good: R2 behind an interface that only reads, by content
// hash, within our own time. What it cannot give is a value; it never throws.

import { discardBody, settleWithin } from './deadline.ts'
import { R2_TIMEOUT_MS } from './limits.ts'
import type { ByteRange } from './ranges.ts'

/** Stored bytes, not read yet. Whoever does not read `body` must cancel it. */
export type Stored = {
  readonly body: ReadableStream<Uint8Array>
  /** Length in bytes of what is stored, also where `body` is only a range of it. */
  readonly size: number
}

/** `missing`: the store answered that it has no such thing. `unavailable`: it did not answer. */
export type Absence = 'missing' | 'unavailable'

/** Keys are SHA-256 of the stored bytes, 64 lower-case hex digits. */
export type Store = {
  /** With a range, `body` is that range; one that does not lie within the blob gives any bytes. */
  readonly getBlob: (hash: string, range?: ByteRange) => Promise<Stored | Absence>
  readonly getManifest: (hash: string) => Promise<Stored | Absence>
}

/** The keys `blobs/<sha256>` and `manifests/<sha256>` of a bucket. One `get` each, never a `head`. */
export function createR2Store(
  bucket: Pick<R2Bucket, 'get'>,
  timeoutMs: number = R2_TIMEOUT_MS,
): Store {
  const get = async (key: string, range?: ByteRange): Promise<Stored | Absence> => {
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
