// Routes of the manifests: what a version consists of comes first, and is checked before anything else.

import { toHex } from '../../core/hex.ts'
import { err, ok } from '../../core/result.ts'
import { MAX_MANIFEST_BYTES } from '../../core/site/manifest.ts'
import { withTimeout } from '../../core/with-timeout.ts'
import { bytesReply, hashParams, manifestReply } from '../../wire/uploads.ts'
import { checkManifest } from '../content/check-manifest.ts'
import type { Octets } from '../content/octets.ts'
import { UPLOAD_TIMEOUT_MS } from '../http/limits.ts'
import { octetsRoute, type Route, route } from '../http/route.ts'

export const MANIFEST_ROUTES: readonly Route[] = [
  octetsRoute({
    method: 'PUT',
    path: '/manifests/{sha256}',
    scope: 'publish',
    summary: 'Stores a manifest, unless something is wrong with it: then all of that is told',
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
  problems: [{ path: 'body', message: 'the body did not arrive whole' }],
} as const)

/** @throws Error when they are not as many as were announced, or take too long. */
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
