// The document that the bench measures with: a site as its only version, all of its files hashed;
// and what the store holds of it, for Workers that have no API to publish with.

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { prepareVersion } from '../../src/publish/prepare.ts'

type VersionEntry = AssignmentsDocument['versions'][string]
export type Services = NonNullable<VersionEntry['services']>

export const SITE_VERSION = '1.0.0'
export const ALL_HASHED = ['**']

export function toDocument(entry: VersionEntry): AssignmentsDocument {
  return {
    schema: 1,
    revision: 1,
    salt: 'bench',
    environments: { main: { version: SITE_VERSION } },
    traffic: { main: 100 },
    versions: { [SITE_VERSION]: entry },
  }
}

/** The contents of KV and R2 after a publication of the folder, for Workers without the API. */
export async function loadStoredSite(
  folder: string,
  services: Services = [],
): Promise<{ readonly assignments: string; readonly objects: StoredVersion['objects'] }> {
  const { manifest, objects } = await loadStoredVersion(folder, ALL_HASHED)
  return { assignments: JSON.stringify(toDocument({ manifest, services })), objects }
}

type StoredVersion = {
  /** SHA-256 of the manifest's bytes. */
  readonly manifest: string
  /** Manifest and blobs by key, without the record, which the edge does not read. */
  readonly objects: ReadonlyMap<string, Uint8Array<ArrayBuffer>>
}

/** @throws PublishError when the folder cannot be published. */
export async function loadStoredVersion(
  folder: string,
  hashedGlobs: readonly string[] = [],
): Promise<StoredVersion> {
  const encodedFolder = await mkdtemp(join(tmpdir(), 'holo-encoded-'))
  try {
    const { manifest, manifestBytes, files } = await prepareVersion(
      { folder, id: '1.0.0', services: [], retained: [], encodedFolder, hashedGlobs },
      () => {},
      new AbortController().signal,
    )
    const objects = new Map([[`manifests/${manifest}`, Uint8Array.from(manifestBytes)]])
    for (const [blob, file] of files) {
      objects.set(`blobs/${blob}`, Uint8Array.from(await readFile(file)))
    }
    return { manifest, objects }
  } finally {
    await rm(encodedFolder, { recursive: true, force: true })
  }
}
