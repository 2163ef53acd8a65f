// Publishes a folder with the API: the manifest first, so that only missing blobs are uploaded. The last step
// adds the version to the document. An interrupted publication continues when it is repeated.

import { setTimeout as sleep } from 'node:timers/promises'
import { openManifest } from '../core/site/manifest.ts'
import type { ManifestConfig } from '../core/site/manifest-config.ts'
import type { VersionRecord } from '../document/version-record.ts'
import type { MissingBlob } from '../wire/uploads.ts'
import { PublishError } from './messages.ts'
import { type PreparedVersion, type PrepareOptions, prepareVersion } from './prepare.ts'
import type { ReportProgress } from './progress.ts'
import { remakeForms } from './remake-forms.ts'
import type { RetainedManifest } from './survey.ts'
import { uploadBlobs } from './upload-blobs.ts'
import type { BegunUpload, UploadTarget } from './upload-target.ts'

/** How often missing blobs are uploaded again. If blobs still disappear, the store is broken. */
const MAX_ROUNDS = 5

/** A sixth of the time after which the control aborts an idle upload. */
const KEEP_ALIVE_MS = 600_000

export type UploadOptions = Omit<PrepareOptions, 'retained' | 'loadBlob'> & {
  /**
   * Versions that visitors may still have, the newest first. A name only counts as hashed if none of them
   * contradicts that. Files of those that are open become dictionaries.
   */
  readonly retained?: readonly (Pick<VersionRecord, 'id' | 'manifest'> & {
    readonly open?: boolean | undefined
  })[]
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly commit?: string
  readonly author?: string
  /** The oldest version that one may go back to from this one. */
  readonly floor?: string
  /** Stops before anything is sent. */
  readonly dryRun?: boolean
}

export type UploadResult = {
  readonly manifest: string
  /** How many paths the version has, and the sum of their sizes. */
  readonly files: number
  readonly bytes: number
  /** How many of them are private: source maps, which only `holo errors` reads. */
  readonly privateFiles: number
  /** The number of uploaded blobs, and the sum of their sizes. */
  readonly uploaded: number
  readonly uploadedBytes: number
  /** The number of blobs that were stored before. */
  readonly reused: number
  /** The version was published before, with the same content. */
  readonly isKnown: boolean
  /** The revision that has the version; `undefined` while there is no document. */
  readonly revision: number | undefined
  /** What answers when no file matches, and the form of the addresses of pages. */
  readonly notFound: ManifestConfig['notFound']
  readonly htmlHandling: ManifestConfig['htmlHandling']
  /** What the framework of the build sends by itself, and who says so. */
  readonly frameworkPin: PreparedVersion['frameworkPin']
  readonly warnings: readonly string[]
}

/** @throws PublishError when the folder cannot be published; the error of a failed call. */
export async function uploadFolder(
  target: UploadTarget,
  options: UploadOptions,
  report: ReportProgress,
  signal: AbortSignal,
): Promise<UploadResult> {
  const { retained, warnings } = await loadRetained(target, options)
  const { getBlob: loadBlob } = target
  const prepared = await prepareVersion({ ...options, retained, loadBlob }, report, signal)
  const run: UploadRun = { target, options, prepared, report, signal }
  const sent = options.dryRun ? toUnsent(prepared) : await send(run)
  return {
    manifest: sent.manifest,
    files: prepared.count,
    bytes: prepared.bytes,
    privateFiles: prepared.privateFiles,
    uploaded: sent.blobs.length,
    uploadedBytes: sent.blobs.reduce((sum, { size }) => sum + size, 0),
    reused: options.dryRun ? 0 : Math.max(0, prepared.blobs.size - sent.blobs.length),
    isKnown: sent.isKnown,
    revision: sent.revision,
    notFound: prepared.config.notFound,
    htmlHandling: prepared.config.htmlHandling,
    frameworkPin: prepared.frameworkPin,
    warnings: [...warnings, ...prepared.warnings],
  }
}

async function loadRetained(target: UploadTarget, { retained = [] }: UploadOptions) {
  const manifests: RetainedManifest[] = []
  const warnings: string[] = []
  for (const { id, manifest, open: isOpen } of retained) {
    const bytes = await target.getManifest(manifest)
    const opened = bytes && openManifest(bytes)
    if (opened?.ok) manifests.push({ id, manifest: opened.value, isOpen })
    else
      warnings.push(`the manifest of version ${id} cannot be read, so its names were not compared`)
  }
  return { retained: manifests, warnings }
}

