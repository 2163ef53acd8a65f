// Prepares the upload of a folder as a version: its manifest, and a file for each blob. It sends nothing.

import type { ManifestConfig } from '../core/site/manifest-config.ts'
import { MAX_MANIFEST_BYTES } from '../core/site/manifest-limits.ts'
import type { FlagKeys } from '../document/flag-keys.ts'
import type { PublishedService } from '../document/service.ts'
import { toSha256 } from './content-hash.ts'
import { type LoadBlob, makeDeltas, markDictionaries } from './deltas.ts'
import { encodeContents, toContentKey } from './encode-contents.ts'
import { findFlagKeys } from './flag-keys.ts'
import type { FoundFrameworkPin } from './framework-pin.ts'
import { listHazards } from './hazards.ts'
import { encodeHolding, readInlineBlobs } from './inline-blobs.ts'
import { PublishError } from './messages.ts'
import type { ReportProgress } from './progress.ts'
import { type SurveyedFile, type SurveyOptions, surveyFolder } from './survey.ts'

export type PrepareOptions = SurveyOptions & {
  /** The id of the version, in the form that core/names.ts defines. */
  readonly id: string
  /** The services of the version, which the caller has validated. */
  readonly services: readonly PublishedService[]
  /** The folder for encoded forms, which are reused after an interruption. The caller removes it. */
  readonly encodedFolder: string
  /** Flags whose keys are searched for; `undefined` if they are not known. */
  readonly flags?: readonly string[] | undefined
  /** Loads a stored blob, as the dictionary of a delta. Without it there are no deltas. */
  readonly loadBlob?: LoadBlob
}

export type PreparedVersion = {
  /** SHA-256 of the manifest's bytes. */
  readonly manifest: string
  readonly manifestBytes: Uint8Array
  /** Every blob that the manifest names. */
  readonly blobs: ReadonlySet<string>
  /** The file of each blob, without the encoded forms that a retained version already has. */
  readonly files: ReadonlyMap<string, string>
  /** What the folder has, by path. */
  readonly surveyed: readonly SurveyedFile[]
  /** How many paths the version has, and the sum of their sizes. */
  readonly count: number
  readonly bytes: number
  /** How many of the paths are private: stored and never served. */
  readonly privateFiles: number
  readonly config: ManifestConfig
  /** What the framework of the build sends by itself, and who says so. */
  readonly frameworkPin: (Omit<FoundFrameworkPin, 'by'> & Partial<FoundFrameworkPin>) | undefined
  /** Which flags the files mention; `undefined` if they were not searched. */
  readonly flagKeys: FlagKeys | undefined
  /** Warnings for the publisher, one sentence each. */
  readonly warnings: readonly string[]
}

/** @throws PublishError when the folder cannot be published. */
export async function prepareVersion(
  options: PrepareOptions,
  report: ReportProgress,
  signal: AbortSignal,
): Promise<PreparedVersion> {
  const { folder, id, services, retained, encodedFolder, loadBlob } = options
  // An earlier publication under the same id is the same version, so its names are not compared.
  const others = retained.filter((version) => version.id !== id)
  const survey = await surveyFolder({ ...options, retained: others }, report)
  if (survey.files.length === 0 && services.length === 0) {
    throw new PublishError(`${folder} is empty, and the version has no service`)
  }
  const encoded = await encodeContents(survey.files, retained, encodedFolder, report, signal)
  const plain = markDictionaries(
    survey.files.map((file) => ({
      ...file,
      encodings: encoded.encodings.get(toContentKey(file)) ?? [],
    })),
  )
  const deltas =
    loadBlob && (await makeDeltas(plain, others, encodedFolder, loadBlob, report, signal))
  const entries = plain.map((file) => ({
    ...file,
    encodings: [...file.encodings, ...(deltas?.forms.get(file.path) ?? [])],
  }))
  const inline = await readInlineBlobs(plain, survey.config, {
    stored: encoded.files,
    retained,
  })
  const manifestBytes = encodeHolding(entries, survey.config, inline)
  refuseTooLarge(folder, entries.length, manifestBytes.length)
  return {
    manifest: toSha256(manifestBytes),
    manifestBytes,
    blobs: new Set(
      entries.flatMap(({ blob, encodings }) => [blob, ...encodings.map((form) => form.blob)]),
    ),
    files: new Map([...encoded.files, ...(deltas?.files ?? [])]),
    surveyed: survey.files,
    count: entries.length,
    bytes: entries.reduce((sum, { size }) => sum + size, 0),
    privateFiles: entries.filter(({ isPrivate }) => isPrivate).length,
    config: survey.config,
    frameworkPin: options.frameworkPin ? { pin: options.frameworkPin } : survey.frameworkPin,
    flagKeys: options.flags && (await findFlagKeys(survey.files, options.flags)),
    warnings: [...survey.warnings, ...listHazards(survey)],
  }
}

/** @throws PublishError for a manifest that the API would not take, with what it is made of. */
export function refuseTooLarge(folder: string, files: number, bytes: number): void {
  if (bytes <= MAX_MANIFEST_BYTES) return
  throw new PublishError(
    `${folder} has too many files, or too long paths: the manifest of its ${files} files has ${bytes} bytes, and ${MAX_MANIFEST_BYTES} are allowed. ` +
      'Leave files out with --exclude GLOB ("exclude" in holo.json), or serve some of them by a service',
  )
}
