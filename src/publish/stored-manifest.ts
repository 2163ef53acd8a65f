// Reads back manifests that were published before.

import { err, type Result } from '../core/result.ts'
import { type Manifest, openManifest } from '../core/site/manifest.ts'
import type { PublishTarget, VersionRecord } from './target.ts'

/** The manifest of a recorded version, or one sentence on why it cannot be had. */
export async function loadStoredManifest(
  target: PublishTarget,
  version: Pick<VersionRecord, 'id' | 'manifest'>,
): Promise<Result<Manifest, string>> {
  const bytes = await target.getManifest(version.manifest)
  if (!bytes) return err(`the manifest of ${version.id} is not in the store: ${version.manifest}`)
  const opened = openManifest(bytes)
  return opened.ok ? opened : err(`the manifest of ${version.id} cannot be read: ${opened.error}`)
}
