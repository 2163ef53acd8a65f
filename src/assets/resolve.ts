// Which file of one version answers a path. Pure over the manifest: it finds an intent, and leaves
// the bytes and the letter of HTTP to serve.ts, and other versions to elsewhere.ts.

import type { Manifest, ManifestEntry } from '../core/manifest.ts'
import { toManifestPath } from '../core/path.ts'
import type { RequestFacts } from '../core/types.ts'

/** What a request is to be answered with, before any byte is read. */
export type Intent =
  | { readonly kind: 'file'; readonly entry: ManifestEntry; readonly status: 200 | 404 }
  /** `path` is a normalised path of this site; the query of the request is kept. */
  | { readonly kind: 'redirect'; readonly path: string; readonly status: 307 }

/**
 * The file at a normalised path: the very name, the index of a directory, or the page whose name
 * ends in `.html`. A directory without its slash is a redirect, because the relative links of its
 * index would lead elsewhere.
 */
export function resolveOwn(manifest: Manifest, path: string): Intent | undefined {
  const name = toManifestPath(path)
  if (name === undefined) return undefined
  if (name.endsWith('/')) return toFile(manifest.find(`${name}index.html`), 200)
  const file = manifest.find(name) ?? manifest.find(`${name}.html`)
  if (file) return toFile(file, 200)
  // A target that begins with two slashes would name another host.
  if (path.startsWith('//') || !manifest.find(`${name}/index.html`)) return undefined
  return { kind: 'redirect', path: `${path}/`, status: 307 }
}

/**
 * What the version shows where it has nothing. Only a page that is being navigated to gets one: a
 * script that is missing must never be answered with HTML.
 */
export function resolveFallback(
  manifest: Manifest,
  { method, path, kind }: Pick<RequestFacts, 'method' | 'path' | 'kind'>,
): Intent | undefined {
  if (kind === 'subresource' || (method !== 'GET' && method !== 'HEAD')) return undefined
  switch (manifest.config.notFound) {
    case 'single-page-application':
      return toFile(manifest.find('/index.html'), 200)
    case '404-page':
      return toFile(findNearest404(manifest, path), 404)
    case 'none':
      return undefined
  }
}

/** `/a/b/c` asks for `/a/b/404.html`, `/a/404.html`, `/404.html`. */
function findNearest404(manifest: Manifest, path: string): ManifestEntry | undefined {
  let directory = toManifestPath(path) ?? '/'
  while (directory !== '') {
    directory = directory.slice(0, directory.lastIndexOf('/'))
    const page = manifest.find(`${directory}/404.html`)
    if (page) return page
  }
  return undefined
}

function toFile(entry: ManifestEntry | undefined, status: 200 | 404): Intent | undefined {
  return entry && { kind: 'file', entry, status }
}
