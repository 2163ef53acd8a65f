// A tab that was open before a release: each file of its version is served, whatever its name, also when
// another tab of the same browser has moved the pin. And where a service with prefix `/` stands beside it.

import { readdir, readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Edge, startEdge } from '../../scripts/local/edge.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { toContentType } from '../../src/publish/content-type.ts'
import { toCasePath } from '../support/cases.ts'
import { ask, DOCUMENT } from '../support/http-client.ts'
import { type PublishedFiles, publishVersion } from '../support/published.ts'

let edge: Edge
let app: Server
let oldFiles: PublishedFiles
beforeAll(async () => {
  edge = await startEdge({
    host: '127.0.0.1',
    port: 0,
    direct: true,
    variables: { ALLOW_INSECURE_ORIGINS: 'true' },
  })
  app = createServer((request, response) => {
    const own = /^\/(?:data\.json|feed\.json|theme\.css)$/.test(request.url ?? '')
    // As an app that answers what it does not know with its page, and only what it means so with 404.
    const isSoft = request.url?.startsWith('/soft/') ?? false
    response.writeHead(own || isSoft ? 200 : 404, {
      'content-type': own ? 'application/json' : 'text/html',
    })
    response.end(own ? '"app"' : '<h1>app</h1>')
  })
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(app.address() as AddressInfo).port}`
  oldFiles = await readFiles(toCasePath('hashed-names/old'))
  const hashed: PublishedFiles = {
    '/data.json': { body: '"old"', type: 'application/json', hashed: true },
    '/assets/code.js': { body: '"old"', type: 'text/javascript', hashed: true },
  }
  const unhashed: PublishedFiles = {
    '/feed.json': { body: '"old"', type: 'application/json' },
    '/theme.css': { body: '"old"', type: 'text/css' },
    '/lazy.js': { body: '"old"', type: 'text/javascript' },
    '/soft/lazy.js': { body: '"old"', type: 'text/javascript' },
    '/soft/part.html': { body: '"old"', type: 'text/html' },
  }
  const versions: AssignmentsDocument['versions'] = {
    old: { manifest: await publish('old', oldFiles), open: { main: 'bucket' } },
    static: {
      manifest: await publish('static', { ...hashed, ...unhashed }),
      open: { main: 'bucket' },
    },
    bad: {
      manifest: await publish('bad', {
        '/prices.json': { body: '"leak"', type: 'application/json' },
        '/assets/bad.js': { body: '"bad"', type: 'text/javascript', hashed: true },
      }),
      open: { main: 'bucket' },
      withdrawn: true,
    },
    new: { manifest: await publish('new', await readFiles(toCasePath('hashed-names/new'))) },
    app: {
      manifest: await publish('app', { '/own.js': { body: '"own"', type: 'text/javascript' } }),
      services: [{ prefix: '/', origins: [origin] }],
    },
    api: {
      manifest: await publish('api', { '/own.js': { body: '"own"', type: 'text/javascript' } }),
      services: [{ prefix: '/assets/', origins: [origin] }],
    },
  }
  const document: AssignmentsDocument = {
    schema: 1,
    revision: 1,
    salt: 'tabs',
    environments: {
      main: { version: 'new' },
      rendered: { version: 'app', hosts: ['app.example.com'] },
      prefixed: { version: 'api', hosts: ['api.example.com'] },
    },
    traffic: { main: [[0, 10_000]] },
    versions,
  }
  const kv = await edge.miniflare.getKVNamespace('ASSIGNMENTS')
  await kv.put('assignments', JSON.stringify(document))
})
afterAll(async () => {
  await edge.dispose()
  app.close()
  app.closeAllConnections()
})

/** As `publish` would, but nothing of it is taken for hashed. */
async function readFiles(folder: string): Promise<PublishedFiles> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = names.filter((name) => name.isFile())
  return Object.fromEntries(
    await Promise.all(
      files.map(async ({ parentPath, name }) => {
        const path = join(parentPath, name)
        const body = Uint8Array.from(await readFile(path))
        return [path.slice(folder.length), { body, type: toContentType(path) }] as const
      }),
    ),
  )
}

async function publish(id: string, files: PublishedFiles): Promise<string> {
  const bucket = await edge.miniflare.getR2Bucket('STORE')
  const put = (key: string, value: Uint8Array<ArrayBuffer>) => bucket.put(key, value)
  return (await publishVersion({ put }, id, files)).manifest
}

/** As the element that would load a file of this name asks for it. */
function destinationOf(path: string): string {
  if (/\.m?js$/.test(path)) return 'script'
  if (path.endsWith('.css')) return 'style'
  return path.endsWith('.woff2') ? 'font' : 'empty'
}

const metadata = (destination: string) => ({
  'sec-fetch-dest': destination,
  'sec-fetch-mode': 'cors',
})

describe('a tab of an old version', () => {
  it('gets each of its files after the release, whatever a bundler called them', async () => {
    const paths = Object.keys(oldFiles).filter((path) => !path.endsWith('.html'))
    expect(paths.length).toBeGreaterThan(6)
    for (const path of paths) {
      for (const headers of [metadata(destinationOf(path)), {}]) {
        // The pin of a tab that was opened since: the cookie is the browser's, and not the tab's.
        const answer = await ask(edge.url, path, {
          headers: { ...headers, cookie: 'holo-pin=new@main' },
        })
        const file = oldFiles[path]?.body
        expect([path, answer.status]).toEqual([path, 200])
        expect(answer.body).toBe(
          typeof file === 'string' ? file : Buffer.from(file ?? []).toString(),
        )
        expect(answer.headers['cache-control']).toBe('private, no-cache')
      }
    }
  })

  it('gets a plain 404 for what no version ever had, and the new page where one is opened', async () => {
    const missing = await ask(edge.url, '/assets/never.js', { headers: metadata('script') })
    expect([missing.status, missing.headers['cache-control']]).toEqual([404, 'no-store'])
    const page = await ask(edge.url, '/', { headers: DOCUMENT })
    expect(page.headers['holo-version']).toBe('new')
  })

  it('of a withdrawn version gets names that change with their content, and nothing else', async () => {
    const code = await ask(edge.url, '/assets/bad.js', { headers: metadata('script') })
    expect(code.body).toBe('"bad"')
    for (const headers of [metadata('empty'), {}]) {
      expect((await ask(edge.url, '/prices.json', { headers })).status).toBe(404)
    }
  })
})

describe('beside a service with prefix /', () => {
  const get = (path: string, destination: string) =>
    ask(edge.url, path, { headers: { ...metadata(destination), host: 'app.example.com' } })

  it.each([
    ['/data.json', 'empty'],
    ['/feed.json', 'empty'],
    ['/theme.css', 'style'],
  ])(
    'what it has itself is its own, whatever an older version calls hashed: %s',
    async (path, as) => {
      expect((await get(path, as)).body).toBe('"app"')
    },
  )

  it.each([
    ['/lazy.js', 'script'],
    ['/soft/lazy.js', 'script'],
    ['/assets/code.js', 'script'],
  ])('what it does not have is found in an older version: %s', async (path, as) => {
    expect((await get(path, as)).body).toBe('"old"')
  })

  it.each([
    ['/soft/part.html', 'empty', 200],
    ['/never.js', 'script', 404],
    ['/never', 'document', 404],
  ])('everything else is answered as it answers: %s', async (path, as, status) => {
    const answer = await get(path, as)
    expect([answer.status, answer.body]).toEqual([status, '<h1>app</h1>'])
  })

  it('its own files come first', async () => {
    expect((await get('/own.js', 'script')).body).toBe('"own"')
  })
})

describe('beside a service with a prefix of its own', () => {
  it('no file of an older version answers below the prefix, whatever it is called', async () => {
    const get = (path: string) =>
      ask(edge.url, path, { headers: { ...metadata('script'), host: 'api.example.com' } })
    expect((await get('/assets/code.js')).body).toBe('<h1>app</h1>')
    expect((await get('/lazy.js')).body).toBe('"old"')
  })
})
