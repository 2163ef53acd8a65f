// Clients that are no browser, or that keep no cookie, at a site of which two versions are out.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type CaseEdge, readCase, startCaseEdge } from '../support/case-edge.ts'
import { ask, DOCUMENT } from '../support/http-client.ts'

const HALF = { main: 50, canary: 50 }
const SCRIPT = { 'sec-fetch-dest': 'script', 'sec-fetch-site': 'cross-site' }
const FRAME = {
  'sec-fetch-dest': 'iframe',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-site': 'cross-site',
}
const CALL = { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' }
/** By chance alone, this many would see one version only once in a million. */
const TRIES = 30

describe('a deep link of a single-page app', () => {
  let holo: CaseEdge
  beforeAll(async () => {
    holo = await startCaseEdge([readCase('spa-preview'), readCase('spa-preview')])
  })
  afterAll(() => holo.stop())

  it.each([
    ['a browser', 'GET', DOCUMENT],
    ['curl', 'GET', { accept: '*/*', 'user-agent': 'curl/8.5.0' }],
    ['a client without Accept', 'GET', {}],
    ['a link preview', 'GET', { accept: '*/*', 'user-agent': 'facebookexternalhit/1.1' }],
    ['a link preview of a chat', 'GET', { 'user-agent': 'WhatsApp/2.23.20.0' }],
    ['an uptime monitor', 'GET', { accept: '*/*', 'user-agent': 'UptimeRobot/2.0' }],
  ])('is the app for %s', async (_, method, headers) => {
    const answer = await ask(holo.url, '/product/7', { method, headers })
    expect(answer.status).toBe(200)
    expect(answer.body).toContain('og:title')
  })

  it('is the app for a HEAD, and its first bytes for who asks for a range', async () => {
    const head = await ask(holo.url, '/product/7', { method: 'HEAD' })
    expect([head.status, head.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    const part = await ask(holo.url, '/product/7', { headers: { range: 'bytes=0-14' } })
    expect([part.status, part.body]).toEqual([206, '<!doctype html>'])
  })

  it.each([
    ['a script, by its path', '/assets/x.js', { accept: '*/*' }],
    ['a script, for who says nothing', '/assets/x.js', {}],
    ['robots.txt', '/robots.txt', { accept: '*/*' }],
    ['a script, by fetch metadata', '/x', { 'sec-fetch-dest': 'script' }],
    ['JSON', '/api-of-nobody', { accept: 'application/json' }],
    ['a picture', '/x', { accept: 'image/avif,image/webp,*/*;q=0.8' }],
  ])('is not the app for who plainly asks for %s', async (_, path, headers) => {
    const answer = await ask(holo.url, path, { headers })
    expect([answer.status, answer.headers['content-type']]).toEqual([
      404,
      'application/problem+json',
    ])
  })
})

describe('who keeps no cookie', () => {
  let holo: CaseEdge
  beforeAll(async () => {
    const files = (id: string) => ({
      ...readCase(`module-federation/${id}`),
      ...readCase(`embedded/${id}`),
      ...readCase(`version-poll/${id}`),
    })
    holo = await startCaseEdge([files('v1'), files('v2')], HALF)
  })
  afterAll(() => holo.stop())

  it.each([
    ["another site's script", '/remoteEntry.js', SCRIPT],
    ['what that script loads', '/src_App_js.js', SCRIPT],
    ["a frame in another site's page over http", '/', FRAME],
    ['what that frame loads', '/config.json', CALL],
    ['curl', '/', { accept: '*/*', 'user-agent': 'curl/8.5.0' }],
    ['a monitor that opens the page', '/', { ...DOCUMENT, 'user-agent': 'Pingdom.com_bot' }],
    ['a client of the API', '/api/x', { accept: 'application/json' }],
    ['a monitor that asks for the head', '/', DOCUMENT],
  ])('gets one version, and no cookie: %s', async (what, path, headers) => {
    const method = what.includes('head') ? 'HEAD' : 'GET'
    const seen = new Set<unknown>()
    for (let i = 0; i < TRIES; i++) {
      const answer = await ask(holo.url, path, { method, headers })
      seen.add(answer.headers['holo-version'])
      expect(answer.headers).not.toHaveProperty('holo-bucket')
      if (!('user-agent' in headers)) expect(answer.headers).not.toHaveProperty('set-cookie')
    }
    expect([...seen]).toEqual(['1'])
  })

  it('is a new visitor all the same when a browser opens its first page', async () => {
    const seen = new Set<unknown>()
    for (let i = 0; i < TRIES; i++) {
      const { headers } = await ask(holo.url, '/', { headers: DOCUMENT })
      seen.add(headers['holo-version'])
    }
    expect(seen.size).toBe(2)
  })

  it('may get a version by its address, which stays with it', async () => {
    await holo.put({ visitor: { address: true } })
    const versionOf = async (n: number) => {
      const headers = { accept: 'application/json', 'cf-connecting-ip': `198.51.100.${n}` }
      return (await ask(holo.url, '/api/x', { headers })).headers['holo-version']
    }
    const all = () => Promise.all(Array.from({ length: TRIES }, (_, n) => versionOf(n)))
    const first = await vi.waitFor(async () => {
      const versions = await all()
      expect(new Set(versions).size).toBe(2)
      // The first answers may still be those of the document before.
      expect(await all()).toEqual(versions)
      return versions
    }, 30_000)
    expect(await all()).toEqual(first)
  })
})

describe('files that apps poll to learn of a new version', () => {
  let holo: CaseEdge
  beforeAll(async () => {
    const files = (id: string) => ({
      ...readCase(`version-poll/v${id}`),
      '/ngsw.json': { body: `{"hash":"${id}"}`, type: 'application/json' },
      '/build.json': { body: `{"id":"${id}"}`, type: 'application/json' },
    })
    const gone = files('1')
    holo = await startCaseEdge([{ ...gone, '/old/_app/version.json': { body: '1' } }, files('2')])
    await holo.put({ polled: ['/build.json'], traffic: { main: 0, canary: 100 } })
    await vi.waitFor(async () => {
      const { headers } = await ask(holo.url, '/', { headers: DOCUMENT })
      expect(headers['holo-version']).toBe('2')
    }, 30_000)
  })
  afterAll(() => holo.stop())

  const PINNED = { ...CALL, cookie: `holo-visitor=${'A'.repeat(22)}; holo-pin=1@main` }

  it.each([
    ['SvelteKit', '/_app/version.json', '{"version":"2"}'],
    ['Nuxt', '/_nuxt/builds/latest.json', '{"id":"build-2"}'],
    ['many others', '/version.json', '{"build":2}'],
    ["Angular's worker", '/ngsw.json?ngsw-cache-bust=0.1', '{"hash":"2"}'],
    ['whoever configures one', '/build.json', '{"id":"2"}'],
  ])('answer for the version of now to a tab on the one before: %s', async (_, path, body) => {
    const answer = await ask(holo.url, path, { headers: { ...PINNED, 'holo-pin': '1@main' } })
    expect(answer.body.trim()).toBe(body)
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it('are the only ones: everything else of the tab stays on its version', async () => {
    const page = await ask(holo.url, '/index.html', { headers: PINNED })
    expect(page.headers['holo-version']).toBe('1')
  })

  it('are not there where the version of now has none, whatever others had', async () => {
    const answer = await ask(holo.url, '/old/_app/version.json', { headers: PINNED })
    expect(answer.status).toBe(404)
  })

  it('have a name of their own that every site has: /.holo/version', async () => {
    for (const headers of [PINNED, {}, DOCUMENT]) {
      const answer = await ask(holo.url, '/.holo/version', { headers })
      expect(JSON.parse(answer.body)).toEqual({ version: '2', environment: 'canary' })
      expect(answer.headers['cache-control']).toBe('no-store')
      expect(answer.headers).not.toHaveProperty('set-cookie')
    }
    const head = await ask(holo.url, '/.holo/version', { method: 'HEAD' })
    expect([head.status, head.body]).toEqual([200, ''])
    const post = await ask(holo.url, '/.holo/version', { method: 'POST' })
    expect([post.status, post.headers.allow]).toEqual([405, 'GET, HEAD'])
  })

  it('say nothing of a restricted environment there, and nothing that is not exposed', async () => {
    await holo.put({
      environments: {
        main: { version: '1' },
        canary: { version: '1' },
        secret: { version: '2', restricted: true, hosts: ['127.0.0.1'] },
      },
      expose: { response: ['version'] },
    })
    await vi.waitFor(async () => {
      const { body } = await ask(holo.url, '/.holo/version')
      expect(JSON.parse(body)).toEqual({ version: '1' })
    }, 30_000)
  })
})
