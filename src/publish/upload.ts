// Publishes a folder over the API: survey, encodings, manifest, upload, what is missing, the end.
// Manifest first, so that nothing is sent that is there; nothing is served before the last step.

import { setTimeout as sleep } from 'node:timers/promises'
import { encodeManifest, openManifest } from '../core/site/manifest.ts'
import type { ManifestConfig } from '../core/site/manifest-config.ts'
import type { MissingBlob } from '../wire/uploads.ts'
import { toContentKey } from './contents.ts'
import { encodeContents } from './encode-contents.ts'
import { listHazards } from './hazards.ts'
import type { ReportProgress } from './progress-step.ts'
import { MAX_MANIFEST_BYTES, type PublishOptions } from './publish.ts'
import { PublishError } from './refusal.ts'
import { sha256 } from './sha256.ts'
import { type RetainedManifest, surveyFolder } from './survey.ts'
import { uploadBlobs } from './upload-blobs.ts'
import type { UploadTarget } from './upload-target.ts'

/** A blob may be lost while the others are sent; a store that loses more is broken. */
const MAX_ROUNDS = 5

/** A sixth of what an open upload may be idle. */
const KEEP_ALIVE_MS = 600_000

export type UploadOptions = PublishOptions & {
  /** Keeps encoded forms between interrupted runs; the caller removes it after a success. */
  readonly encodedFolder: string
  /** Ends before anything is sent. */
  readonly dryRun?: boolean
}

export type Upload = {
  readonly manifest: string
  /** How many paths the version has, and their sizes in sum. */
  readonly files: number
  readonly bytes: number
  /** Blobs that were sent, and their sizes in sum. */
  readonly uploaded: number
  readonly uploadedBytes: number
  /** Blobs that were there before. */
  readonly reused: number
  /** It was published before, with the same content. */
  readonly isKnown: boolean
  /** The revision that knows the version; absent while there is no document. */
  readonly revision: number | undefined
  /** What answers where nothing is, and under which address a page is found. */
  readonly notFound: ManifestConfig['notFound']
  readonly htmlHandling: ManifestConfig['htmlHandling']
  readonly warnings: readonly string[]
}

/** @throws PublishError when the folder cannot be published; what the target rejects with. */
export async function uploadFolder(
  target: UploadTarget,
  options: UploadOptions,
  report: ReportProgress,
  signal: AbortSignal,
): Promise<Upload> {
  const { folder, id, services, createdAt, commit, author } = options
  const { htmlHandling, notFound, appPage, redirectsReading } = options
  const { retained, warnings } = await loadRetained(target, options)
  const survey = await surveyFolder(
    {
      folder,
      retained: retained.filter((version) => version.id !== id),
      hashedGlobs: options.hashedGlobs ?? [],
      ...(options.exclude && { exclude: options.exclude }),
      ...(options.allow && { allow: options.allow }),
      ...(htmlHandling && { htmlHandling }),
      ...(notFound && { notFound }),
      ...(appPage && { appPage }),
      ...(redirectsReading && { redirectsReading }),
    },
    report,
  )
  if (survey.files.length === 0 && services.length === 0) {
    throw new PublishError(`${folder} holds no file, and the version has no service`)
  }
  const encoded = await encodeContents(
    survey.files,
    retained,
    options.encodedFolder,
    report,
    signal,
  )
  const entries = survey.files.map((file) => ({
    ...file,
    encodings: encoded.encodings.get(toContentKey(file)) ?? [],
  }))
  const bytes = encodeManifest(entries, survey.config)
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw new PublishError(
      `${folder} has too many files: a manifest of ${bytes.length} bytes, ${MAX_MANIFEST_BYTES} are served`,
    )
  }
  const manifest = sha256(bytes)
  const known = {
    manifest,
    files: survey.files.length,
    bytes: survey.files.reduce((sum, file) => sum + file.size, 0),
    notFound: survey.config.notFound,
    htmlHandling: survey.config.htmlHandling,
    warnings: [...warnings, ...survey.warnings, ...listHazards(survey)],
  }
  if (options.dryRun) {
    return {
      ...known,
      uploaded: 0,
      uploadedBytes: 0,
      reused: 0,
      isKnown: false,
      revision: undefined,
    }
  }
  await target.putManifest(manifest, bytes)
  const begin = () =>
    target.begin(id, {
      ...{ manifest, services, createdAt },
      ...(commit !== undefined && { commit }),
      ...(author !== undefined && { author }),
    })
  const state = await begin()
  const blobs = new Set(
    entries.flatMap(({ blob, encodings }) => [blob, ...encodings.map((form) => form.blob)]),
  )
  const [sent, end] = await keepAlive(begin, async () => {
    const first =
      state === 'finalised' ? [] : await sendMissing(target, id, encoded.files, report, signal)
    return [
      first,
      await finish(target, { id, manifest, begin }, encoded.files, report, signal),
    ] as const
  })
  const all = [...sent, ...end.sent]
  return {
    ...known,
    uploaded: all.length,
    uploadedBytes: all.reduce((sum, { size }) => sum + size, 0),
    reused: Math.max(0, blobs.size - all.length),
    isKnown: state === 'finalised',
    revision: end.revision,
  }
}

