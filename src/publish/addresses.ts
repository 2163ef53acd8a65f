// Under which path a file of a version is served: what core/site/resolve.ts comes to for a file
// that no other file competes with.

import { toUrlPath } from '../core/path.ts'
import type { ManifestEntry } from '../core/site/manifest.ts'
import type { ManifestConfig } from '../core/site/manifest-config.ts'

export type ServedFile = Omit<ManifestEntry, 'encodings'> & {
  /** The normalised path that it is served at. */
  readonly address: string
}

/** The normalised path of the file at a decoded one. */
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
