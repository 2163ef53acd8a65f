// Where versions are published to, as publishing sees it. Everything in it is content-addressed or
// written once, so that two publishers cannot harm each other and a crash leaves only what nothing
// refers to.

import type { VersionRecord } from '../document/version-record.ts'

export type { VersionRecord }

/** Hashes are SHA-256, 64 lower-case hex digits. A method rejects when the store fails. */
export type PublishTarget = {
  /** Those of `hashes` that are not stored as blobs. */
  readonly findMissingBlobs: (hashes: readonly string[]) => Promise<ReadonlySet<string>>
  /** Rejects bytes that do not have this hash. Storing the same twice is harmless. */
  readonly putBlob: (hash: string, bytes: Uint8Array) => Promise<void>
  /** As `putBlob`. */
  readonly putManifest: (hash: string, bytes: Uint8Array) => Promise<void>
  readonly getManifest: (hash: string) => Promise<Uint8Array | undefined>
  readonly readVersion: (id: string) => Promise<VersionRecord | undefined>
  /** Writes the record unless there is one; then that one is the answer and nothing is written. */
  readonly createVersion: (id: string, record: VersionRecord) => Promise<'created' | VersionRecord>
}
