// Where versions are uploaded to, as uploading sees it: the API of docs/api.md, "Publishing a version".
// Whoever makes one decides how the API is called, and how often again.

import type { FinaliseAsRead, MissingBlob, UploadBody } from '../wire/uploads.ts'

export type FinalStep =
  | FinaliseAsRead
  | { readonly state: 'missing'; readonly blobs: readonly MissingBlob[] }
  /** The upload was given up meanwhile: it is begun again, and what was sent is there. */
  | { readonly state: 'given-up' }

/** Hashes are SHA-256, 64 lower-case hex digits. Every call may be repeated; it rejects on failure. */
export type UploadTarget = {
  readonly getManifest: (sha256: string) => Promise<Uint8Array | undefined>
  readonly putManifest: (sha256: string, bytes: Uint8Array) => Promise<void>
  readonly begin: (version: string, upload: UploadBody) => Promise<'open' | 'finalised'>
  readonly missing: (
    version: string,
    cursor: string | undefined,
  ) => Promise<{ readonly missing: readonly MissingBlob[]; readonly cursor?: string | undefined }>
  readonly putBlob: (sha256: string, bytes: Blob) => Promise<void>
  /** The numbers of the parts that are there, with their sizes; `stored`: the blob itself is. */
  readonly parts: (
    sha256: string,
  ) => Promise<{ readonly parts: ReadonlyMap<number, number>; readonly stored: boolean }>
  readonly putPart: (sha256: string, part: number, bytes: Blob) => Promise<void>
  readonly complete: (sha256: string, parts: number) => Promise<void>
  readonly finalise: (version: string, manifest: string) => Promise<FinalStep>
}
