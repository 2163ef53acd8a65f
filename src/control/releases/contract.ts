// The calls of the control for uploads of versions and for garbage collection: part of contract.ts. The
// admin API itself stores and lists blobs and manifests in R2.

import type { Result } from '../../core/result.ts'
import type { PublishedService } from '../../document/service.ts'
import type { VersionRecord } from '../../document/version-record.ts'
import type { LostFile } from '../../wire/files.ts'
import type { FinaliseResult, UploadReply } from '../../wire/uploads.ts'
import type { Drain, Retention } from '../../wire/versions.ts'
import type { Answer, Caller, DeniedResult, RefusedResult } from '../caller.ts'

/** An upload as the control stores it. */
export type Upload = UploadReply & {
  /** Identifies the content: an upload of other content under the same id has another number. */
  readonly serial: number
}

/** The id is taken by this content, which is not the content that the caller named. */
export type Taken = {
  readonly kind: 'taken'
  readonly manifest: string
  readonly services: readonly PublishedService[]
}

/** `replaced`: an upload of other content has taken its place. */
export type NoSuchUpload = { readonly kind: 'none' | 'replaced' }

/** Whether verification may go on: `waitMs` is above 0 while a deletion may concern the upload. */
export type VerificationTurn = { readonly upload: Upload; readonly waitMs: number }

/** `unverified`: not all blobs are verified yet. `unavailable`: R2 did not accept the record. */
export type FinishFailure =
  | NoSuchUpload
  | Taken
  | { readonly kind: 'unverified' }
  | { readonly kind: 'unavailable' }
  /** A newer Holo has written the record of this version. */
  | { readonly kind: 'newer' }
  | Exclude<RefusedResult, { kind: 'stale' }>

/** `finalised`: the upload is a version already; `withdraw` takes a version back. */
export type AbortFailure = { readonly kind: 'none' } | { readonly kind: 'finalised' } | DeniedResult

/** What the control knows about a version that the document does not say. */
export type VersionUse = {
  readonly version: string
  /** When an environment last pointed at it; the present if one does, `undefined` for never. */
  readonly lastPointedAt: number | undefined
  readonly retention: Retention
  readonly drain: Drain
  /** The record of its upload; `undefined` if it was not uploaded here. */
  readonly record: VersionRecord | undefined
}

/** What must not be deleted. */
export type Protection = {
  /** Ids whose records stay. */
  readonly versions: readonly string[]
  /** Hashes of manifests that stay, and their blobs with them. */
  readonly manifests: readonly string[]
  /** What was stored after this time stays, in milliseconds since the epoch; for parts, `partsBefore`. */
  readonly before: number
  readonly partsBefore: number
}

/** What was removed from the document, or in a dry run would be. */
export type RetireResult = {
  readonly versions: readonly string[]
  /** How many abandoned uploads were removed. */
  readonly uploads: number
  /** There is more to retire. */
  readonly more: boolean
}

/** Keys to delete: ids of records, hashes of manifests and blobs, or `<sha256>/<part>` of parts. */
export type Garbage = {
  readonly kind: 'records' | 'manifests' | 'blobs' | 'parts'
  readonly keys: readonly string[]
  /** For blobs: the hashes of the manifests in which they were looked for. */
  readonly searched: readonly string[]
}

/**
 * `keys` are the deleted ones. `stale`: a manifest is protected that was not searched. `busy`: another
 * operation has to end first.
 */
export type CollectionResult = {
  readonly outcome: 'collected' | 'stale' | 'busy'
  readonly keys: readonly string[]
}

/** What a check has found. */
export type FilesFound = {
  readonly lost: readonly LostFile[]
  /** Files that were remembered as lost, and are whole. */
  readonly whole: readonly Pick<LostFile, 'kind' | 'sha256'>[]
}

/** What a check has to know: the versions of the document, and what was found before. */
export type FilesToCheck = {
  readonly versions: readonly { readonly version: string; readonly manifest: string }[]
  readonly lost: readonly LostFile[]
}

export type UploadCalls = {
  /**
   * Begins or resumes an upload. `isRecorded`: R2 already has its record, with this content. `invalid`
   * says why the document would not accept the version.
   */
  readonly openUpload: (
    caller: Caller,
    record: VersionRecord,
    isRecorded: boolean,
  ) => Promise<Result<Upload | Taken, Exclude<RefusedResult, { kind: 'stale' }>>>
  readonly upload: (caller: Caller, version: string) => Answer<Upload | undefined>
  /** Abandons an upload. Only the token that opened it or an admin may. */
  readonly abortUpload: (caller: Caller, version: string) => Promise<Result<Upload, AbortFailure>>
  /** The manifests of the newest versions that were finalised here and are in the document. */
  readonly finalisedManifests: (caller: Caller) => Answer<readonly string[]>
  /** Called before each step of the verification. */
  readonly beginVerification: (
    caller: Caller,
    version: string,
    manifest: string,
  ) => Promise<Result<VerificationTurn, DeniedResult | NoSuchUpload>>
  /** Called after each step: all blobs of the entries from `from` up to `to` are in R2. */
  readonly recordVerified: (
    caller: Caller,
    upload: Pick<Upload, 'version' | 'serial'>,
    from: number,
    to: number,
  ) => Answer<void>
  /**
   * The last step: writes the record, adds the version to the document, then marks the upload as
   * finalised.
   */
  readonly finishUpload: (
    caller: Caller,
    upload: Pick<Upload, 'version' | 'serial'>,
  ) => Promise<Result<FinaliseResult, FinishFailure>>
  readonly versionUses: (caller: Caller) => Answer<readonly VersionUse[]>
}

export type FileCalls = {
  readonly filesToCheck: (caller: Caller) => Answer<FilesToCheck>
  /** What is known to be lost or damaged. */
  readonly lostFiles: (caller: Caller) => Answer<readonly LostFile[]>
  /** The API found this in the store; a caller cannot say it. */
  readonly recordFiles: (caller: Caller, found: FilesFound) => Answer<void>
}

export type CollectionCalls = {
  readonly protection: (caller: Caller) => Answer<Protection | undefined>
  /** Removes versions that are no longer retained from the document; a dry run only reports them. */
  readonly retire: (caller: Caller, dryRun: boolean) => Promise<Result<RetireResult, RefusedResult>>
  /** Checks the proposed keys again and deletes those that are garbage. */
  readonly collect: (caller: Caller, garbage: Garbage) => Answer<CollectionResult>
}
