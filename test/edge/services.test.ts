// Services through the whole edge: which version is told, which one answers, and what happens when a
// backend leads back to Holo.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { closedOrigin, startBackend } from '../support/backend.ts'
import { ask } from '../support/http-client.ts'
import { startTwoVersions, type TwoVersions } from '../support/two-versions.ts'

let holo: TwoVersions
const FETCHED = { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'no-cors' }
const ON_CANARY = { headers: { 'holo-pin': 'v2@canary' } }

beforeAll(async () => {
  holo = await startTwoVersions()
})

afterAll(() => holo.stop())

type Services = NonNullable<(typeof holo.document.versions)[string]['services']>

/** Version 2, the canary's, with other services. */
async function putServices(services: Services, change = {}): Promise<void> {
  const { versions } = holo.document
  const v2 = { manifest: versions.v2?.manifest ?? '', services }
  await holo.put({ versions: { ...versions, v2 }, ...change })
}

describe('a fallback', () => {
  it('answers for the version, and the reply stays one of the version', async () => {
    await putServices([
      { prefix: '/api/', origins: [await closedOrigin()], timeoutMs: 1000, fallback: 'main' },
    ])
    await vi.waitFor(async () => {
      const answer = await ask(holo.url, '/api/x', ON_CANARY)
      expect(JSON.parse(answer.body).backend).toBe('1')
      expect(answer.headers).toMatchObject({ 'holo-version': 'v2', 'holo-environment': 'canary' })
      expect(String(answer.headers['server-timing'])).toMatch(/holo-fallback;desc="[a-z_]+"/)
    }, 30_000)
  })

  it.each([
    ['the other environment has no such service', '/other/', 'main'],
    ['it is the same version', '/api/', 'canary'],
  ])('is none where %s', async (_, prefix, fallback) => {
    await putServices([{ prefix, origins: [await closedOrigin()], fallback }])
    await vi.waitFor(async () => {
      const answer = await ask(holo.url, `${prefix}x`, ON_CANARY)
      expect(JSON.parse(answer.body).code).toBe('origin_unreachable')
      expect(answer.status).toBe(502)
    }, 30_000)
  })
})

describe('a page of a backend that has not changed', () => {
  it('varies by the cookie as the page does, and what is no page does not', async () => {
    const backend = await startBackend((request, response) => {
      const isKnown = request.headers['if-none-match'] === '"1"'
      const headers = { etag: '"1"', vary: 'Accept-Encoding' }
      if (isKnown) response.writeHead(304, headers)
      else response.writeHead(200, { ...headers, 'content-type': 'text/html' })
      response.end()
    })
    await putServices([{ prefix: '/app/', origins: [backend.origin] }])
    const varies = async (path: string, headers: object, etag = '"1"') => {
      // The cookie, because a pin in a header is one more reason to vary.
      const asked = { cookie: 'holo-pin=v2@canary', ...headers, 'if-none-match': etag }
      const { status, headers: told } = await ask(holo.url, path, { headers: asked })
      return [status, String(told.vary)]
    }
    const withCookie = (status: number) => [status, 'Accept-Encoding, Cookie']
    await vi.waitFor(async () => {
      expect(await varies('/app/', { ...FETCHED, accept: '*/*' })).toEqual(withCookie(304))
    }, 30_000)
    const frame = { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' }
    for (const headers of [frame, FETCHED, { ...FETCHED, 'sec-purpose': 'prefetch' }, {}]) {
      expect(await varies('/app/', headers)).toEqual(withCookie(304))
      expect(await varies('/app/', headers, '"0"')).toEqual(withCookie(200))
    }
    for (const headers of [{ 'sec-fetch-dest': 'script' }, { ...FETCHED, accept: 'image/png' }]) {
      expect(await varies('/app/x', headers)).toEqual([304, 'Accept-Encoding'])
    }
    await backend.stop()
  })
})

describe('a backend that leads back to Holo', () => {
  it('is a 508 after one round, said of the version that was chosen', async () => {
    await putServices([{ prefix: '/loop/', origins: [holo.url.origin] }], {
      traffic: { canary: 100 },
    })
    await vi.waitFor(async () => {
      const answer = await ask(holo.url, '/loop/x')
      expect([answer.status, JSON.parse(answer.body).code]).toEqual([508, 'loop_detected'])
      expect(answer.headers['holo-version']).toBe('v2')
    }, 30_000)
  })
})
