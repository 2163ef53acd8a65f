// The calls of the API that an upload needs (docs/api.md, "Publishing a version"). How they are sent, and
// how often a failed one is repeated, is decided by the implementation (cli/upload-api.ts).

import type { FinaliseAsRead, MissingBlob, UploadBody } from '../wire/uploads.ts'

export type BegunUpload = {
  /** `finalised`: the version was published before, with the same content. */
  readonly state: 'open' | 'finalised'
  /** To be named at the end. A version that was published before keeps the manifest that it had. */
  readonly manifest: string
}

export type FinalStep =
  | FinaliseAsRead
  | { readonly state: 'missing'; readonly blobs: readonly MissingBlob[] }
  /** The upload was given up meanwhile: it is begun again, and what was sent is there. */
  | { readonly state: 'given-up' }

/** Hashes are SHA-256, 64 lower-case hex digits. Every call may be repeated, and rejects on failure. */
export type UploadTarget = {
  readonly getManifest: (sha256: string) => Promise<Uint8Array | undefined>
  readonly putManifest: (sha256: string, bytes: Uint8Array) => Promise<void>
  /** Begins an upload, or says that it goes on. */
  readonly begin: (version: string, upload: UploadBody) => Promise<BegunUpload>
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
