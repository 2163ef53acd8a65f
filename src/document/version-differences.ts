// Says in words what differs between a version as it was published and what is to be published under
// the same id. Encodings are not compared: other compressors give other bytes of the same content.

import type { Manifest, ManifestEntry } from '../core/site/manifest.ts'
import { DEFAULT_APP_PAGE, type ManifestConfig } from '../core/site/manifest-config.ts'
import { isSameServices, type PublishedService, toServicesText } from './service.ts'
import type { VersionRecord } from './version-record.ts'

/** What is to be published at one path. */
export type WantedFile = Pick<ManifestEntry, 'path' | 'blob' | 'size' | 'type'> & {
  /** Whether its name may be relied on, before other versions were asked. */
  readonly hashedByName: boolean
}

/**
 * One line per difference; none when both are the same. A name that was not relied on then and would
 * be now is none: a version that is no longer retained may have contradicted it.
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
    const entry = manifest.find(file.path)
    const change = entry ? describeChange(entry, file) : 'added'
    if (change) lines.push(`${file.path}: ${change}`)
  }
  // With as many paths as before and every one of them found, none can be gone.
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

/** Rules lie in the manifest in the order they were read in, and their order matters. */
function isSame(some: unknown, others: unknown): boolean {
  return JSON.stringify(some) === JSON.stringify(others)
}

function describeChange(entry: ManifestEntry, file: WantedFile): string | undefined {
  if (entry.blob !== file.blob) return `content changed (${entry.size} → ${file.size} bytes)`
  if (entry.type !== file.type) return `type changed (${entry.type} → ${file.type})`
  if (entry.hashed && !file.hashedByName) return 'no longer counts as hashed'
  return undefined
}
