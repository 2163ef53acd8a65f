// Routes of manifests. A manifest is uploaded before its blobs and checked completely.

import { toHex } from '../../core/hex.ts'
import { err, ok } from '../../core/result.ts'
import { MAX_MANIFEST_BYTES } from '../../core/site/manifest-limits.ts'
import { bytesReply, hashParams, manifestReply } from '../../wire/uploads.ts'
import { checkManifest } from '../content/check-manifest.ts'
import { readOctets, toOctetsReply } from '../http/octets.ts'
import { octetsRoute, type Route, route } from '../http/route.ts'

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
      const read = await readOctets(body)
      if (!read.ok) return read
      const hash = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', read.value)))
      if (hash !== params.sha256) return err({ kind: 'hash_mismatch' })
      const checked = checkManifest(read.value)
      if (!checked.ok) return checked
      const written = await store.value.putManifest(params.sha256, read.value)
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
      return toOctetsReply(await store.value.getManifest(params.sha256))
    },
  }),
]
