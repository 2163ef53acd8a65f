// A site worth attacking: at `shop.example` a version with files and three services (pages at `/`,
// an API, and an API for staff inside it), at `files.example` one that is files only. Beside them a
// second open version and one that nobody may see, each with backends of its own. Every backend
// says who it is, what it was sent and whose session it saw.

import { type Edge, startEdge } from '../../scripts/local/edge.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { type Backend, startBackend } from '../support/backend.ts'
import { publishVersion } from '../support/published.ts'

export type Site = {
  readonly url: URL
  /** By name, such as `v1 api`. */
  readonly backends: ReadonlyMap<string, Backend>
  readonly stop: () => Promise<void>
}

/** What a backend says about a request that reached it. */
export type Told = {
  readonly backend: string
  readonly method: string
  readonly url: string
  readonly session: string
  readonly host: string
  readonly proto: string
  readonly body: string
}

const SERVICES = { '/': 'pages', '/api/': 'api', '/api/staff/': 'staff' } as const

export async function startSite(): Promise<Site> {
  const edge = await startEdge({
    host: '127.0.0.1',
    port: 0,
    direct: true,
    variables: { ALLOW_INSECURE_ORIGINS: 'true' },
  })
  const backends = new Map<string, Backend>()
  const versions: AssignmentsDocument['versions'] = {}
  for (const id of ['v1', 'v2', 'v3', 'files']) {
    const services = []
    for (const [prefix, name] of id === 'files' ? [] : Object.entries(SERVICES)) {
      const backend = await startTelling(`${id} ${name}`)
      backends.set(`${id} ${name}`, backend)
      services.push({ prefix, origins: [backend.origin] })
    }
    const open = id === 'v2' ? { canary: 'bucket' as const } : undefined
    versions[id] = { manifest: await publishFiles(edge, id), services, ...(open && { open }) }
  }
  const document: AssignmentsDocument = {
    schema: 1,
    revision: 1,
    salt: 'attacks',
    environments: {
      main: { version: 'v1' },
      canary: { version: 'v2' },
      static: { version: 'files', hosts: ['files.example'] },
      secret: { version: 'v3', restricted: true, hosts: ['secret.example'] },
    },
    traffic: { main: 100, canary: 0, static: 0 },
    versions,
  }
  const kv = await edge.miniflare.getKVNamespace('ASSIGNMENTS')
  await kv.put('assignments', JSON.stringify(document))
  return {
    url: edge.url,
    backends,
    stop: async () => {
      await edge.dispose()
      for (const backend of backends.values()) await backend.stop()
    },
  }
}

/**
 * Pages and APIs that differ by session, as those worth stealing do. Two are told to caches as public:
 * `/api/list`, which is, and `/api/login`, which is a mistake of its own.
 */
function startTelling(name: string): Promise<Backend> {
  return startBackend((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const isList = url.startsWith('/api/list')
      const session = isList ? undefined : /session=(\w+)/.exec(headers.cookie ?? '')?.[1]
      const told: Told = {
        backend: name,
        method,
        url,
        session: session ?? 'nobody',
        host: String(headers['x-forwarded-host']),
        proto: String(headers['x-forwarded-proto']),
        body: Buffer.concat(chunks).toString(),
      }
      response.writeHead(200, {
        'content-type': 'application/json',
        ...(isList ? { 'cache-control': 'public, max-age=60' } : {}),
        ...(url.startsWith('/api/login')
          ? {
              'cache-control': 'public, max-age=60',
              'cdn-cache-control': 'max-age=600',
              'set-cookie': `session=${told.session}; HttpOnly`,
            }
          : {}),
      })
      response.end(JSON.stringify(told))
    })
  })
}

async function publishFiles({ miniflare }: Edge, id: string): Promise<string> {
  const bucket = await miniflare.getR2Bucket('STORE')
  const html = 'text/html; charset=utf-8'
  const { manifest } = await publishVersion(
    { put: (key, value) => bucket.put(key, value) },
    id,
    {
      '/app.css': { body: `plain ${id}`, type: 'text/css; charset=utf-8' },
      [`/assets/app-${id}.js`]: { body: `hashed ${id}`, type: 'text/javascript', hashed: true },
      '/docs/index.html': { body: `docs ${id}`, type: html },
      '/a|b [c]^{d}.txt': { body: `odd ${id}` },
      ...(id === 'files'
        ? {
            '/index.html': { body: `page ${id}`, type: html },
            '/evil.example/index.html': { body: `evil ${id}`, type: html },
            '/\\evil.example/index.html': { body: `evil ${id}`, type: html },
          }
        : {}),
    },
    id === 'files' ? 'single-page-application' : 'none',
  )
  return manifest
}
