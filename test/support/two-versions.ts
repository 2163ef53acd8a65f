// An edge of its own for a test, with three versions published: `1` for main, `2` for canary, and
// `3`, which only a restricted environment points at. Each has its page, a hashed script, an
// unhashed one, and a real backend that says whose it is.

import { randomBytes } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Edge, startEdge } from '../../scripts/local/edge.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { changeDocument } from './change-document.ts'
import { publishVersion } from './published.ts'

export type Seen = {
  readonly version: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

export type TwoVersions = {
  readonly edge: Edge
  readonly url: URL
  readonly document: AssignmentsDocument
  /** What the backends have received. */
  readonly seen: Seen[]
  /** Replaces fields of the document over the API, as a release does; the edge has it soon after. */
  readonly put: (change: Partial<AssignmentsDocument>) => Promise<void>
  readonly stop: () => Promise<void>
}

export const REFRESH_MS = 100

/** Of all versions. The file is one that only `3` has. */
const MOVED = [
  { from: '/rewritten', to: '/assets/app-3.js', status: 200 },
  { from: '/redirected', to: '/assets/app-3.js', status: 302 },
] as const

/** @param settings of the first document. Keys of previews have to stand there: later documents keep those. */
export async function startTwoVersions(
  variables: Record<string, string> = {},
  settings: Partial<AssignmentsDocument> = {},
): Promise<TwoVersions> {
  const seen: Seen[] = []
  const servers: Server[] = []
  const token = variables.HOLO_ADMIN_TOKEN ?? randomBytes(32).toString('hex')
  const edge = await startEdge({
    host: '127.0.0.1',
    port: 0,
    direct: true,
    variables: {
      KV_REFRESH_MS: String(REFRESH_MS),
      ALLOW_INSECURE_ORIGINS: 'true',
      HOLO_ADMIN_TOKEN: token,
      ...variables,
    },
  })
  const bucket = await edge.miniflare.getR2Bucket('STORE')
  const kv = await edge.miniflare.getKVNamespace('ASSIGNMENTS')
  const versions: AssignmentsDocument['versions'] = {}
  for (const id of ['1', '2', '3']) {
    const { manifest } = await publishVersion(
      { put: (key, value) => bucket.put(key, value) },
      id,
      {
        '/index.html': { body: `<h1>version ${id}</h1>`, type: 'text/html; charset=utf-8' },
        '/app.js': { body: `plain ${id}`, type: 'text/javascript; charset=utf-8' },
        [`/assets/app-${id}.js`]: {
          body: `hashed ${id}`,
          type: 'text/javascript; charset=utf-8',
          hashed: true,
        },
      },
      'single-page-application',
      { headers: [], redirects: MOVED },
    )
    const server = createServer((request, response) => {
      seen.push({ version: id, url: request.url ?? '', headers: request.headers })
      const status = Number(/status=(\d+)/.exec(request.url ?? '')?.[1] ?? 200)
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ backend: id, url: request.url }))
    })
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    versions[`v${id}`] = {
      manifest,
      services: [{ prefix: '/api/', origins: [`http://127.0.0.1:${port}`], timeoutMs: 2000 }],
    }
  }
  const document: AssignmentsDocument = {
    schema: 1,
    revision: 1,
    salt: 'test',
    environments: {
      main: { version: 'v1' },
      canary: { version: 'v2' },
      secret: { version: 'v3', restricted: true, hosts: ['secret.example.com'] },
    },
    traffic: { main: 95, canary: 5 },
    versions,
    ...settings,
  }
  // As an edit of KV, because nothing has announced the versions to the control.
  await kv.put('assignments', JSON.stringify(document))
  return {
    edge,
    url: edge.url,
    document,
    seen,
    put: (change) => changeDocument(edge.url, token, change),
    stop: async () => {
      await edge.dispose()
      for (const server of servers) {
        server.close()
        server.closeAllConnections()
      }
    },
  }
}
