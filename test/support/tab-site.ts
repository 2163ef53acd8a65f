// A site in two versions for tests of tabs: its pages ask in every way that a page can, and each answer
// says of which version it is. Beside it stands an origin of somebody else.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { Edge } from '../../scripts/local/edge.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { changeDocument } from './change-document.ts'
import {
  EVERY_WAY,
  ICON,
  startVersionBackend,
  toSharedWorker,
  toWorker,
  type VersionBackend,
  WAYS,
} from './every-way.ts'
import { ask, DOCUMENT } from './http-client.ts'
import { type PublishedFiles, publishVersion } from './published.ts'
import { startQuickEdge } from './quick-edge.ts'

export type Foreign = {
  readonly url: string
  readonly requests: { readonly method: string; readonly url: string; readonly pins: string[] }[]
}

export type TabSite = {
  readonly edge: Edge
  readonly url: URL
  /** For the API. */
  readonly token: string
  readonly foreign: Foreign
  /** The versions of the backends that got a beacon, in their order. */
  readonly beacons: string[]
  /** Query strings that backends have seen. */
  readonly queries: string[]
  /** Changes the document, and waits until pages are decided by it. */
  readonly put: (change: Partial<AssignmentsDocument>) => Promise<void>
  /** Points main at a version, and waits. */
  readonly moveTo: (version: string) => Promise<void>
  readonly document: () => Promise<AssignmentsDocument>
  readonly stop: () => Promise<void>
}

const JS = 'text/javascript; charset=utf-8'

/** Lets a page of another port prerender `/first`. A page with `?report=URL` tells there what it sees. */
const FIRST = {
  for: '/first',
  set: [['supports-loading-mode', 'credentialed-prerender']],
  unset: [],
} as const

