// The path under which a file of a version is served: the result of core/site/resolve.ts for a file whose
// address no other file has.

import { toUrlPath } from '../core/path.ts'
import type { ManifestConfig } from '../core/site/manifest-config.ts'
import type { ManifestEntry } from '../core/site/manifest-entry.ts'

export type ServedFile = Omit<ManifestEntry, 'encodings'> & {
  /** The normalised path under which the file is served. */
  readonly address: string
}

/** The normalised address of the file with this decoded path. */
export function toAddress(path: string, htmlHandling: ManifestConfig['htmlHandling']): string {
  return toUrlPath(toServedName(path, htmlHandling))
}

function toServedName(path: string, htmlHandling: ManifestConfig['htmlHandling']): string {
  if (htmlHandling === 'none' || !path.endsWith('.html')) return path
  const isIndex = path.endsWith('/index.html')
  const stem = path.slice(0, isIndex ? -'/index.html'.length : -'.html'.length)
  switch (htmlHandling) {
    case 'auto-trailing-slash':
      return isIndex ? `${stem}/` : stem
    case 'force-trailing-slash':
      return `${stem}/`
    case 'drop-trailing-slash':
      return stem || '/'
  }
}
