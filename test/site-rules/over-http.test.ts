// `_headers` and `_redirects` of published folders, asked for at real ports.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Edge, startEdge } from '../../scripts/local/edge.ts'
import { connect } from '../../scripts/local/publish.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import type { PublishedService } from '../../src/document/service.ts'
import { askRaw, headerOf } from '../attacks/raw-socket.ts'
import { type Backend, startBackend } from '../support/backend.ts'
import { type Answer, type Ask, ask, DOCUMENT } from '../support/http-client.ts'

const SITE = {
  'index.html': 'home',
  'about.html': 'about',
  'docs/index.html': 'docs',
  '404.html': 'nothing here',
  'app.js': 'code',
  'sw.js': 'worker',
  'once.txt': 'once',
  'assets/app.8f3a2b1c.js': 'hashed',
  'evil.example/index.html': 'evil',
  _headers: `
/*
  X-Site: all
  X-Frame-Options: DENY
  Vary: Origin
  Cache-Control: public, max-age=600, immutable
/docs/*
  X-Site: docs
  X-Splat: <:splat>
  ! X-Frame-Options
/app.js
  Set-Cookie: a=1
  Set-Cookie: b=2
  Content-Type: text/plain
/feed
  ! Cache-Control
/once.txt
  ! Cache-Control
  Cache-Control: immutable
/once.txt
  X-Twice: yes
https://docs.example.com/*
  X-Host: docs
https://:team.example.com/about
  X-Host: :team
`,
  _redirects: `
/old /about 301
/gone https://other.example/x?y=1#z 308
/blog/:year/* /docs?year=:year&rest=:splat#top
/kept/* /docs/:splat
/go/* /:splat 303
/api/moved /about 307
/app.js.map /app.js 200
/read/* /docs/index.html 200
/about.html /docs/ 302
/feed /app.js 200
`,
}
const OTHER = {
  'index.html': 'other',
  'assets/other.77aa2b1c.js': 'other hashed',
  _headers: '/assets/*\n  X-Site: other',
}

/** What Netlify's users publish: a page of its own for the app, and rules that files come before. */
const NETLIFY = {
  'index.html': 'home',
  '200.html': 'app',
  'guide/intro.html': 'intro',
  'about.html': 'about',
  _redirects: `
/old/ /guide/intro 301!
/guide/* /:splat 302
/about /about.html
/forever/* /forever/more/:splat
/* /200.html 200
`,
}

const TOKEN = 'holo-test-0123456789abcdef0123456789abcdef'

let edge: Edge
let backend: Backend
const folders: string[] = []

function makeFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'holo-site-rules-'))
  folders.push(folder)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  return folder
}

beforeAll(async () => {
  backend = await startBackend((request, response) => response.end(`backend ${request.method}`))
  edge = await startEdge({
    host: '127.0.0.1',
    port: 0,
    direct: true,
    variables: { ALLOW_INSECURE_ORIGINS: 'true', HOLO_ADMIN_TOKEN: TOKEN },
  })
  const holo = connect(edge.url, TOKEN)
  const publish = async (
    id: string,
    files: Readonly<Record<string, string>>,
    services: readonly PublishedService[] = [],
  ) => (await holo.publish({ folder: makeFolder(files), id, services })).entry
  const document: AssignmentsDocument = {
    schema: 1,
    revision: 1,
    salt: 'rules',
    environments: {
      main: { version: 'v1' },
      other: { version: 'v2' },
      netlify: { version: 'v3', hosts: ['netlify.example.com'] },
    },
    traffic: { main: 100, other: 0, netlify: 0 },
    versions: {
      v1: await publish('v1', SITE, [{ prefix: '/api/', origins: [backend.origin] }]),
      v2: await publish('v2', OTHER),
      v3: await publish('v3', NETLIFY),
    },
  }
  await holo.begin(document)
})

afterAll(async () => {
  for (const folder of folders) rmSync(folder, { recursive: true })
  await Promise.all([edge?.dispose(), backend?.stop()])
})

const get = (path: string, { headers, ...asked }: Ask = {}): Promise<Answer> =>
  ask(edge.url, path, { ...asked, headers: { ...DOCUMENT, ...headers } })