/** Says now and then that the upload goes on: what is idle for an hour is given up. */
async function keepAlive<T>(begin: () => Promise<unknown>, work: () => Promise<T>): Promise<T> {
  // One that fails shows in the work itself, or the next one succeeds.
  const timer = setInterval(() => void begin().catch(() => undefined), KEEP_ALIVE_MS)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

async function loadRetained(target: UploadTarget, { retained = [] }: PublishOptions) {
  const manifests: RetainedManifest[] = []
  const warnings: string[] = []
  for (const { id, manifest } of retained) {
    const bytes = await target.getManifest(manifest)
    const opened = bytes && openManifest(bytes)
    if (opened?.ok) manifests.push({ id, manifest: opened.value })
    else warnings.push(`the manifest of ${id} cannot be read; its names were not compared`)
  }
  return { retained: manifests, warnings }
}

/** Everything that is missing now, page by page; two pages may name the same blob. */
async function sendMissing(
  target: UploadTarget,
  id: string,
  files: ReadonlyMap<string, string>,
  report: ReportProgress,
  signal: AbortSignal,
): Promise<readonly MissingBlob[]> {
  const all = new Map<string, MissingBlob>()
  let cursor: string | undefined
  do {
    signal.throwIfAborted()
    const page = await target.missing(id, cursor)
    for (const one of page.missing) all.set(one.sha256, one)
    cursor = page.cursor
  } while (cursor !== undefined)
  const missing = [...all.values()]
  await uploadBlobs(target, missing, files, report, signal)
  return missing
}

type Begun = {
  readonly id: string
  readonly manifest: string
  /** Begins it, or says that it goes on. */
  readonly begin: () => Promise<unknown>
}

async function finish(
  target: UploadTarget,
  { id, manifest, begin }: Begun,
  files: ReadonlyMap<string, string>,
  report: ReportProgress,
  signal: AbortSignal,
): Promise<{ readonly revision: number | undefined; readonly sent: readonly MissingBlob[] }> {
  const sent: MissingBlob[] = []
  let rounds = 0
  for (;;) {
    signal.throwIfAborted()
    const step = await target.finalise(id, manifest)
    if (step.state === 'finalised') return { revision: step.revision, sent }
    if (step.state === 'verifying') {
      report({
        doing: 'verifying',
        files: step.verified,
        ofFiles: step.files,
        bytes: 0,
        ofBytes: 0,
      })
      await sleep(step.waitMs, undefined, { signal })
      continue
    }
    rounds++
    if (rounds > MAX_ROUNDS) throw new PublishError('the store loses what is uploaded: look at it')
    if (step.state === 'given-up') {
      await begin()
      continue
    }
    await uploadBlobs(target, step.blobs, files, report, signal)
    sent.push(...step.blobs)
  }
}
