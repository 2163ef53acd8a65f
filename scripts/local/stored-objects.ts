// What the store holds of a version, by key: for Workers that have a store and no API to publish with.

import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepareVersion } from '../../src/publish/prepare.ts'

export type StoredVersion = {
  /** SHA-256 of the manifest's bytes. */
  readonly manifest: string
  /** Manifest and blobs, without the record: the edge does not read it. */
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
