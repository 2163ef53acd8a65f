// What the control offers to those who upload versions and to those who collect what is left of them:
// part of contract.ts. Blobs and manifests are brought into R2, and listed there, by the admin API.

import type { Result } from '../../core/result.ts'
import type { PublishedService } from '../../document/service.ts'
import type { VersionRecord } from '../../document/version-record.ts'
import type { FinaliseResult, UploadReply } from '../../wire/uploads.ts'
import type { Retention } from '../../wire/versions.ts'
import type { Answer, Caller, DeniedResult, RefusedResult } from '../caller.ts'

/** An upload as the control keeps it. */
export type Upload = UploadReply & {
  /** Names the content: another upload under the same id has another one. */
  readonly serial: number
}

/** The id belongs to this content, which is other than the one that was named. */
export type Taken = {
  readonly kind: 'taken'
  readonly manifest: string
  readonly services: readonly PublishedService[]
}

/** `replaced`: the upload has other content by now. */
export type NoSuchUpload = { readonly kind: 'none' | 'replaced' }

/** How far an upload may go on: `waitMs` is above 0 while a deletion may concern it. */
export type VerificationTurn = { readonly upload: Upload; readonly waitMs: number }

/** `unverified`: not all blobs have been found yet. `unavailable`: R2 did not take the record. */
export type FinishFailure =
  | NoSuchUpload
  | Taken
  | { readonly kind: 'unverified' }
  | { readonly kind: 'unavailable' }
  | Exclude<RefusedResult, { kind: 'stale' }>

/** `finalised`: it has become a version, which `withdraw` takes back. */
export type AbortFailure = { readonly kind: 'none' } | { readonly kind: 'finalised' } | DeniedResult

/** What is known of a version beside the document. */
export type VersionUse = {
  readonly version: string
  /** When it was last pointed at; `undefined` for never, and now for one that is pointed at. */
  readonly lastPointedAt: number | undefined
  readonly retention: Retention
  /** As it was uploaded; `undefined` for one that came another way. */
  readonly record: VersionRecord | undefined
}

/** What must not be collected. */
export type Protection = {
  /** Ids whose records stay. */
  readonly versions: readonly string[]
  /** Hashes of manifests that stay, and their blobs with them. */
  readonly manifests: readonly string[]
  /** What was stored after this stays, in milliseconds since the epoch; parts have a time of their own. */
  readonly before: number
  readonly partsBefore: number
}

/** What leaves the document, or would leave it. */
export type RetireResult = {
  readonly versions: readonly string[]
  /** Uploads that were given up. */
  readonly uploads: number
  /** There is more to retire. */
  readonly more: boolean
}

/** `keys` of a kind: ids of records, hashes of manifests and blobs, `<sha256>/<part>` of parts. */
export type Garbage = {
  readonly kind: 'records' | 'manifests' | 'blobs' | 'parts'
  readonly keys: readonly string[]
  /** Of blobs: the manifests that were searched for them, by hash. */
  readonly searched: readonly string[]
}

/**
 * `keys` are those that are gone. `stale`: something is protected that was not searched.
 * `busy`: something else has to end first.
 */
export type CollectionResult = {
  readonly outcome: 'collected' | 'stale' | 'busy'
  readonly keys: readonly string[]
}

export type UploadCalls = {
  /**
   * Begins or resumes an upload. `isRecorded`: its record is in R2 already, with this content.
   * `invalid` names what the document would not take.
   */
  readonly openUpload: (
    caller: Caller,
    record: VersionRecord,
    isRecorded: boolean,
  ) => Promise<Result<Upload | Taken, Exclude<RefusedResult, { kind: 'stale' }>>>
  readonly upload: (caller: Caller, version: string) => Answer<Upload | undefined>
  /** Gives up one that is on its way: by who opened it, or an admin. */
  readonly abortUpload: (caller: Caller, version: string) => Promise<Result<Upload, AbortFailure>>
  /** The newest versions that were finalised here and are in the document: their manifests. */
  readonly finalisedManifests: (caller: Caller) => Answer<readonly string[]>
  /** Before each step of the verification. */
  readonly beginVerification: (
    caller: Caller,
    version: string,
    manifest: string,
  ) => Promise<Result<VerificationTurn, DeniedResult | NoSuchUpload>>
  /** After each step: the entries from `from` up to `to` have all their blobs. */
  readonly recordVerified: (
    caller: Caller,
    upload: Pick<Upload, 'version' | 'serial'>,
    from: number,
    to: number,
  ) => Answer<void>
  /** The last step: record, document, and only then it is finalised. */
  readonly finishUpload: (
    caller: Caller,
    upload: Pick<Upload, 'version' | 'serial'>,
  ) => Promise<Result<FinaliseResult, FinishFailure>>
  readonly versionUses: (caller: Caller) => Answer<readonly VersionUse[]>
}

export type CollectionCalls = {
  readonly protection: (caller: Caller) => Answer<Protection | undefined>
  /** Takes out of the document what is no longer retained; a dry run only says what it would. */
  readonly retire: (caller: Caller, dryRun: boolean) => Promise<Result<RetireResult, RefusedResult>>
  /** Deletes what is garbage of what is named, having looked once more. */
  readonly collect: (caller: Caller, garbage: Garbage) => Answer<CollectionResult>
}
