// Pins per tab over HTTP: what a page with the script is, and what becomes of a pin whose version is gone.

import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ask, DOCUMENT } from '../support/http-client.ts'
import { type LinkKey, makeLinkKey } from '../support/preview-links.ts'
import { startTabSite, type TabSite } from '../support/tab-site.ts'

const CALL = {
  'sec-fetch-dest': 'empty',
  'sec-fetch-mode': 'cors',
  'sec-fetch-site': 'same-origin',
}
const ID = 'AAAAAAAAAAAAAAAAAAAAAA'
const WAIT = { timeout: 30_000, interval: 100 }

let site: TabSite
let key: LinkKey
beforeAll(async () => {
  key = await makeLinkKey('aaaaaaaa')
  site = await startTabSite({
    tabPins: true,
    previews: { keys: [{ id: key.id, key: key.key }] },
  })
})
afterAll(() => site?.stop())

const open = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  ask(site.url, path, { method, headers: { ...DOCUMENT, ...headers } })
const call = (path: string, headers: Record<string, string> = {}) =>
  ask(site.url, path, { headers: { ...CALL, ...headers } })

/** The reply with its body as it was sent. */
async function askBytes(path: string, headers: Record<string, string>) {
  const { hostname: host, port } = site.url
  const [reply] = (await once(get({ host, port, path, headers }), 'response')) as [IncomingMessage]
  return { headers: reply.headers, body: Buffer.concat(await reply.toArray()) }
}

const SCRIPT = /<head><script src="(\/\.holo\/tab-[0-9a-f]+\.js)" data-pin="1@main"><\/script>/

