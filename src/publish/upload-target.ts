// The calls of the API that an upload needs (docs/api.md, "Publishing a version"). cli/upload-api.ts implements
// them, with retries.

import type { FinaliseAsRead, MissingBlob, UploadBody } from '../wire/uploads.ts'

export type BegunUpload = {
  /** `finalised`: the version was published before, with the same content. */
  readonly state: 'open' | 'finalised'
  /** The manifest to name at the end. A version that was published before keeps its manifest. */
  readonly manifest: string
}

export type FinalStep =
  | FinaliseAsRead
  | { readonly state: 'missing'; readonly blobs: readonly MissingBlob[] }
  /** The upload was aborted in the meantime: it must be begun again. Uploaded blobs are still stored. */
  | { readonly state: 'given-up' }

/** Hashes are SHA-256, 64 lower-case hex digits. `replace`: the stored blob is damaged. Every call may be repeated, and rejects on failure. */
export type UploadTarget = {
  readonly getManifest: (sha256: string) => Promise<Uint8Array | undefined>
  /** A blob of at most `MAX_SERVED_BLOB_BYTES`; `undefined` if there is none, or an older Holo does not give any. */
  readonly getBlob: (sha256: string) => Promise<Uint8Array | undefined>
  readonly putManifest: (sha256: string, bytes: Uint8Array) => Promise<void>
  /** Begins an upload, or keeps it open. */
  readonly begin: (version: string, upload: UploadBody) => Promise<BegunUpload>
  readonly missing: (
    version: string,
    cursor: string | undefined,
  ) => Promise<{ readonly missing: readonly MissingBlob[]; readonly cursor?: string | undefined }>
  readonly putBlob: (sha256: string, bytes: Blob, replace: boolean) => Promise<void>
  /** Sends several small blobs at once (wire/packs.ts). `unknown`: an older Holo does not take packs. */
  readonly putPack: (pack: Uint8Array, replace: boolean) => Promise<'stored' | 'unknown'>
  /** The sizes of the stored parts by their number; `stored`: the whole blob is already stored. */
  readonly parts: (
    sha256: string,
  ) => Promise<{ readonly parts: ReadonlyMap<number, number>; readonly stored: boolean }>
  readonly putPart: (sha256: string, part: number, bytes: Blob) => Promise<void>
  readonly complete: (sha256: string, parts: number, replace: boolean) => Promise<void>
  readonly finalise: (version: string, manifest: string) => Promise<FinalStep>
}
