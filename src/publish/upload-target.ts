// Where versions are uploaded to, as uploading sees it: the API of docs/api.md, "Publishing a
// version". How it is called, and how often again, is the caller's affair.

import type { PublishedService } from '../document/service.ts'

export type Missing = { readonly sha256: string; readonly size: number }

export type NewUpload = {
  /** SHA-256 of the manifest's bytes. */
  readonly manifest: string
  readonly services: readonly PublishedService[]
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly commit?: string
  readonly author?: string
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
  | { readonly state: 'missing'; readonly blobs: readonly Missing[] }
  /** The upload was given up meanwhile: it is begun again, and what was sent is there. */
  | { readonly state: 'given-up' }

/** Hashes are SHA-256, 64 lower-case hex digits. Every call may be repeated; it rejects on failure. */
export type UploadTarget = {
  readonly getManifest: (sha256: string) => Promise<Uint8Array | undefined>
  readonly putManifest: (sha256: string, bytes: Uint8Array) => Promise<void>
  readonly begin: (version: string, upload: NewUpload) => Promise<'open' | 'finalised'>
  readonly missing: (
    version: string,
    cursor: string | undefined,
  ) => Promise<{ readonly missing: readonly Missing[]; readonly cursor?: string | undefined }>
  readonly putBlob: (sha256: string, bytes: Blob) => Promise<void>
  /** The numbers of the parts that are there, with their sizes; `stored`: the blob itself is. */
  readonly parts: (
    sha256: string,
  ) => Promise<{ readonly parts: ReadonlyMap<number, number>; readonly stored: boolean }>
  readonly putPart: (sha256: string, part: number, bytes: Blob) => Promise<void>
  readonly complete: (sha256: string, parts: number) => Promise<void>
  readonly finalise: (version: string, manifest: string) => Promise<FinalStep>
}
