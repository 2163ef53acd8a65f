// A site with something to hide, for attacks: `v1` for everybody at `shop.example`, `v0`, which everybody
// had before, and `p2`, a preview at 0 % with a host name of its own, which comes first in the document.
// Beside them the preview's earlier version `p1`, `q1`, which a public environment without visitors and
// host names points at, and the restricted `s1`. Everything that is hidden says so in its bytes, its
// headers or through its backend.

import { randomBytes } from 'node:crypto'
import { type Edge, startEdge } from '../../scripts/local/edge.ts'
import type { ManifestConfig } from '../../src/core/site/manifest-config.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { type Backend, closedOrigin, startBackend } from '../support/backend.ts'
import { changeDocument } from '../support/change-document.ts'
import { type PublishedFiles, publishVersion } from '../support/published.ts'

export type PreviewSite = {
  readonly url: URL
  /** Backends of what is hidden. */
  readonly hidden: readonly Backend[]
  /** Puts a changed document into KV under the next revision. */
  readonly put: (change: Partial<AssignmentsDocument>) => Promise<void>
  readonly document: AssignmentsDocument
  readonly stop: () => Promise<void>
}

export const HTML = 'text/html; charset=utf-8'
const JS = 'text/javascript; charset=utf-8'
const SVG = 'image/svg+xml'

/** Every path of it is a way in. `hashed` is what the publisher says with `--hashed "**"`. */
function hiddenFiles(id: string): PublishedFiles {
  const word = `HIDDEN ${id}`
  const all: PublishedFiles = {
    '/index.html': { body: `<h1>${word}</h1>`, type: HTML },
    '/feature.html': { body: `<h1>${word}</h1>`, type: HTML },
    '/assets/feature.js': { body: `"${word}"`, type: JS },
    '/assets/feature.css': { body: `/* ${word} */`, type: 'text/css' },
    '/feature.json': { body: `{"is":"${word}"}`, type: 'application/json' },
    '/feature.svg': { body: `<svg><script>${word}</script></svg>`, type: SVG },
    '/feature.xml': { body: `<x>${word}</x>`, type: 'application/xml' },
    '/feature.woff2': { body: word, type: 'font/woff2' },
    '/feature.pdf': { body: word, type: 'application/pdf' },
    '/sw.js': { body: `"${word}"`, type: JS },
    '/app.webmanifest': { body: `{"name":"${word}"}`, type: 'application/manifest+json' },
    '/.well-known/feature.json': { body: `{"is":"${word}"}`, type: 'application/json' },
    [`/assets/only-${id}.js`]: { body: `"${word}"`, type: JS },
  }
  return Object.fromEntries(
    Object.entries(all).map(([path, file]) => [path, { ...file, hashed: true }]),
  )
}

const HIDDEN_RULES: Pick<ManifestConfig, 'headers' | 'redirects'> = {
  headers: [{ for: '/*', set: [['x-hidden', 'HIDDEN']], unset: [] }],
  redirects: [
    { from: '/go', to: '/feature.json', status: 302 },
    { from: '/shown', to: '/feature.json', status: 200 },
  ],
}

const OPEN_FILES: PublishedFiles = {
  '/index.html': { body: '<h1>v1</h1>', type: HTML },
  '/app.js': { body: '"v1"', type: JS },
}

/** @param secure speaks https, and then behind a listener that tidies paths. */
export async function startPreviewSite({ secure = false } = {}): Promise<PreviewSite> {
  const token = randomBytes(32).toString('hex')
  const edge = await startEdge({
    host: '127.0.0.1',
    port: 0,
    ...(secure ? { secure } : { direct: true }),
    variables: { ALLOW_INSECURE_ORIGINS: 'true', KV_REFRESH_MS: '100', HOLO_ADMIN_TOKEN: token },
  })
  const hidden: Backend[] = []
  const open = await startTelling('v1')
  const down = await closedOrigin()
  const versions: AssignmentsDocument['versions'] = {}
  versions.v0 = {
    manifest: await publish(edge, 'v0', OLD_FILES, OLD_RULES),
    services: [{ prefix: '/api/', origins: [open.origin] }],
    open: { main: 'bucket' },
  }
  versions.v1 = {
    manifest: await publish(edge, 'v1', OPEN_FILES),
    services: [
      { prefix: '/api/', origins: [open.origin] },
      { prefix: '/down/', origins: [down], fallback: 'pr-12' },
    ],
  }
  for (const id of ['p1', 'p2', 'q1', 's1']) {
    const backend = await startTelling(`HIDDEN ${id}`)
    hidden.push(backend)
    versions[id] = {
      manifest: await publish(edge, id, hiddenFiles(id), HIDDEN_RULES),
      services: ['/api/', '/down/'].map((prefix) => ({ prefix, origins: [backend.origin] })),
      ...(id === 'p1' ? { open: { 'pr-12': 'host' as const } } : {}),
    }
  }
  const document: AssignmentsDocument = {
    schema: 1,
    revision: 1,
    salt: 'previews',
    environments: {
      'pr-12': { version: 'p2', hosts: ['pr-12.example'] },
      main: { version: 'v1' },
      staging: { version: 'q1' },
      secret: { version: 's1', restricted: true, hosts: ['secret.example'] },
    },
    traffic: { main: [[0, 10_000]] },
    versions,
  }
  const kv = await edge.miniflare.getKVNamespace('ASSIGNMENTS')
  await kv.put('assignments', JSON.stringify(document))
  return {
    url: edge.url,
    hidden,
    document,
    put: (change) => changeDocument(edge.url, token, change),
    stop: async () => {
      await edge.dispose()
      for (const backend of [open, ...hidden]) await backend.stop()
    },
  }
}

