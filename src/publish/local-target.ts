// A bucket of this machine, as miniflare gives it, as a target to publish to. The keys are those the
// edge reads: `blobs/<sha256>`, `manifests/<sha256>`, `versions/<id>`.

import { mapConcurrently } from '../core/concurrently.ts'
import { sha256 } from './sha256.ts'
import type { PublishTarget, VersionRecord } from './target.ts'

/** The part of R2 that publishing needs. */
export type LocalBucket = {
  readonly head: (key: string) => Promise<object | null>
  readonly get: (key: string) => Promise<{ arrayBuffer(): Promise<ArrayBuffer> } | null>
  /** `null` where `onlyIf` did not hold. */
  readonly put: (
    key: string,
    value: Uint8Array<ArrayBuffer>,
    options?: { onlyIf: { etagDoesNotMatch: string } },
  ) => Promise<object | null>
}

const HEADS_AT_ONCE = 16

export function createLocalTarget(bucket: LocalBucket): PublishTarget {
  const read = async (key: string): Promise<Uint8Array | undefined> => {
    const stored = await bucket.get(key)
    return stored ? new Uint8Array(await stored.arrayBuffer()) : undefined
  }
  const putHashed = async (folder: string, hash: string, bytes: Uint8Array): Promise<void> => {
    const actual = sha256(bytes)
    if (actual !== hash) throw new TypeError(`bytes of ${actual} cannot be stored as ${hash}`)
    await bucket.put(`${folder}/${hash}`, new Uint8Array(bytes))
  }
  const readVersion = async (id: string): Promise<VersionRecord | undefined> => {
    const bytes = await read(`versions/${id}`)
    return bytes && (JSON.parse(new TextDecoder().decode(bytes)) as VersionRecord)
  }
  return {
    findMissingBlobs: async (hashes) => {
      const missing = await mapConcurrently(hashes, HEADS_AT_ONCE, async (hash) =>
        (await bucket.head(`blobs/${hash}`)) ? [] : [hash],
      )
      return new Set(missing.flat())
    },
    putBlob: (hash, bytes) => putHashed('blobs', hash, bytes),
    putManifest: (hash, bytes) => putHashed('manifests', hash, bytes),
    getManifest: (hash) => read(`manifests/${hash}`),
    readVersion,
    createVersion: async (id, record) => {
      const text = `${JSON.stringify(record, null, 2)}\n`
      const written = await bucket.put(`versions/${id}`, new TextEncoder().encode(text), {
        onlyIf: { etagDoesNotMatch: '*' },
      })
      if (written) return 'created'
      const existing = await readVersion(id)
      if (!existing) throw new Error(`the record of ${id} could neither be written nor read`)
      return existing
    },
  }
}
