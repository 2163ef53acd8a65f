// The calls of the API that an upload needs (docs/api.md, "Publishing a version"). How they are sent, and
// how often a failed one is repeated, is decided by the implementation (cli/upload-api.ts).

import type { PublishedService } from '../core/version-record.ts'

export type MissingBlob = { readonly sha256: string; readonly size: number }

export type NewUpload = {
  /** SHA-256 of the manifest's bytes. */
  readonly manifest: string
  readonly services: readonly PublishedService[]
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly commit?: string
  readonly author?: string
}

export type BegunUpload = {
  /** `finalised`: the version was published before, with the same content. */
  readonly state: 'open' | 'finalised'
  /** To be named at the end. A version that was published before keeps the manifest that it had. */
  readonly manifest: string
}

export type FinalStep =
  | {
      readonly state: 'verifying'
      readonly verified: number
      readonly files: number
      readonly waitMs: number
    }
  /** `revision` is absent while there is no document. */
  | { readonly state: 'finalised'; readonly revision?: number | undefined }
  | { readonly state: 'missing'; readonly blobs: readonly MissingBlob[] }
  /** The upload was given up meanwhile. It has to begin again; blobs that were sent are still stored. */
  | { readonly state: 'given-up' }

/** Hashes are SHA-256, 64 lower-case hex digits. Every call may be repeated, and rejects on failure. */
export type UploadTarget = {
  readonly getManifest: (sha256: string) => Promise<Uint8Array | undefined>
  readonly putManifest: (sha256: string, bytes: Uint8Array) => Promise<void>
  /** Begins an upload, or says that it goes on. */
  readonly begin: (version: string, upload: NewUpload) => Promise<BegunUpload>
  readonly missing: (
    version: string,
    cursor: string | undefined,
  ) => Promise<{ readonly missing: readonly MissingBlob[]; readonly cursor?: string | undefined }>
  readonly putBlob: (sha256: string, bytes: Blob) => Promise<void>
  /** Sizes of the stored parts by their numbers; `stored`: the whole blob is there already. */
  readonly parts: (
    sha256: string,
  ) => Promise<{ readonly parts: ReadonlyMap<number, number>; readonly stored: boolean }>
  readonly putPart: (sha256: string, part: number, bytes: Blob) => Promise<void>
  readonly complete: (sha256: string, parts: number) => Promise<void>
  readonly finalise: (version: string, manifest: string) => Promise<FinalStep>
}
