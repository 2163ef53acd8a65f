// The immutable record of a version, when two versions are the same, and in words how they differ. Encodings
// are not compared: other compressors produce other bytes of the same content. Other files read and write
// records.

import * as z from 'zod'
import type { Manifest } from '../core/site/manifest.ts'
import { DEFAULT_APP_PAGE, type ManifestConfig } from '../core/site/manifest-config.ts'
import type { ManifestEntry } from '../core/site/manifest-entry.ts'
import { isSameServices, toServicesText } from './complete-service.ts'
import { type FlagKeys, flagKeys } from './flag-keys.ts'
import { type FrameworkPin, frameworkPin } from './framework-pin.ts'
import { type PublishedService, service } from './service.ts'

/** `versions/<id>` in the store, as JSON. */
export const versionRecord = z.strictObject({
  id: z.string(),
  manifest: z.string().describe("SHA-256 of the manifest's bytes, 64 lower-case hex digits"),
  services: z.array(service),
  files: z.int().describe('How many paths the version has'),
  bytes: z.int().describe('Their sizes in sum, not encoded'),
  createdAt: z.string().describe('ISO 8601, UTC'),
  commit: z.string().optional(),
  author: z.string().optional(),
  frameworkPin: frameworkPin.optional(),
  flagKeys: flagKeys.optional(),
  floor: z.string().optional().describe('The oldest version that one may go back to'),
})

export type VersionRecord = Readonly<
  Omit<z.infer<typeof versionRecord>, 'services' | 'frameworkPin' | 'flagKeys'> & {
    services: readonly PublishedService[]
    frameworkPin?: FrameworkPin | undefined
    flagKeys?: FlagKeys | undefined
  }
>

type Substance = Pick<VersionRecord, 'manifest' | 'services'>

/** Whether both have the same manifest and the same services. */
export function isSameSubstance(one: Substance, other: Substance): boolean {
  return one.manifest === other.manifest && isSameServices(one.services, other.services)
}

/** What is to be published at one path. */
export type WantedFile = Pick<ManifestEntry, 'path' | 'blob' | 'size' | 'type' | 'isPrivate'> & {
  /** Whether its name looks hashed, before other versions were compared. */
  readonly hashedByName: boolean
}

/**
 * Returns one line per difference, and none if both are the same. A name that counts as hashed now but
 * did not when the version was published is no difference: a version that was removed since may have
 * had other content under that name.
 */
export function listDifferences(
  published: { readonly record: Pick<VersionRecord, 'services'>; readonly manifest: Manifest },
  wanted: {
    readonly files: Iterable<WantedFile>
    readonly config: ManifestConfig
    readonly services: readonly PublishedService[]
  },
): string[] {
  const { manifest, record } = published
  const lines: string[] = []
  const paths = new Set<string>()
  for (const file of wanted.files) {
    paths.add(file.path)
    const entry = manifest.findAny(file.path)
    const change = entry ? describeChange(entry, file) : 'added'
    if (change) lines.push(`${file.path}: ${change}`)
  }
  // If there are as many paths as before and each was found, none was removed.
  if (manifest.count !== paths.size || lines.length > 0) {
    for (const { path } of manifest.entries()) {
      if (!paths.has(path)) lines.push(`${path}: removed`)
    }
  }
  const [was, is] = [manifest.config, wanted.config]
  if (was.htmlHandling !== is.htmlHandling) {
    lines.push(`HTML handling: ${was.htmlHandling} became ${is.htmlHandling}`)
  }
  if (was.notFound !== is.notFound) {
    lines.push(`not-found handling: ${was.notFound} became ${is.notFound}`)
  }
  if (was.appPage !== is.appPage) {
    const [before, after] = [was, is].map(({ appPage = DEFAULT_APP_PAGE }) => appPage)
    lines.push(`page of the single-page app: ${before} became ${after}`)
  }
  if (!isSame(was.headers, is.headers)) lines.push('_headers: other rules')
  if (!isSame(was.redirects, is.redirects)) lines.push('_redirects: other rules')
  if (!isSameServices(record.services, wanted.services)) {
    lines.push(
      `services: ${toServicesText(record.services)} became ${toServicesText(wanted.services)}`,
    )
  }
  return lines
}

/** Compares rules in the order in which they were read, because the order matters. */
function isSame(some: unknown, others: unknown): boolean {
  return JSON.stringify(some) === JSON.stringify(others)
}

function describeChange(entry: ManifestEntry, file: WantedFile): string | undefined {
  if (entry.blob !== file.blob) return `content changed (${entry.size} → ${file.size} bytes)`
  if (entry.type !== file.type) return `type changed (${entry.type} → ${file.type})`
  if (entry.isPrivate !== file.isPrivate) {
    return file.isPrivate ? 'became private (it was public)' : 'became public (it was private)'
  }
  if (entry.hashed && !file.hashedByName) return 'no longer counts as hashed'
  return undefined
}