describe('a page with the script', () => {
  it('names its version and a file that never changes, before anything else', async () => {
    const page = await open('/')
    const [, path = ''] = SCRIPT.exec(page.body) ?? []
    expect(page.headers['content-length']).toBe(String(Buffer.byteLength(page.body)))
    const script = await call(path)
    expect(script.status).toBe(200)
    expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8')
    // A page of a service worker's cache may name the script of an older Holo.
    const older = await call('/.holo/tab-0123456789abcdef.js')
    expect([older.status, older.body]).toEqual([200, script.body])
    expect(older.headers['cache-control']).toBe('no-cache')
  })

  it.each([
    ['opened', DOCUMENT, true],
    ['in a frame', { ...DOCUMENT, 'sec-fetch-dest': 'iframe' }, true],
    ['prerendered', { ...DOCUMENT, 'sec-purpose': 'prefetch;prerender' }, true],
    ['prefetched by a link', { ...CALL, 'sec-purpose': 'prefetch' }, true],
    ['passed on by a service worker', { ...CALL, 'sec-fetch-mode': 'navigate' }, true],
    [
      'kept by a service worker',
      { ...CALL, cookie: `holo-workers=/sw.js; holo-visitor=${ID}`, referer: '/sw.js' },
      true,
    ],
    [
      "kept by Angular's worker, which compares hashes",
      { ...CALL, cookie: `holo-workers=/ngsw-worker.js`, referer: '/ngsw-worker.js' },
      false,
    ],
    ['fetched by a script of a page', CALL, false],
    ['opened by a crawler', { ...DOCUMENT, 'user-agent': 'Googlebot/2.1' }, false],
  ])('%s: %j', async (_, headers, isInserted) => {
    const { referer } = headers as { referer?: string }
    const all = referer === undefined ? headers : { ...headers, referer: site.url.origin + referer }
    const page = await ask(site.url, '/index', { headers: all })
    const { status, body } = page.status === 307 ? await ask(site.url, '/', { headers: all }) : page
    expect([status, SCRIPT.test(body)]).toEqual([200, isInserted])
  })

  it('is asked about again by a tag of its own, which another version does not have', async () => {
    const { headers } = await open('/')
    const etag = String(headers.etag)
    expect(etag).toMatch(/^W\/".*1@main.*"$/)
    const same = await open('/', { 'if-none-match': etag })
    expect([same.status, same.body, same.headers.etag]).toEqual([304, '', etag])
    expect(same.headers['cache-control']).toBe('private, no-cache')
    const plain = (await call('/')).headers.etag
    for (const other of [String(plain), etag.replace('1@main', '2@main')]) {
      expect((await open('/', { 'if-none-match': other })).status).toBe(200)
    }
    expect((await open('/', { 'if-match': etag })).status).toBe(412)
    expect((await open('/', { 'if-match': '*' })).status).toBe(200)
  })

  it('is sent whole, and its HEAD has the same tag and no body', async () => {
    const whole = await open('/')
    const part = await open('/', { range: 'bytes=0-3' })
    expect([part.status, part.body]).toEqual([200, whole.body])
    expect(part.headers).not.toHaveProperty('accept-ranges')
    const head = await open('/', {}, 'HEAD')
    expect([head.status, head.body, head.headers.etag]).toEqual([200, '', whole.headers.etag])
    expect(head.headers['content-type']).toBe(whole.headers['content-type'])
  })

  it('that a backend made has the nonce of its policy, and keeps its encoding', async () => {
    const { headers, body } = await askBytes('/api/page', {
      ...DOCUMENT,
      'accept-encoding': 'gzip',
    })
    expect(headers['content-encoding']).toBe('gzip')
    expect(headers).not.toHaveProperty('last-modified')
    expect(headers).not.toHaveProperty('accept-ranges')
    expect(gunzipSync(body).toString()).toMatch(
      /<head><script src="[^"]+" data-pin="1@main" nonce="n1"><\/script>.*<title>1<\/title>/,
    )
  })

  it('that a backend made is asked about by the tag of the backend, and a part is its own', async () => {
    const etag = String((await open('/api/page')).headers.etag)
    expect(etag).toMatch(/^W\/"page~holo~s~1@main-/)
    const same = await open('/api/page', { 'if-none-match': etag })
    expect([same.status, same.headers.etag]).toEqual([304, etag])
    for (const other of ['"page"', etag.replace('1@main', '2@main')]) {
      expect((await open('/api/page', { 'if-none-match': other })).status).toBe(200)
    }
    const part = await open('/api/page', { range: 'bytes=0-3' })
    expect([part.status, part.body, part.headers.etag]).toEqual([206, '<!do', '"page"'])
    const head = await open('/api/page', {}, 'HEAD')
    expect([head.status, head.headers.etag]).toEqual([200, etag])
  })

  it('is not made of an environment that has it off', async () => {
    const { environments } = await site.document()
    const main = { ...environments.main, version: '1' }
    await site.put({ environments: { ...environments, main: { ...main, tabPins: false } } })
    // The tag is that of the file again.
    await vi.waitFor(async () => expect((await open('/')).headers.etag).toMatch(/^"/), WAIT)
    expect((await open('/')).body).not.toContain('/.holo/')
    await site.put({ environments: { ...environments, main } })
    await vi.waitFor(async () => expect((await open('/')).headers.etag).toMatch(/^W/), WAIT)
  })
})

describe('a tab in a preview', () => {
  it('is opened by the link, has pin and bar, and its calls follow the pin', async () => {
    const link = { 'holo-preview': await key.sign({ versions: ['2'] }) }
    const isOf = async (headers: Record<string, string>) =>
      JSON.parse((await call('/api/me', { ...link, ...headers })).body).is
    expect(await isOf({})).toBe('2')
    const page = await open('/', { ...link, 'holo-pin': '1@main', cookie: 'holo-pin=1@main' })
    expect(page.body).toMatch(
      /<head><script src="[^"]+" data-pin="2@canary"><\/script><script src="\/\.holo\/preview\.js" data-holo="/,
    )
    expect(page.headers.etag).toMatch(/~2@canary-[0-9a-f]{8}~preview-[0-9a-f]+"$/)
    expect(await isOf({ 'holo-pin': '2@main' })).toBe('2')
    // This tab was opened before the link.
    expect(await isOf({ 'holo-pin': '1@main' })).toBe('1')
    expect(await isOf({ 'holo-pin': '9.9.9@main' })).toBe('2')
  })
})

describe('a reply to a tab', () => {
  it('is kept for the version of this tab alone, unless its name says which file it is', async () => {
    const pinned = { 'holo-pin': '1@main' }
    expect((await call('/config.json', pinned)).headers.vary).toMatch(/Holo-Pin/)
    expect((await call('/api/me', pinned)).headers.vary).toMatch(/Holo-Pin/)
    expect((await call('/assets/app-1.js', pinned)).headers.vary ?? '').not.toMatch(/Holo-Pin/)
    expect((await call('/config.json')).headers.vary ?? '').not.toMatch(/Holo-Pin/)
  })

  it('follows the address of the worker that asks, if the worker is of this origin', async () => {
    const of = async (referer: string, headers = {}) =>
      JSON.parse((await call('/api/me', { referer, ...headers })).body).is
    const worker = `${site.url.origin}/worker.js?holo-pin=2%40canary`
    expect(await of(worker)).toBe('2')
    expect(await of(worker, { 'holo-pin': '1@main' })).toBe('1')
    expect(await of(worker, { cookie: 'holo-pin=1@main' })).toBe('2')
    expect(await of(worker, { 'sec-fetch-site': 'same-site' })).toBe('1')
    expect(await of(worker.replace('127.0.0.1', 'evil.example.com'))).toBe('1')
  })

  it('leads a page to its address without a pin that does not count', async () => {
    const from = { 'sec-fetch-site': 'cross-site' }
    for (const [path, left] of [
      ['/?holo-pin=2', '/'],
      ['/a%20b?x=1&holo-pin=2%40canary&y=%2F', '/a%20b?x=1&y=%2F'],
      ['//evil.example.com/?holo-pin=2', '/.//evil.example.com/'],
    ] as const) {
      for (const dest of ['document', 'iframe']) {
        const reply = await open(path, { ...from, 'sec-fetch-dest': dest })
        expect([reply.status, reply.headers.location]).toEqual([307, left])
        expect(reply.cookies).toEqual({})
      }
    }
    expect(
      (await open('/api/form?holo-pin=2', { 'sec-fetch-site': 'same-origin' }, 'POST')).body,
    ).toContain('<title>2</title>')
  })

  it('gives a redirect to another origin as data only to the script of a tab', async () => {
    const path = '/api/away?to=https%3A%2F%2Ffiles.example.com%2Fx'
    const plain = await call(path, { 'holo-pin': '1@main' })
    expect([plain.status, plain.headers.location]).toEqual([302, 'https://files.example.com/x'])
    const told = await call(path, { 'holo-pin': '1@main', 'holo-tab': '1' })
    expect([told.status, told.headers['holo-location']]).toEqual([
      300,
      '302 https://files.example.com/x',
    ])
    expect(told.headers).not.toHaveProperty('location')
    const own = await call('/api/away?to=%2Fapi%2Fme', { 'holo-tab': '1' })
    expect([own.status, own.headers.location]).toEqual([302, '/api/me'])
  })
})

describe('a pin whose version is gone', () => {
  const tell = (
    pin: unknown,
    files: unknown = ['/', '/config.json', '/api/me', '/assets/app-1.js'],
  ) =>
    ask(site.url, '/.holo/tab', {
      method: 'POST',
      headers: CALL,
      body: JSON.stringify({ pin, files }),
    })

  it.each(['9.9.9', '9.9.9@main', 'secret@secret'])(
    '%s is answered by what counts now, and says so',
    async (pin) => {
      const reply = await call('/api/me', { 'holo-pin': pin })
      expect([reply.status, reply.body, reply.headers['holo-pin-gone']]).toEqual([
        200,
        '{"is":"1"}',
        '1',
      ])
      expect(await tell(pin).then(({ body }) => JSON.parse(body))).toEqual({
        version: '1',
        environment: 'main',
        pinned: false,
        filesChanged: true,
      })
    },
  )

  it('is told to no page, and to nobody whose pin counts or who has none', async () => {
    for (const reply of [
      await call('/api/me', { 'holo-pin': '2@canary' }),
      await call('/api/me'),
      await open('/', { cookie: 'holo-pin=9.9.9@main' }),
      await open('/', { 'holo-pin': '9.9.9' }),
    ]) {
      expect(reply.headers).not.toHaveProperty('holo-pin-gone')
    }
  })

  it('tells whether one of the files of the tab changed', async () => {
    const changed = async (pin: string, files: string[]) =>
      JSON.parse((await tell(pin, files)).body).filesChanged
    expect(await changed('2@canary', ['/', '/config.json'])).toBe(true)
    expect(await changed('2@canary', ['/assets/app-2.js'])).toBe(true)
    // Neither is a file of the tab's version.
    expect(await changed('2@canary', ['/api/me', '/assets/app-1.js'])).toBe(false)
    expect(await changed('1@main', ['/', '/config.json'])).toBe(false)
  })

  it('refuses questions that are none', async () => {
    expect((await call('/.holo/tab')).status).toBe(405)
    expect((await tell(1)).status).toBe(400)
    expect((await tell('1@main', 'x')).status).toBe(400)
    expect((await tell('1@main', Array(300).fill('/'))).status).toBe(400)
    expect((await tell('1@main', ['/'.repeat(70_000)])).status).toBe(413)
  })
})