type UploadRun = {
  readonly target: UploadTarget
  readonly options: UploadOptions
  readonly prepared: PreparedVersion
  readonly report: ReportProgress
  readonly signal: AbortSignal
}

type SendResult = {
  readonly manifest: string
  readonly blobs: readonly MissingBlob[]
  readonly isKnown: boolean
  readonly revision: number | undefined
}

function toUnsent({ manifest }: PreparedVersion): SendResult {
  return { manifest, blobs: [], isKnown: false, revision: undefined }
}

async function send(run: UploadRun): Promise<SendResult> {
  const { target, prepared } = run
  await target.putManifest(prepared.manifest, prepared.manifestBytes)
  const begun = await begin(run)
  const isKnown = begun.state === 'finalised'
  return keepAlive(run, async () => {
    // A version that was published before may have lost blobs since.
    const first = await sendMissing(run, begun)
    const { blobs, ...end } = await finish(run, begun)
    return { ...end, blobs: [...first, ...blobs], isKnown }
  })
}

function begin({ target, options, prepared }: UploadRun): Promise<BegunUpload> {
  const { id, services, createdAt, commit, author, floor } = options
  return target.begin(id, {
    manifest: prepared.manifest,
    services,
    createdAt,
    ...(commit !== undefined && { commit }),
    ...(author !== undefined && { author }),
    ...(floor !== undefined && { floor }),
    ...(prepared.frameworkPin && { frameworkPin: prepared.frameworkPin.pin }),
    ...(prepared.flagKeys && { flagKeys: prepared.flagKeys }),
  })
}

/** Keeps the upload open while `work` runs, because the control aborts one that is idle for an hour. */
async function keepAlive<T>(run: UploadRun, work: () => Promise<T>): Promise<T> {
  // A failure is ignored: either the next call succeeds, or the work itself fails.
  const timer = setInterval(() => void begin(run).catch(() => undefined), KEEP_ALIVE_MS)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

/** Uploads all missing blobs. Two pages of the list may name the same blob. */
async function sendMissing(
  run: UploadRun,
  { manifest }: BegunUpload,
): Promise<readonly MissingBlob[]> {
  const { target, options, signal } = run
  const all = new Map<string, MissingBlob>()
  let cursor: string | undefined
  do {
    signal.throwIfAborted()
    const page = await target.missing(options.id, cursor)
    for (const one of page.missing) all.set(one.sha256, one)
    cursor = page.cursor
  } while (cursor !== undefined)
  const missing = [...all.values()]
  await sendBlobs(run, manifest, missing)
  return missing
}

/** Uploads blobs of a manifest, and makes those again first that only the store had. */
async function sendBlobs(
  { target, options, prepared, report, signal }: UploadRun,
  manifest: string,
  blobs: readonly MissingBlob[],
): Promise<void> {
  const absent = blobs.map(({ sha256 }) => sha256).filter((hash) => !prepared.files.has(hash))
  if (absent.length === 0) return uploadBlobs(target, blobs, prepared.files, report, signal)
  const isOwn = manifest === prepared.manifest
  const bytes = isOwn ? prepared.manifestBytes : await target.getManifest(manifest)
  const opened = bytes && openManifest(bytes)
  const remade = opened?.ok
    ? await remakeForms(
        new Set(absent),
        opened.value,
        prepared.surveyed,
        options.encodedFolder,
        target.getBlob,
        signal,
      )
    : []
  return uploadBlobs(target, blobs, new Map([...prepared.files, ...remade]), report, signal)
}

/**
 * Repeats the last step until the version is in the document, and uploads blobs that turn out to be
 * missing.
 */
async function finish(run: UploadRun, begun: BegunUpload): Promise<Omit<SendResult, 'isKnown'>> {
  const { target, options, report, signal } = run
  let { manifest } = begun
  const blobs: MissingBlob[] = []
  let rounds = 0
  for (;;) {
    signal.throwIfAborted()
    const step = await target.finalise(options.id, manifest)
    if (step.state === 'finalised') return { manifest, revision: step.revision, blobs }
    if (step.state === 'verifying') {
      const { verified, files } = step
      report({ doing: 'verifying', files: verified, ofFiles: files, bytes: 0, ofBytes: 0 })
      await sleep(step.waitMs, undefined, { signal })
      continue
    }
    rounds++
    if (rounds > MAX_ROUNDS) {
      throw new PublishError(
        'the store loses uploaded blobs: check the R2 bucket, then publish again',
      )
    }
    if (step.state === 'given-up') {
      manifest = (await begin(run)).manifest
      continue
    }
    await sendBlobs(run, manifest, step.blobs)
    blobs.push(...step.blobs)
  }
}
