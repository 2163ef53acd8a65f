// Routes of what versions consist of: manifests, and blobs as a whole or in parts. A manifest is
// uploaded first and checked completely; R2 checks the hash of every blob.

import { mapConcurrently } from '../../core/concurrently.ts'
import { toHex } from '../../core/hex.ts'
import { err, ok } from '../../core/result.ts'
import { MAX_MANIFEST_BYTES } from '../../core/site/manifest-limits.ts'
import { withTimeout } from '../../core/with-timeout.ts'
import { MAX_PACK_BYTES, packReply, readPack } from '../../wire/packs.ts'
import {
  blobQuery,
  blobReply,
  bytesReply,
  completeBody,
  hashParams,
  MAX_SERVED_BLOB_BYTES,
  manifestReply,
  partParams,
  partReply,
  partsReply,
} from '../../wire/uploads.ts'
import { checkManifest } from '../content/check-manifest.ts'
import type { BlobPart, Octets, Written } from '../content/content-store.ts'
import { STORE_CALLS_AT_ONCE } from '../content/look-for-blobs.ts'
import {
  MAX_BLOB_BYTES,
  MAX_LISTED_PROBLEMS,
  MAX_PART_BYTES,
  UPLOAD_TIMEOUT_MS,
} from '../http/limits.ts'
import { type Handled, octetsRoute, type Route, route } from '../http/route.ts'

export const MANIFEST_ROUTES: readonly Route[] = [
  octetsRoute({
    method: 'PUT',
    path: '/manifests/{sha256}',
    scope: 'publish',
    summary: 'Stores a manifest; if it is not valid, the reply lists all problems',
    params: hashParams,
    maxOctets: MAX_MANIFEST_BYTES,
    changes: 'store',
    failures: ['hash_mismatch', 'invalid_manifest', 'store_unavailable'],
    reply: manifestReply,
    handle: async ({ params, body, openStore }) => {
      const store = await openStore()
      if (!store.ok) return store
      const bytes = await readAll(body).catch(() => undefined)
      if (!bytes) return BROKEN
      const hash = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
      if (hash !== params.sha256) return err({ kind: 'hash_mismatch' })
      const checked = checkManifest(bytes)
      if (!checked.ok) return checked
      const written = await store.value.putManifest(params.sha256, bytes)
      if (written === 'unavailable') return err({ kind: 'store_unavailable' })
      if (written === 'wrong-hash') return err({ kind: 'hash_mismatch' })
      return ok({ body: { sha256: params.sha256, stored: written, ...checked.value } })
    },
  }),
  route({
    method: 'GET',
    path: '/manifests/{sha256}',
    scope: 'read',
    summary: 'The bytes of a manifest',
    params: hashParams,
    failures: ['store_unavailable'],
    repliesOctets: true,
    reply: bytesReply,
    handle: async ({ params, openStore }) => {
      const store = await openStore()
      if (!store.ok) return store
      const bytes = await store.value.getManifest(params.sha256)
      if (bytes === 'unavailable') return err({ kind: 'store_unavailable' })
      return bytes === 'missing' ? err({ kind: 'not_found' }) : ok({ body: bytes })
    },
  }),
]

const BROKEN = err({
  kind: 'invalid_request',
  problems: [{ path: 'body', message: 'the body is incomplete' }],
} as const)

/** @throws Error when there are fewer bytes than were announced, or they take too long. */
function readAll({ stream, size }: Octets): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(size)
  const fill = async () => {
    let at = 0
    for await (const chunk of stream) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    if (at < size) throw new Error(`${at} of ${size} bytes`)
    return bytes
  }
  return withTimeout(fill(), UPLOAD_TIMEOUT_MS)
}