const SCRIPT = { 'sec-fetch-dest': 'script', 'sec-fetch-mode': 'no-cors' }
const PREFLIGHT = { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors', accept: '*/*' }

describe('the headers of a rule', () => {
  it('are on a page, and every rule that fits adds to those before it', async () => {
    const { status, headers } = await get('/docs/')
    expect(status).toBe(200)
    expect(headers).toMatchObject({ 'x-site': 'all, docs', 'x-splat': '<>' })
    expect(headers['x-frame-options']).toBeUndefined()
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect((await get('/about')).headers['x-frame-options']).toBe('DENY')
  })

  it('are those of all rules of one pattern', async () => {
    const { headers } = await get('/once.txt', { headers: SCRIPT })
    expect(headers['x-twice']).toBe('yes')
    expect(headers['cache-control']).toBe('public, max-age=0, must-revalidate')
  })

  it('are on a 304, a 206 and the answer to a HEAD as well', async () => {
    const { etag } = (await get('/about')).headers
    const same = await get('/about', { headers: { 'if-none-match': `${etag}` } })
    const part = await get('/about', { headers: { range: 'bytes=1-2' } })
    const head = await get('/about', { method: 'HEAD' })
    expect([same.status, part.status, head.status]).toEqual([304, 206, 200])
    for (const { headers } of [same, part, head]) expect(headers['x-site']).toBe('all')
    expect(part.headers['content-range']).toBe('bytes 1-2/5')
  })

  it('are what a preflight is granted', async () => {
    const { status, headers } = await get('/about', { method: 'OPTIONS', headers: PREFLIGHT })
    expect(status).toBe(204)
    expect(headers).toMatchObject({ allow: 'GET, HEAD, OPTIONS', 'x-site': 'all' })
    expect(headers['cache-control']).toBeUndefined()
  })

  it('are on redirects and on the page of a 404, which nobody may keep', async () => {
    for (const [path, status] of [
      ['/about/', 307],
      ['/old', 301],
      ['/nothing', 404],
    ] as const) {
      const answer = await get(path)
      expect(answer.status).toBe(status)
      expect(answer.headers).toMatchObject({ 'x-site': 'all', 'cache-control': 'no-store' })
    }
  })

  it('are those of the address that was asked for, not of the file', async () => {
    const { body, headers } = await get('/read/x')
    expect(body).toBe('docs')
    expect(headers['x-site']).toBe('all')
  })

  it('depend on the host where the rule says so', async () => {
    const at = async (host: string) =>
      (await get('/about', { headers: { host } })).headers['x-host']
    expect(await at('docs.example.com')).toBe('docs, docs')
    expect(await at('Shop.Example.Com:8443')).toBe('shop')
    expect(await at('a.b.example.com')).toBeUndefined()
  })

  it('are those of the version that has the file', async () => {
    const { body, headers } = await get('/assets/other.77aa2b1c.js', { headers: SCRIPT })
    expect(body).toBe('other hashed')
    expect(headers).toMatchObject({
      'x-site': 'other',
      'cache-control': 'public, max-age=31536000, immutable',
    })
  })

  it('may be cookies, which make a reply private', async () => {
    const { headers } = await get('/app.js', { headers: SCRIPT })
    expect(headers['set-cookie']).toEqual(['a=1', 'b=2'])
    expect(headers).toMatchObject({
      'cache-control': 'private, max-age=600',
      'content-type': 'text/plain',
    })
  })

  it('say who else a reply depends on, beside what Holo says', async () => {
    expect((await get('/about')).headers.vary).toContain('Origin')
  })

  it('let nobody but browsers keep a page', async () => {
    expect((await get('/about')).headers['cache-control']).toBe('private, max-age=600')
  })

  it('keep a file as long as they say, but for ever only if its name changes with it', async () => {
    const cached = async (path: string, more: Record<string, string> = {}) =>
      (await get(path, { headers: { ...SCRIPT, ...more } })).headers['cache-control']
    expect(await cached('/assets/app.8f3a2b1c.js')).toBe('public, max-age=600, immutable')
    expect(await cached('/sw.js')).toBe('public, max-age=600')
    expect(await cached('/sw.js', { 'service-worker': 'script' })).not.toContain('600')
    expect(await cached('/feed')).toBeUndefined()
    // Nothing of the rule is left, so it is as if there were none.
    expect(await cached('/once.txt')).toBe('public, max-age=0, must-revalidate')
  })

  it('are not on what a backend answers', async () => {
    expect((await get('/api/x')).headers['x-site']).toBeUndefined()
  })
})

describe('a redirect', () => {
  it.each([
    ['/old', 301, '/about'],
    // Before any rule: the address of a page has no pin in it.
    ['/old?a=1&holo-pin=v1&b=2', 307, '/old?a=1&b=2'],
    ['/old?a=1&b=2', 301, '/about?a=1&b=2'],
    ['/gone?a=1', 308, 'https://other.example/x?y=1#z'],
    ['/blog/2026/a/b?lost', 302, '/docs?year=2026&rest=a/b#top'],
    ['/kept/a%20b?c=d', 302, '/docs/a%20b?c=d'],
    ['/about.html', 302, '/docs/'],
    ['/api/moved', 307, '/about'],
  ])('of %s is a %i to %s', async (path, status, location) => {
    const answer = await get(path)
    expect([answer.status, answer.headers.location]).toEqual([status, location])
    expect(String(answer.headers['set-cookie'])).not.toContain('holo-pin')
  })

  it('answers every method, where no service takes it', async () => {
    expect(await get('/gone', { method: 'POST', body: 'x' })).toMatchObject({ status: 308 })
    expect(await get('/about', { method: 'POST', body: 'x' })).toMatchObject({ status: 405 })
    expect(await get('/api/moved', { method: 'POST', body: 'x' })).toMatchObject({
      status: 200,
      body: 'backend POST',
    })
  })

  it.each([
    '/go//evil.example',
    '/go///evil.example',
    '/go/\\evil.example',
    '/go/\\\\evil.example',
    '/go/%5cevil.example',
    '/go/%2f%2fevil.example',
    '/go/%2F/evil.example',
    '/go/%09/evil.example',
    '/go/%0d%0aLocation:%20//evil.example',
    '/go/.//evil.example',
    '/go/%2e//evil.example',
    '/go/x/..//evil.example',
    '/go/@evil.example',
    '/go/https://evil.example',
    '/go/;//evil.example',
    '/go/\xe3\x80\x82evil.example',
    '/go//evil.example?//evil.example',
    '/kept//evil.example',
    '/kept/..//evil.example',
    '/kept/..%2f..%2f/evil.example',
  ])('from %j stays on the site', async (target) => {
    const answer = await askRaw(edge.url, target)
    const location = headerOf(answer, 'location')
    if (location === undefined) return expect(answer.status).toBeLessThan(500)
    expect(location).toMatch(/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/)
    expect(new URL(location, 'https://shop.example').host).toBe('shop.example')
  })
})

describe('a rewrite', () => {
  it('shows a file under another address', async () => {
    expect(await get('/app.js.map')).toMatchObject({ status: 200, body: 'code' })
  })

  it('shows a page in place, whatever its own address is', async () => {
    const answer = await get('/read/chapter/1')
    expect(answer).toMatchObject({ status: 200, body: 'docs' })
    const headers = { 'if-none-match': `${answer.headers.etag}` }
    expect((await get('/read/2', { headers })).status).toBe(304)
  })
})

describe('a site that comes from Netlify', () => {
  const at = async (path: string) => {
    const { status, headers, body } = await get(path, {
      headers: { host: 'netlify.example.com' },
    })
    return [status, headers.location ?? body]
  }

  it.each([
    ['/old', 301, '/guide/intro'],
    ['/old/', 301, '/guide/intro'],
    ['/guide', 302, '/'],
    ['/guide/x', 302, '/x'],
    // A file comes first.
    ['/guide/intro', 200, 'intro'],
    // The page of the app is another one than /index.html.
    ['/', 200, 'home'],
    ['/basket/7', 200, 'app'],
    // These rules lead in a circle, and were left out.
    ['/about', 200, 'about'],
    ['/forever/x', 200, 'app'],
  ])('answers %s with %i, %s', async (path, status, answer) => {
    expect(await at(path)).toEqual([status, answer])
  })
})