/** What each version has. The page's `clicks()` asks in every way, and returns who has answered. */
function filesOf(id: string): PublishedFiles {
  return {
    '/index.html': {
      type: 'text/html; charset=utf-8',
      body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${id}</title>
${ICON}<script src="/assets/app-${id}.js"></script></head><body>
<iframe name="out" hidden></iframe>
<form method="post" action="/api/form" target="out"><input name="action" value="a"><button>send</button></form>
</body></html>`,
    },
    [`/assets/app-${id}.js`]: { type: JS, hashed: true, body: toApp(id) },
    [`/assets/lazy-${id}.js`]: { type: JS, hashed: true, body: `export const is = '${id}'` },
    // It shows the first page that it kept, for ever.
    '/sw.js': {
      type: JS,
      body: `addEventListener('install', (event) => {
  skipWaiting()
  event.waitUntil(caches.open('shell').then((cache) => cache.add('/')))
})
addEventListener('activate', (event) => event.waitUntil(clients.claim()))
addEventListener('fetch', (event) => {
  if (event.request.mode === 'navigate') event.respondWith(caches.match('/'))
})`,
    },
    '/config.json': { type: 'application/json', body: `{"is":"${id}"}` },
    '/worker.js': { type: JS, body: toWorker(id) },
    '/shared.js': { type: JS, body: toSharedWorker(id) },
  }
}

function toApp(id: string): string {
  return `${EVERY_WAY}
const json = async (url, init) => (await (await fetch(url, init)).json()).is
const viaXhr = (url) => new Promise((done, fail) => {
  const xhr = new XMLHttpRequest()
  xhr.onload = () => done(JSON.parse(xhr.responseText).is)
  xhr.onerror = () => fail(new Error('xhr ' + url))
  xhr.open('GET', url)
  xhr.send()
})
window.away = async (foreign) => ({
  fetch: await json('/api/away?to=' + foreign),
  post: await json('/api/away?to=' + foreign, { method: 'POST', body: 'x' }),
  request: await json(new Request('/api/away?to=' + foreign)),
  xhr: await viaXhr('/api/away?to=' + foreign),
  direct: await json(foreign),
})
let loaded = 0
window.clicks = async () => ({
  script: '${id}',
  // Each click loads a chunk that the page has not had.
  chunk: (await import('/assets/lazy-${id}.js?n=' + loaded++)).is,
  file: await json('/config.json'),
  ...await askEveryWay({ worker: '/worker.js', shared: '/shared.js' }),
})
const report = new URLSearchParams(location.search).get('report')
const { title, prerendering } = document
const tell = (what) =>
  fetch(report, { method: 'POST', mode: 'no-cors', body: JSON.stringify({ title, ...what }) })
const tellOfItself = async () => {
  const shown = new Promise((done) => document.addEventListener('prerenderingchange', done))
  await tell({ prerendering, early: await json('/api/me') })
  if (!prerendering) return
  await shown
  const { activationStart } = performance.getEntriesByType('navigation')[0]
  await tell({ activationStart, answers: await clicks() })
}
if (report) tellOfItself().catch((error) => tell({ error: String(error) }))`
}

/** What `clicks()` returns if all is of one version. */
export function allOf(id: string): Record<string, string> {
  return Object.fromEntries(['script', 'chunk', 'file', ...WAYS].map((way) => [way, id]))
}

export async function startTabSite(
  settings: Partial<AssignmentsDocument>,
  options: { readonly secure?: boolean } = {},
): Promise<TabSite> {
  const { edge, token, kv, store } = await startQuickEdge(options)
  const backends: VersionBackend[] = []
  const beacons: string[] = []
  const queries: string[] = []
  const { server: foreignServer, ...foreign } = await startForeign()
  const versions: AssignmentsDocument['versions'] = {}
  for (const id of ['1', '2']) {
    const app = 'single-page-application'
    const { manifest } = await publishVersion(store, id, filesOf(id), app, { headers: [FIRST] })
    const backend = await startBackend(id, beacons, queries)
    backends.push(backend)
    const services = [{ prefix: '/api/', origins: [backend.origin] }]
    versions[id] = { manifest, services, open: { main: 'bucket' } }
  }
  await kv.put(
    'assignments',
    JSON.stringify({
      schema: 1,
      revision: 1,
      salt: 'tabs',
      environments: { main: { version: '1' }, canary: { version: '2' } },
      traffic: { main: 100, canary: 0 },
      versions,
      ...settings,
    }),
  )
  const document = async (): Promise<AssignmentsDocument> =>
    JSON.parse((await kv.get('assignments')) ?? '')
  const put = async (change: Partial<AssignmentsDocument>) => {
    await changeDocument(edge.url, token, change)
    const wanted = (change.environments ?? (await document()).environments).main?.version
    for (const until = Date.now() + 30_000; ; ) {
      const { headers } = await ask(edge.url, '/', { headers: DOCUMENT })
      if (headers['holo-version'] === wanted) break
      if (Date.now() > until) throw new Error(`pages are not of version ${wanted}`)
      await new Promise((done) => setTimeout(done, 50))
    }
  }
  return {
    edge,
    url: edge.url,
    token,
    foreign,
    beacons,
    queries,
    document,
    put,
    moveTo: async (version) => {
      const { environments } = await document()
      await put({ environments: { ...environments, main: { ...environments.main, version } } })
    },
    stop: async () => {
      await edge.dispose()
      await Promise.all(backends.map((backend) => backend.stop()))
      foreignServer.close()
      foreignServer.closeAllConnections()
    },
  }
}

async function listen(server: Server): Promise<Server> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return server
}

/** Another origin, which allows everybody to read, and no header of ours. */
async function startForeign(): Promise<Foreign & { readonly server: Server }> {
  const requests: { method: string; url: string; pins: string[] }[] = []
  const server = await listen(
    createServer(({ method = '', url = '', headers }, response) => {
      const pins = [url, ...Object.entries(headers).map((pair) => pair.join(': '))]
      requests.push({ method, url, pins: pins.filter((text) => /holo|1@main/i.test(text)) })
      response.setHeader('access-control-allow-origin', '*')
      response.end('{"is":"foreign"}')
    }),
  )
  return { server, requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/x` }
}

/** Pages and redirects of a backend. */
function startBackend(id: string, beacons: string[], queries: string[]): Promise<VersionBackend> {
  return startVersionBackend(id, beacons, (request, response, url) => {
    queries.push(url.search)
    if (url.pathname === '/api/away') {
      response.writeHead(302, { location: url.searchParams.get('to') ?? '' }).end()
      return true
    }
    if (url.pathname !== '/api/page') return false
    const { 'if-none-match': condition, range } = request.headers
    const about = {
      etag: '"page"',
      'last-modified': 'Fri, 27 Nov 2026 00:00:00 GMT',
      'content-security-policy': "script-src 'nonce-n1' 'strict-dynamic'",
    }
    const type = { ...about, 'content-type': 'text/html; charset=utf-8' }
    if (condition === '"page"') {
      response.writeHead(304, about).end()
    } else if (range) {
      response.writeHead(206, { ...type, 'content-range': 'bytes 0-3/99' }).end('<!do')
    } else {
      const body = gzipSync(`<!doctype html><html><head>${ICON}<title>${id}</title></head></html>`)
      response.writeHead(200, {
        ...type,
        'content-encoding': 'gzip',
        'content-length': body.length,
        'accept-ranges': 'bytes',
      })
      response.end(request.method === 'HEAD' ? undefined : body)
    }
    return true
  })
}
