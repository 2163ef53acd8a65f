// Loads manifests from the store, and compares the versions that two manifests describe.

import { err, ok, type Result } from '../../core/result.ts'
import { type Manifest, openManifest } from '../../core/site/manifest.ts'
import {
  isSameSubstance,
  listDifferences,
  type VersionRecord,
  type WantedFile,
} from '../../document/version-record.ts'
import { MAX_LISTED_PROBLEMS } from '../http/limits.ts'
import type { Failure } from '../http/problems.ts'
import type { ContentStore } from './content-store.ts'

export async function loadManifest(
  store: ContentStore,
  hash: string,
): Promise<Result<Manifest, Failure>> {
  const bytes = await store.getManifest(hash)
  if (bytes === 'unavailable') return err({ kind: 'store_unavailable' })
  const opened = bytes === 'missing' ? undefined : openManifest(bytes)
  return opened?.ok ? opened : err({ kind: 'manifest_missing', manifests: [hash] })
}

type Substance = Pick<VersionRecord, 'manifest' | 'services'>

/**
 * Checks that `wanted` has the content that is already published under its id. Encodings may differ, and
 * so may whether names count as hashed: that depends on which versions existed at the time.
 */
export async function checkSame(
  store: ContentStore,
  published: Substance,
  wanted: Substance,
): Promise<Result<undefined, Failure>> {
  if (isSameSubstance(published, wanted)) return ok(undefined)
  const was = await loadManifest(store, published.manifest)
  if (!was.ok) return was
  const is = await loadManifest(store, wanted.manifest)
  if (!is.ok) return is
  const files = toWanted(is.value)
  const { config } = is.value
  const differences = listDifferences(
    { record: published, manifest: was.value },
    { files, config, services: wanted.services },
  )
  return differences.length === 0 ? ok(undefined) : err(toDiffering(differences))
}

export function toDiffering(differences: readonly string[]): Failure {
  const shown = differences.slice(0, MAX_LISTED_PROBLEMS)
  const more = differences.length - shown.length
  return { kind: 'version_differs', differences: shown, more }
}

function* toWanted(manifest: Manifest): Generator<WantedFile> {
  for (const entry of manifest.entries()) yield { ...entry, hashedByName: true }
}
