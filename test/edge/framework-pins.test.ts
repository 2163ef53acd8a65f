// Pins that frameworks send by themselves, over HTTP: `v1` and `v2` are builds with ids of their own, as Next.js
// (header and query) and Nuxt (query) send them; `v3` is restricted.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { ask, DOCUMENT } from '../support/http-client.ts'
import { startTwoVersions, type TwoVersions } from '../support/two-versions.ts'

const CALL = {
  'sec-fetch-dest': 'empty',
  'sec-fetch-mode': 'cors',
  'sec-fetch-site': 'same-origin',
}
const SCRIPT = { 'sec-fetch-dest': 'script', 'sec-fetch-mode': 'no-cors' }
const ID = 'AAAAAAAAAAAAAAAAAAAAAA'
const WAIT = { timeout: 30_000, interval: 50 }
/** The browser has opened a page of `v1` last. */
const COOKIE = `holo-visitor=${ID}; holo-pin=v1@main`

const NAMES = { headers: ['x-deployment-id'], queries: ['dpl', '_b', ''] }
const pin = (id: string) => ({ id, ...NAMES })

let site: TwoVersions
let versions: AssignmentsDocument['versions']
/** Changes the document, and waits until it is in use. */
async function put(change: Partial<AssignmentsDocument>, isUsed: () => Promise<boolean>) {
  await site.put(change)
  await vi.waitFor(async () => expect(await isUsed()).toBe(true), WAIT)
}
const all = (change: Record<string, object> = {}) =>
  Object.fromEntries(
    Object.entries(versions).map(([id, version]) => [
      id,
      { ...version, frameworkPin: pin(`build-${id}`), ...change[id] },
    ]),
  )

beforeAll(async () => {
  site = await startTwoVersions()
  versions = site.document.versions
  await put(
    { traffic: { main: 100, canary: 0 }, versions: all() },
    async () => (await of({ 'x-deployment-id': 'build-v2' })) === '2',
  )
})
afterAll(() => site?.stop())

const call = (path = '/api/x', headers: Record<string, string> = {}) =>
  ask(site.url, path, { headers: { ...CALL, cookie: COOKIE, ...headers } })
/** Whose backend answers. */
const of = async (headers: Record<string, string>, path?: string) =>
  JSON.parse((await call(path, headers)).body).backend

describe('a request of a tab whose framework says which build it is', () => {
  it.each([
    ['a header', '/api/x', { 'x-deployment-id': 'build-v2' }],
    ['a query', '/api/x?a=1&dpl=build-v2', {}],
    ['a query in escapes', '/api/x?d%70l=build%2Dv2', {}],
    ['another query', '/api/x?_b=build-v2', {}],
    ['a query that is only the id', '/api/x?build-v2', {}],
  ])('gets its own version, by %s', async (_, path, headers) => {
    expect(await of(headers, path)).toBe('2')
    // The backend of a framework may need it.
    expect(site.seen.at(-1)?.url).toBe(path)
  })

  it("is answered by Holo's own pin where both are sent, and by no cookie", async () => {
    const both = { 'x-deployment-id': 'build-v2', 'holo-pin': 'v1@main' }
    expect(await of(both)).toBe('1')
    expect(await of({ 'x-deployment-id': 'build-v2' }, '/api/x?holo-pin=v1')).toBe('1')
    expect(await of({ 'x-deployment-id': 'build-v2', cookie: '' })).toBe('2')
    const worker = { referer: `${site.url.origin}/w.js?holo-pin=v1`, 'x-deployment-id': 'build-v2' }
    expect(await of(worker)).toBe('2')
  })

  it('gets its own files, kept by the whole address if their names say so', async () => {
    const script = await ask(site.url, '/assets/app-2.js?dpl=build-v2', { headers: SCRIPT })
    expect([script.status, script.body, script.headers['holo-version']]).toEqual([
      ...[200, 'hashed 2', 'v2'],
    ])
    expect(script.headers['cache-control']).toContain('immutable')
    expect(script.headers.vary ?? '').not.toMatch(/deployment/)
    expect(script.cookies).toEqual({})
    const plain = await call('/app.js', { 'x-deployment-id': 'build-v2' })
    expect([plain.body, plain.headers.vary]).toEqual(['plain 2', 'x-deployment-id'])
    expect((await call('/app.js')).headers.vary).toBe(undefined)
    const part = await call('/app.js?dpl=build-v2', { range: 'bytes=0-4' })
    expect([part.status, part.body]).toEqual([206, 'plain'])
    const tag = String(plain.headers.etag)
    const same = await call('/app.js', { 'x-deployment-id': 'build-v2', 'if-none-match': tag })
    expect([same.status, same.headers.vary]).toEqual([304, 'x-deployment-id'])
  })

  it('opens a page as any other does, in whatever way the page is opened', async () => {
    for (const dest of ['document', 'iframe']) {
      const page = await ask(site.url, '/?dpl=build-v2', {
        headers: { ...DOCUMENT, 'sec-fetch-dest': dest, 'x-deployment-id': 'build-v2' },
      })
      expect([page.status, page.headers['holo-version']]).toEqual([200, 'v1'])
      expect(page.headers).not.toHaveProperty('holo-pin-gone')
    }
  })

  it('gets what counts now where it asks for that, and a page sets its pin as ever', async () => {
    const poll = await call('/version.json', { 'x-deployment-id': 'build-v2' })
    expect(poll.headers['holo-version']).toBe('v1')
    const page = await ask(site.url, '/?dpl=build-v2', { headers: DOCUMENT })
    expect(page.cookies['holo-pin']).toBe('v1@main')
  })
})

