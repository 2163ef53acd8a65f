// The document that the bench measures with: a site as its one version, all of its files hashed.

import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { loadStoredVersion, type StoredVersion } from '../local/stored-objects.ts'

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

/** What KV and R2 hold once the folder is published, for Workers without the API. */
export async function loadStoredSite(
  folder: string,
  services: Services = [],
): Promise<{ readonly assignments: string; readonly objects: StoredVersion['objects'] }> {
  const { manifest, objects } = await loadStoredVersion(folder, ALL_HASHED)
  return { assignments: JSON.stringify(toDocument({ manifest, services })), objects }
}
