// What browsers report over HTTP: which pages ask for it, which reports are taken, and what a forger gets.

import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { MAX_REPORT_BYTES } from '../../src/beacon/limits.ts'
import { ask, DOCUMENT } from '../support/http-client.ts'
import { startTabSite, type TabSite } from '../support/tab-site.ts'

const ID = 'AAAAAAAAAAAAAAAAAAAAAA'
const VISITOR = { cookie: `holo-visitor=${ID}` }
const SCRIPT =
  /<script src="(\/\.holo\/report-[0-9a-f]{16}\.js)" async fetchpriority="low" data-pin="1@main"><\/script>/
const PROOF = /holo-proof;desc="(\d+\.[\w-]{22})"/

let site: TabSite
beforeAll(async () => {
  site = await startTabSite({ browserReports: { script: true, reportingApi: true } })
})
afterAll(() => site?.stop())

const open = (path: string, headers: Record<string, string> = VISITOR, method = 'GET') =>
  ask(site.url, path, { method, headers: { ...DOCUMENT, ...headers } })
const post = (path: string, body: string, type = 'text/plain;charset=UTF-8', headers = {}) =>
  ask(site.url, path, {
    method: 'POST',
    headers: { 'content-type': type, ...VISITOR, ...headers },
    body,
  })
const beacon = (said: object) => post('/.holo/beacon', JSON.stringify({ pin: '1@main', ...said }))
const report = (type = 'crash', body: object = { reason: 'oom' }) =>
  JSON.stringify([{ type, age: 1, url: new URL('/', site.url).href, user_agent: 'x', body }])

describe('a page', () => {
  it('gets a script that holds nothing up, and what it needs of a proof', async () => {
    const page = await open('/')
    const [, path = ''] = SCRIPT.exec(page.body) ?? []
    expect(page.body.indexOf('holo.reports')).toBeGreaterThan(0)
    expect(page.body.indexOf('holo.reports')).toBeLessThan(page.body.indexOf(path))
    expect(page.headers['server-timing']).toMatch(PROOF)
    const script = await ask(site.url, path)
    expect(script.status).toBe(200)
    expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    const older = await ask(site.url, '/.holo/report-0123456789abcdef.js')
    expect([older.body, older.headers['cache-control']]).toEqual([script.body, 'no-cache'])
  })

  it('names where browsers send reports, with its version, and a 304 does as well', async () => {
    const page = await open('/')
    const endpoints = 'holo="/.holo/reports/1@main", default="/.holo/reports/1@main"'
    expect(page.headers['reporting-endpoints']).toBe(endpoints)
    const known = await open('/', { ...VISITOR, 'if-none-match': String(page.headers.etag) })
    expect([known.status, known.headers['reporting-endpoints']]).toEqual([304, endpoints])
    expect(known.headers['server-timing']).toMatch(PROOF)
  })

  it("has the scripts with the nonce of the page's policy", async () => {
    const { hostname: host, port } = site.url
    const headers = { ...DOCUMENT, ...VISITOR, 'accept-encoding': 'gzip' }
    const asked = get({ host, port, path: '/api/page', headers })
    const [reply] = (await once(asked, 'response')) as [IncomingMessage]
    const body = gunzipSync(Buffer.concat(await reply.toArray())).toString()
    expect(body.match(/<script[^>]* nonce="n1">/g)).toHaveLength(2)
  })

  it.each([
    ['a crawler', '/', { 'user-agent': 'Googlebot/2.1' }],
    ['a file', '/config.json', VISITOR],
    [
      'a page in a frame of another site',
      '/',
      { ...VISITOR, 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'cross-site' },
    ],
  ])('%s gets nothing of it', async (_, path, headers) => {
    const reply = await open(path, headers)
    expect(reply.body).not.toContain('/.holo/report-')
    expect(reply.headers['server-timing'] ?? '').not.toContain('holo-proof')
    expect(reply.headers['reporting-endpoints']).toBeUndefined()
  })
})

describe('a report', () => {
  it('is taken without a word, with a proof, without one and with a false one', async () => {
    const [, proof] = PROOF.exec(String((await open('/')).headers['server-timing'])) ?? []
    for (const one of [proof, '', `${proof?.slice(0, -1)}A`, 'x']) {
      const reply = await beacon({ proof: one, errors: [{ kind: 'error', message: 'x' }] })
      expect([reply.status, reply.body, reply.headers['cache-control']]).toEqual([
        204,
        '',
        'no-store',
      ])
    }
  })

  it('of a version that there is not is answered like any other', async () => {
    for (const pin of ['9@main', '1@nowhere', '1', '2@main']) {
      expect((await beacon({ pin })).status).toBe(204)
    }
  })

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['an unknown kind of error', '{"pin":"1@main","errors":[{"kind":"crash","message":"x"}]}'],
    [
      'too many errors',
      JSON.stringify({ pin: '1@main', errors: Array(11).fill({ kind: 'error', message: 'x' }) }),
    ],
    ['a count below 1', '{"pin":"1@main","errors":[{"kind":"error","message":"x","count":0}]}'],
    ['a measurement that is none', '{"pin":"1@main","vitals":{"lcp":-1}}'],
  ])('that is %s is refused', async (_, body) => {
    expect((await post('/.holo/beacon', body)).status).toBe(400)
  })

  it('has a limit of size, a method and a type', async () => {
    expect((await post('/.holo/beacon', 'x'.repeat(MAX_REPORT_BYTES + 1))).status).toBe(413)
    expect((await post('/.holo/beacon', '{"pin":"1@main"}', 'text/html')).status).toBe(400)
    const read = await ask(site.url, '/.holo/beacon')
    expect([read.status, read.headers.allow]).toEqual([405, 'POST'])
  })

  it('of the browser itself is taken at the address of the version', async () => {
    const type = 'application/reports+json'
    const path = '/.holo/reports/1@main'
    expect((await post(path, report(), type)).status).toBe(204)
    expect((await post(path, report('network-error'), type)).status).toBe(204)
    expect((await post(path, '{}', type)).status).toBe(400)
    expect((await post(path, report(), 'application/json')).status).toBe(400)
    expect((await post('/.holo/reports/9@main', report(), type)).status).toBe(204)
  })
})

it('is off for an environment that says so, and for visitors outside the sample', async () => {
  const { environments } = await site.document()
  const main = { version: '1', browserReports: { script: false, reportingApi: false } }
  await site.put({ environments: { ...environments, main } })
  await expect.poll(async () => (await open('/')).body).not.toContain('/.holo/report-')
  expect((await open('/')).headers['reporting-endpoints']).toBeUndefined()
  await site.put({ environments, browserReports: { script: true, sample: 0.5 } })
  await expect
    .poll(async () => {
      const ids = Array.from(
        { length: 40 },
        (_, i) => String.fromCharCode(65 + (i % 26)).repeat(21) + (i < 26 ? 'A' : 'Q'),
      )
      const pages = await Promise.all(ids.map((id) => open('/', { cookie: `holo-visitor=${id}` })))
      return pages.filter(({ body }) => body.includes('/.holo/report-')).length
    })
    .toSatisfy((count: number) => count > 8 && count < 32)
})
