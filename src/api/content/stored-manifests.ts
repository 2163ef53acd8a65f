// Loads manifests from the store for an upload: its own, and those of versions whose blobs need not be looked for.

import { err, ok, type Result } from '../../core/result.ts'
import { isNewerManifest, type Manifest, openManifest } from '../../core/site/manifest.ts'
import { MAX_MANIFEST_BYTES } from '../../core/site/manifest-limits.ts'
import type { Failure } from '../http/problems.ts'
import type { StoreAsker } from '../http/route.ts'
import type { ContentStore } from './content-store.ts'

/** Loads a manifest from the store. */
export async function loadManifest(
  store: ContentStore,
  hash: string,
): Promise<Result<Manifest, Failure>> {
  const bytes = await store.getManifest(hash)
  if (bytes === 'unavailable') return err({ kind: 'store_unavailable' })
  if (bytes !== 'missing' && isNewerManifest(bytes)) return err({ kind: 'newer_schema' })
  const opened = bytes === 'missing' ? undefined : openManifest(bytes)
  return opened?.ok ? opened : err({ kind: 'manifest_missing', manifests: [hash] })
}

/**
 * What is compared with the manifest of an upload, in sum: both are in the memory of an isolate, which has
 * 128 MB. As large as one manifest may be, so that at least one is compared.
 */
export const MAX_COMPARED_MANIFEST_BYTES = MAX_MANIFEST_BYTES

/**
 * The manifests of finalised versions, the newest first. Everything that they name is in the store. Of a large
 * version fewer are compared: the next one is taken to be as large as the upload's own.
 */
export async function loadKnown(
  { ask, caller, openStore }: StoreAsker,
  own: Manifest,
): Promise<Result<readonly Manifest[], Failure>> {
  const hashes = await ask('none', (control) => control.finalisedManifests(caller))
  if (!hashes.ok) return hashes
  const store = await openStore()
  if (!store.ok) return store
  const known: Manifest[] = []
  let bytes = 0
  for (const hash of hashes.value) {
    if (bytes + own.bytes.length > MAX_COMPARED_MANIFEST_BYTES) break
    const manifest = await loadManifest(store.value, hash)
    if (!manifest.ok) continue
    known.push(manifest.value)
    bytes += manifest.value.bytes.length
  }
  return ok(known)
}