export const BLOB_ROUTES: readonly Route[] = [
  octetsRoute({
    method: 'POST',
    path: '/blobs',
    scope: 'publish',
    summary: 'Stores several small blobs, which travel together in a pack',
    maxOctets: MAX_PACK_BYTES,
    query: blobQuery,
    changes: 'store',
    failures: ['hash_mismatch', 'store_unavailable'],
    reply: packReply,
    handle: async ({ body, query, openStore }) => {
      const store = await openStore()
      if (!store.ok) return store
      const bytes = await readAll(body).catch(() => undefined)
      if (!bytes) return BROKEN
      const pack = readPack(bytes)
      if (!pack.ok) {
        const problems = [{ path: 'body', message: `the pack: ${pack.error}` }]
        return err({ kind: 'invalid_request', problems })
      }
      const { putSmallBlob } = store.value
      const written = await mapConcurrently(pack.value, STORE_CALLS_AT_ONCE, (blob) =>
        putSmallBlob(blob.sha256, blob.bytes, query.replace),
      )
      if (written.includes('unavailable')) return err({ kind: 'store_unavailable' })
      if (written.includes('wrong-hash')) return err({ kind: 'hash_mismatch' })
      const created = written.filter((one) => one === 'created').length
      return ok({ body: { created, existing: written.length - created } })
    },
  }),
  octetsRoute({
    method: 'PUT',
    path: '/blobs/{sha256}',
    scope: 'publish',
    summary: 'Stores one blob',
    params: hashParams,
    query: blobQuery,
    maxOctets: MAX_PART_BYTES,
    changes: 'store',
    failures: ['hash_mismatch', 'store_unavailable'],
    reply: blobReply,
    handle: async ({ params, query, body, openStore }) => {
      const store = await openStore()
      if (!store.ok) return store
      const written = await store.value.putBlob(params.sha256, body, query.replace)
      return toReply(params.sha256, body.size, written)
    },
  }),
  route({
    method: 'GET',
    path: '/blobs/{sha256}',
    scope: 'publish',
    summary: 'The bytes of a small blob, as the dictionary of its successor',
    params: hashParams,
    failures: ['store_unavailable'],
    repliesOctets: true,
    reply: bytesReply,
    handle: async ({ params, openStore }) => {
      const store = await openStore()
      if (!store.ok) return store
      const bytes = await store.value.readBlob(params.sha256, MAX_SERVED_BLOB_BYTES)
      if (bytes === 'unavailable') return err({ kind: 'store_unavailable' })
      return bytes === 'missing' ? err({ kind: 'not_found' }) : ok({ body: bytes })
    },
  }),
  route({
    method: 'GET',
    path: '/blobs/{sha256}/parts',
    scope: 'publish',
    summary: 'Which parts of a blob are stored, and whether the whole blob is stored',
    params: hashParams,
    failures: ['store_unavailable'],
    reply: partsReply,
    handle: async ({ params, openStore }) => {
      const store = await openStore()
      if (!store.ok) return store
      const parts = await store.value.listParts(params.sha256)
      const size = await store.value.sizeOfBlob(params.sha256)
      if (parts === 'unavailable' || size === 'unavailable') {
        return err({ kind: 'store_unavailable' })
      }
      return ok({ body: { parts, stored: size !== 'missing' } })
    },
  }),
  octetsRoute({
    method: 'PUT',
    path: '/blobs/{sha256}/parts/{part}',
    scope: 'publish',
    summary: 'Stores one part of a blob, and replaces an earlier one with the same number',
    params: partParams,
    maxOctets: MAX_PART_BYTES,
    changes: 'store',
    failures: ['store_unavailable'],
    reply: partReply,
    handle: async ({ params, body, openStore }) => {
      const store = await openStore()
      if (!store.ok) return store
      const written = await store.value.putPart(params.sha256, params.part, body)
      if (written !== 'created') return err({ kind: 'store_unavailable' })
      return ok({ body: { part: params.part, size: body.size } })
    },
  }),
  route({
    method: 'POST',
    path: '/blobs/{sha256}/complete',
    scope: 'publish',
    summary: 'Joins the stored parts to a blob, and deletes the parts',
    params: hashParams,
    body: completeBody,
    changes: 'store',
    failures: ['hash_mismatch', 'parts_missing', 'store_unavailable'],
    reply: blobReply,
    handle: async ({ params, body, openStore }) => {
      const store = await openStore()
      if (!store.ok) return store
      const size = await store.value.sizeOfBlob(params.sha256)
      const found = await store.value.listParts(params.sha256)
      if (size === 'unavailable' || found === 'unavailable') {
        return err({ kind: 'store_unavailable' })
      }
      if (size !== 'missing' && !body.replace) {
        await store.value.removeParts(params.sha256, found)
        return toReply(params.sha256, size, 'existing')
      }
      const parts = found.filter((one) => one.part <= body.parts)
      const missing = findGaps(parts, body.parts)
      if (missing.length > 0) {
        return err({ kind: 'parts_missing', missing: missing.slice(0, MAX_LISTED_PROBLEMS) })
      }
      const total = parts.reduce((sum, one) => sum + one.size, 0)
      if (total > MAX_BLOB_BYTES) return err({ kind: 'body_too_large', limit: MAX_BLOB_BYTES })
      const joined = await store.value.joinParts(params.sha256, parts)
      // If the hash is wrong it is not known which part is, so all of them are deleted.
      if (joined !== 'unavailable') await store.value.removeParts(params.sha256, found)
      return toReply(params.sha256, total, joined)
    },
  }),
]

function findGaps(parts: readonly BlobPart[], count: number): readonly number[] {
  const there = new Set(parts.map(({ part }) => part))
  return Array.from({ length: count }, (_, i) => i + 1).filter((number) => !there.has(number))
}

async function toReply(hash: string, size: number, written: Written): Handled {
  if (written === 'unavailable') return err({ kind: 'store_unavailable' })
  if (written === 'wrong-hash') return err({ kind: 'hash_mismatch' })
  return ok({ body: { sha256: hash, size, stored: written } })
}
