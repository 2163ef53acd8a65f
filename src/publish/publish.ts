// Publishes a folder as a version, in the order that makes a crash harmless: blobs, manifest,
// record. Nothing points at the version afterwards; that is pointer.ts' affair and the last step.

import { VERSION_ID } from '../core/names.ts'
import { encodeManifest, type Manifest } from '../core/site/manifest.ts'
import type { ManifestConfig } from '../core/site/manifest-config.ts'
import type { PublishedService } from '../document/service.ts'
import { listDifferences } from '../document/version-differences.ts'
import { storeContents, toContentKey } from './contents.ts'
import type { ReportProgress } from './progress-step.ts'
import type { RedirectsReading } from './redirects-file.ts'
import { PublishError, toList } from './refusal.ts'
import { sha256 } from './sha256.ts'
import { loadStoredManifest } from './stored-manifest.ts'
import { type RetainedManifest, type Survey, surveyFolder } from './survey.ts'
import type { PublishTarget, VersionRecord } from './target.ts'

/** The edge loads no larger one: about 100,000 files with three encodings each. */
export const MAX_MANIFEST_BYTES = 24 * 2 ** 20

export type PublishOptions = {
  readonly folder: string
  /** Chosen by the team, as core/names.ts has it. */
  readonly id: string
  /** As the assignments document will have them; the caller has validated them. */
  readonly services: readonly PublishedService[]
  /** Left out: `auto-trailing-slash`, as Cloudflare has it. */
  readonly htmlHandling?: ManifestConfig['htmlHandling']
  /** Left out: `404-page` with a /404.html, `single-page-application` for such an app, else `none`. */
  readonly notFound?: ManifestConfig['notFound']
  /** The page of a single-page application, where it is not /index.html. */
  readonly appPage?: string
  /** Whose meaning `_redirects` has; found by its syntax when left out. */
  readonly redirectsReading?: RedirectsReading
  /** Paths whose names change with their content, beside those that can be told. */
  readonly hashedGlobs?: readonly string[]
  /** Globs of paths that are left out. */
  readonly exclude?: readonly string[]
  /** Globs of paths that are published though they look like server code or secrets. */
  readonly allow?: readonly string[]
  /** Versions that visitors may still be on: a name is only relied on if they agree. */
  readonly retained?: readonly Pick<VersionRecord, 'id' | 'manifest'>[]
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly commit?: string
  readonly author?: string
}

export type Publication = {
  /** As it is stored: that of the first time when the version was published before. */
  readonly record: VersionRecord
  /** How many paths the version has. */
  readonly files: number
  /** How many blobs were written. */
  readonly uploaded: number
  /** How many blobs were stored before. */
  readonly reused: number
  /** What the publisher should look at; each one sentence. */
  readonly warnings: readonly string[]
}

/**
 * Publishes a version, or finds that it is published already. Doing it again, also after a crash,
 * uploads only what is missing.
 *
 * @throws PublishError when the folder cannot be published, or the id belongs to other content.
 * @throws TypeError when `id` is none.
 */
export async function publishFolder(
  target: PublishTarget,
  options: PublishOptions,
  report: ReportProgress = () => {},
): Promise<Publication> {
  const { folder, id, services, createdAt, commit, author } = options
  if (!VERSION_ID.test(id)) {
    throw new TypeError(`id: up to 64 letters, digits and "._+-", such as "1.4.0"; not "${id}"`)
  }
  const { retained, warnings } = await loadRetained(target, options)
  const survey = await surveyFolder(
    {
      folder,
      retained,
      hashedGlobs: options.hashedGlobs ?? [],
      ...(options.exclude && { exclude: options.exclude }),
      ...(options.allow && { allow: options.allow }),
      ...(options.htmlHandling && { htmlHandling: options.htmlHandling }),
      ...(options.notFound && { notFound: options.notFound }),
      ...(options.appPage && { appPage: options.appPage }),
      ...(options.redirectsReading && { redirectsReading: options.redirectsReading }),
    },
    report,
  )
  if (survey.files.length === 0 && services.length === 0) {
    throw new PublishError(`${folder} holds no file, and the version has no service`)
  }
  const result = { files: survey.files.length, warnings: [...warnings, ...survey.warnings] }

  const published = await target.readVersion(id)
  if (published) {
    const manifest = await confirmSame(target, published, survey, services)
    return { ...result, record: published, uploaded: 0, reused: countBlobs(manifest) }
  }

  const { encodings, uploaded, reused } = await storeContents(
    target,
    survey.files,
    retained,
    report,
  )
  const bytes = encodeManifest(
    survey.files.map((file) => ({ ...file, encodings: encodings.get(toContentKey(file)) ?? [] })),
    survey.config,
  )
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw new PublishError(
      `${folder} has too many files: a manifest of ${bytes.length} bytes, ${MAX_MANIFEST_BYTES} are served`,
    )
  }
  const manifest = sha256(bytes)
  await target.putManifest(manifest, bytes)
  const record: VersionRecord = {
    id,
    manifest,
    services,
    files: survey.files.length,
    bytes: survey.files.reduce((sum, file) => sum + file.size, 0),
    createdAt,
    ...(commit !== undefined && { commit }),
    ...(author !== undefined && { author }),
  }
  const outcome = await target.createVersion(id, record)
  if (outcome === 'created') return { ...result, record, uploaded, reused }
  // Somebody published the same id in the meantime.
  await confirmSame(target, outcome, survey, services)
  return { ...result, record: outcome, uploaded, reused }
}

async function loadRetained(
  target: PublishTarget,
  { retained = [] }: PublishOptions,
): Promise<{ readonly retained: readonly RetainedManifest[]; readonly warnings: string[] }> {
  const manifests: RetainedManifest[] = []
  const warnings: string[] = []
  for (const version of retained) {
    const loaded = await loadStoredManifest(target, version)
    if (loaded.ok) manifests.push({ id: version.id, manifest: loaded.value })
    else warnings.push(`${loaded.error}; its names were not compared`)
  }
  return { retained: manifests, warnings }
}

/** The manifest of the recorded version, which has this very content. */
async function confirmSame(
  target: PublishTarget,
  record: VersionRecord,
  survey: Survey,
  services: readonly PublishedService[],
): Promise<Manifest> {
  const loaded = await loadStoredManifest(target, record)
  if (!loaded.ok) throw new PublishError(`${record.id} is recorded, but ${loaded.error}`)
  const lines = listDifferences({ record, manifest: loaded.value }, { ...survey, services })
  if (lines.length === 0) return loaded.value
  throw new PublishError(
    `${record.id} was published on ${record.createdAt} with other content; choose a new id.\n${toList(lines)}`,
  )
}

function countBlobs(manifest: Manifest): number {
  const blobs = new Set<string>()
  for (const { blob, encodings } of manifest.entries()) {
    blobs.add(blob)
    for (const form of encodings) blobs.add(form.blob)
  }
  return blobs.size
}
