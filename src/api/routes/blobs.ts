// Routes of blobs, as a whole, in a pack of small ones, or in parts. R2 checks the hash of every blob.

import { mapConcurrently } from '../../core/concurrently.ts'
import { err, ok } from '../../core/result.ts'
import { MAX_PACK_BYTES, packReply, readPack } from '../../wire/packs.ts'
import {
  blobQuery,
  blobReply,
  bytesReply,
  completeBody,
  hashParams,
  MAX_SERVED_BLOB_BYTES,
  partParams,
  partReply,
  partsReply,
} from '../../wire/uploads.ts'
import type { BlobPart, Written } from '../content/content-store.ts'
import { STORE_CALLS_AT_ONCE } from '../content/look-for-blobs.ts'
import { MAX_BLOB_BYTES, MAX_LISTED_PROBLEMS, MAX_PART_BYTES } from '../http/limits.ts'
import { readOctets, toOctetsReply } from '../http/octets.ts'
import { type Handled, octetsRoute, type Route, route } from '../http/route.ts'

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
      const read = await readOctets(body)
      if (!read.ok) return read
      const pack = readPack(read.value)
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
      return toOctetsReply(await store.value.readBlob(params.sha256, MAX_SERVED_BLOB_BYTES))
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
