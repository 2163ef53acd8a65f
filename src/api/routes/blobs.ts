// Routes of the blobs: whole, or in parts where a request could not hold them. R2 checks every hash.

import { err, ok } from '../../core/result.ts'
import {
  blobReply,
  completeBody,
  hashParams,
  partParams,
  partReply,
  partsReply,
} from '../../wire/uploads.ts'
import type { BlobPart, Written } from '../content/content-store.ts'
import { MAX_BLOB_BYTES, MAX_LISTED_PROBLEMS, MAX_PART_BYTES } from '../http/limits.ts'
import { type Handled, octetsRoute, type Route, route } from '../http/route.ts'

export const BLOB_ROUTES: readonly Route[] = [
  octetsRoute({
    method: 'PUT',
    path: '/blobs/{sha256}',
    scope: 'publish',
    summary: 'Stores one blob',
    params: hashParams,
    maxOctets: MAX_PART_BYTES,
    changes: 'store',
    failures: ['hash_mismatch', 'store_unavailable'],
    reply: blobReply,
    handle: async ({ params, body, openStore }) => {
      const store = await openStore()
      if (!store.ok) return store
      return toReply(params.sha256, body.size, await store.value.putBlob(params.sha256, body))
    },
  }),
  route({
    method: 'GET',
    path: '/blobs/{sha256}/parts',
    scope: 'publish',
    summary: 'Which parts of a blob are there, and whether it is there itself',
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
    summary: 'Stores one part of a blob, in the place of an earlier one',
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
    summary: 'Makes a blob of its parts, which go',
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
      if (size !== 'missing') {
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
      // Which of them is wrong nobody can tell.
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
