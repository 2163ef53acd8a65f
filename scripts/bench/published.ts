// A folder published as the one version of a document, for whatever store is measured.

import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { createLocalTarget, type LocalBucket } from '../../src/publish/local-target.ts'
import { publishFolder } from '../../src/publish/publish.ts'

export type Services = NonNullable<AssignmentsDocument['versions'][string]['services']>

/** Publishes all files as hashed ones. Returns the text of the document that points at them. */
export async function publishSite(
  folder: string,
  bucket: LocalBucket,
  services: Services = [],
): Promise<string> {
  const id = '1.0.0'
  const { record } = await publishFolder(createLocalTarget(bucket), {
    folder,
    id,
    services,
    hashedGlobs: ['**'],
    createdAt: '2026-01-01T00:00:00.000Z',
  })
  const document: AssignmentsDocument = {
    schema: 1,
    revision: 1,
    salt: 'bench',
    environments: { main: { version: id } },
    traffic: { main: 100 },
    versions: { [id]: { manifest: record.manifest, services } },
  }
  return JSON.stringify(document)
}

export type MemoryBucket = LocalBucket & {
  /** Everything that was put, by key, in base64. */
  readonly toObjects: () => Record<string, string>
}

export function createMemoryBucket(): MemoryBucket {
  const kept = new Map<string, Uint8Array<ArrayBuffer>>()
  return {
    head: async (key) => kept.get(key) ?? null,
    get: async (key) => {
      const bytes = kept.get(key)
      return bytes ? { arrayBuffer: async () => bytes.slice().buffer } : null
    },
    put: async (key, value) => kept.set(key, value),
    toObjects: () =>
      Object.fromEntries(
        [...kept].map(([key, bytes]) => [key, Buffer.from(bytes).toString('base64')]),
      ),
  }
}