describe('an id that means no version', () => {
  it('of nobody leaves the request with its cookie, and says so', async () => {
    const cookie = `holo-visitor=${ID}; holo-pin=v2@canary`
    for (const [path, headers] of [
      ['/api/x', { 'x-deployment-id': 'gone' }],
      ['/api/x?dpl=gone', {}],
      // Restricted: as one that there is not.
      ['/api/x', { 'x-deployment-id': 'build-v3' }],
    ] as const) {
      const reply = await call(path, { ...headers, cookie })
      expect([JSON.parse(reply.body).backend, reply.headers['holo-pin-gone']]).toEqual(['2', '1'])
    }
  })

  it.each([
    ...['undefined', 'null', 'NaN', '', ' ', 'a b', 'build-v2, build-v2', 'build-v2;', '<v2>'],
    ...['build-v2\u00e9', 'x'.repeat(129), '{"a":1}', 'build-v2,build-v1'],
  ])('%j is none', async (value) => {
    const headers = { 'x-deployment-id': Buffer.from(value).toString('latin1') }
    for (const reply of [
      await call('/api/x', headers),
      await call(`/api/x?dpl=${encodeURIComponent(value)}`),
    ]) {
      expect(JSON.parse(reply.body).backend).toBe('1')
      expect(reply.headers).not.toHaveProperty('holo-pin-gone')
    }
  })

  it('is no version that is called as the id, and no query that looks like one', async () => {
    expect(await of({ 'x-deployment-id': 'v2' })).toBe('1')
    for (const path of ['/api/x?build-v9', '/api/x?build-v2=', '/api/x?build-v2&a=1']) {
      const reply = await call(path)
      expect(JSON.parse(reply.body).backend, path).toBe('1')
      expect(reply.headers, path).not.toHaveProperty('holo-pin-gone')
    }
  })
})

describe('two versions of one id', () => {
  it('are told apart by the cookie, and else are what the visitor would get now', async () => {
    const shared = { frameworkPin: pin('shared') }
    const published = (id: string) => ({ ...shared, published: `2026-11-2${id}T12:00:00Z` })
    await put(
      { versions: all({ v1: published('1'), v2: published('2') }) },
      async () => (await of({ 'x-deployment-id': 'shared', cookie: 'holo-pin=v2@canary' })) === '2',
    )
    const headers = { 'x-deployment-id': 'shared' }
    expect(await of({ ...headers, cookie: 'holo-pin=v1@main' })).toBe('1')
    // The newest is the canary's, where this visitor is not.
    expect(await of({ ...headers, cookie: `holo-visitor=${ID}` })).toBe('1')
    expect(await of({ ...headers, cookie: `holo-visitor=${ID}; holo-pin=v9@main` })).toBe('1')
    const reply = await call('/api/x', { ...headers, cookie: 'holo-pin=v2@canary' })
    expect(reply.headers['holo-environment']).toBe('canary')
  })
})

describe('an id of a withdrawn version', () => {
  it('leads to what counts now, and the reply says so', async () => {
    const gone = async () =>
      (await call('/api/x', { 'x-deployment-id': 'build-v2' })).headers['holo-pin-gone'] === '1'
    const { environments } = site.document
    const withoutV2 = { ...environments, canary: { version: 'v1' } }
    const withdrawn = { versions: all({ v2: { withdrawn: true, open: true } }) }
    await put({ ...withdrawn, environments: withoutV2 }, gone)
    const reply = await call('/api/x?dpl=build-v2')
    expect([JSON.parse(reply.body).backend, reply.headers['holo-pin-gone']]).toEqual(['1', '1'])
    // A file of it that visitors had is still there for the tab.
    const script = await ask(site.url, '/assets/app-2.js?dpl=build-v2', { headers: SCRIPT })
    expect([script.status, script.body]).toEqual([200, 'hashed 2'])
  })
})
