// Publishes a folder over the API: the manifest first, so that only missing blobs are sent, and the
// version is known after the last step. An interrupted publication goes on when it is repeated.

import { setTimeout as sleep } from 'node:timers/promises'
import { openManifest } from '../core/site/manifest.ts'
import type { ManifestConfig } from '../core/site/manifest-config.ts'
import type { VersionRecord } from '../document/version-record.ts'
import type { MissingBlob } from '../wire/uploads.ts'
import { PublishError } from './messages.ts'
import { type PreparedVersion, type PrepareOptions, prepareVersion } from './prepare.ts'
import type { ReportProgress } from './progress.ts'
import type { RetainedManifest } from './survey.ts'
import { uploadBlobs } from './upload-blobs.ts'
import type { BegunUpload, UploadTarget } from './upload-target.ts'

/** A blob may be lost while the others are sent; a store that loses more is broken. */
const MAX_ROUNDS = 5

/** A sixth of the time after which an idle upload is given up. */
const KEEP_ALIVE_MS = 600_000

export type UploadOptions = Omit<PrepareOptions, 'retained'> & {
  /** Versions that visitors may still have: a name counts as hashed only if they agree. */
  readonly retained?: readonly Pick<VersionRecord, 'id' | 'manifest'>[]
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly commit?: string
  readonly author?: string
  /** Ends before anything is sent. */
  readonly dryRun?: boolean
}

export type UploadResult = {
  readonly manifest: string
  /** How many paths the version has, and the sum of their sizes. */
  readonly files: number
  readonly bytes: number
  /** Blobs that were sent, and the sum of their sizes. */
  readonly uploaded: number
  readonly uploadedBytes: number
  /** Blobs that were stored before. */
  readonly reused: number
  /** The version was published before, with the same content. */
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
): Promise<UploadResult> {
  const { retained, warnings } = await loadRetained(target, options)
  const prepared = await prepareVersion({ ...options, retained }, report, signal)
  const run: UploadRun = { target, options, prepared, report, signal }
  const sent = options.dryRun ? toUnsent(prepared) : await send(run)
  return {
    manifest: sent.manifest,
    files: prepared.count,
    bytes: prepared.bytes,
    uploaded: sent.blobs.length,
    uploadedBytes: sent.blobs.reduce((sum, { size }) => sum + size, 0),
    reused: options.dryRun ? 0 : Math.max(0, prepared.blobs.size - sent.blobs.length),
    isKnown: sent.isKnown,
    revision: sent.revision,
    notFound: prepared.config.notFound,
    htmlHandling: prepared.config.htmlHandling,
    warnings: [...warnings, ...prepared.warnings],
  }
}

async function loadRetained(target: UploadTarget, { retained = [] }: UploadOptions) {
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
    const first = isKnown ? [] : await sendMissing(run)
    const { blobs, ...end } = await finish(run, begun)
    return { ...end, blobs: [...first, ...blobs], isKnown }
  })
}

function begin({ target, options, prepared }: UploadRun): Promise<BegunUpload> {
  const { id, services, createdAt, commit, author } = options
  return target.begin(id, {
    manifest: prepared.manifest,
    services,
    createdAt,
    ...(commit !== undefined && { commit }),
    ...(author !== undefined && { author }),
  })
}

/** Says now and then that the upload goes on: one that is idle for an hour is given up. */
async function keepAlive<T>(run: UploadRun, work: () => Promise<T>): Promise<T> {
  // A call that fails shows in the work itself, or the next one succeeds.
  const timer = setInterval(() => void begin(run).catch(() => undefined), KEEP_ALIVE_MS)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

/** Sends everything that is missing now. Two pages of the list may name the same blob. */
async function sendMissing(run: UploadRun): Promise<readonly MissingBlob[]> {
  const { target, options, prepared, report, signal } = run
  const all = new Map<string, MissingBlob>()
  let cursor: string | undefined
  do {
    signal.throwIfAborted()
    const page = await target.missing(options.id, cursor)
    for (const one of page.missing) all.set(one.sha256, one)
    cursor = page.cursor
  } while (cursor !== undefined)
  const missing = [...all.values()]
  await uploadBlobs(target, missing, prepared.files, report, signal)
  return missing
}

/** Asks for the end until the version is known, and sends what turns out to be missing meanwhile. */
async function finish(run: UploadRun, begun: BegunUpload): Promise<Omit<SendResult, 'isKnown'>> {
  const { target, options, prepared, report, signal } = run
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
    if (rounds > MAX_ROUNDS) throw new PublishError('the store loses what is uploaded: look at it')
    if (step.state === 'given-up') {
      manifest = (await begin(run)).manifest
      continue
    }
    await uploadBlobs(target, step.blobs, prepared.files, report, signal)
    blobs.push(...step.blobs)
  }
}