/** What `v0` leaves for open pages, and what must not come back from it. */
export const OLD_FILES: PublishedFiles = {
  '/index.html': { body: '<h1>OLD</h1>', type: HTML },
  '/old.html': { body: '<h1>OLD</h1>', type: HTML },
  '/old-hashed.html': { body: '<h1>OLD</h1>', type: HTML, hashed: true },
  '/old.xhtml': {
    body: '<html xmlns="http://www.w3.org/1999/xhtml">OLD</html>',
    type: 'application/xhtml+xml',
  },
  '/old.js': { body: '"OLD"', type: JS },
  '/old-hashed.js': { body: '"OLD"', type: JS, hashed: true },
  '/old.css': { body: '/* OLD */', type: 'text/css' },
  '/old.json': { body: '{"is":"OLD"}', type: 'application/json' },
  '/old.png': { body: 'OLD', type: 'image/png' },
  '/old.woff2': { body: 'OLD', type: 'font/woff2' },
  '/old.wasm': { body: 'OLD', type: 'application/wasm' },
  '/old.svg': { body: '<svg xmlns="http://www.w3.org/2000/svg">OLD</svg>', type: SVG },
  '/old-hashed.svg': {
    body: '<svg xmlns="http://www.w3.org/2000/svg">OLD</svg>',
    type: SVG,
    hashed: true,
  },
  '/old.xml': {
    body: '<?xml-stylesheet href="/old.xsl"?><x>OLD</x>',
    type: 'text/xml; charset=utf-8',
  },
  '/old.xsl': { body: '<x>OLD</x>', type: 'application/xslt+xml' },
  '/old.pdf': { body: 'OLD', type: 'application/pdf' },
  '/old.mhtml': { body: 'OLD', type: 'multipart/related' },
  '/old.eml': { body: 'OLD', type: 'message/rfc822' },
  '/old-two-types': { body: '<h1>OLD</h1>', type: 'text/plain, text/html' },
  '/old-no-type': { body: '<h1>OLD</h1>', type: 'html' },
  '/old-dressed.txt': { body: '<h1>OLD</h1>', type: 'text/plain; charset=utf-8' },
  '/old.webmanifest': { body: '{"name":"OLD"}', type: 'application/manifest+json' },
  '/sw.js': { body: '"OLD"', type: JS },
  '/robots.txt': { body: 'OLD', type: 'text/plain' },
  '/.well-known/assetlinks.json': { body: '["OLD"]', type: 'application/json' },
}

/** They dress a text as HTML, speak for the site, and ask for a year in caches. */
const OLD_RULES: Pick<ManifestConfig, 'headers' | 'redirects'> = {
  headers: [
    {
      for: '/old-dressed.txt',
      set: [
        ['content-type', HTML],
        ['clear-site-data', '"*"'],
        ['set-cookie', 'old=1'],
        ['refresh', '0; url=/old.html'],
        ['cache-control', 'public, max-age=31536000'],
      ],
      unset: ['x-content-type-options'],
    },
    { for: '/old.svg', set: [['content-security-policy', "default-src 'self'"]], unset: [] },
    { for: '/old.woff2', set: [['access-control-allow-origin', '*']], unset: [] },
  ],
  redirects: [{ from: '/old-moved.js', to: '/old.js', status: 302 }],
}

async function publish(
  { miniflare }: Edge,
  id: string,
  files: PublishedFiles,
  rules: Pick<ManifestConfig, 'headers' | 'redirects'> = {},
): Promise<string> {
  const bucket = await miniflare.getR2Bucket('STORE')
  const put = (key: string, value: Uint8Array<ArrayBuffer>) => bucket.put(key, value)
  const { manifest } = await publishVersion({ put }, id, files, 'single-page-application', rules)
  return manifest
}

function startTelling(name: string): Promise<Backend> {
  return startBackend((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify({ backend: name, environment: request.headers['holo-environment'] }),
    )
  })
}
