// Failures of version skew that other systems are known for, replayed over HTTP. docs/tabs.md has the list, with
// those that need a browser.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ask, DOCUMENT } from '../support/http-client.ts'
import { startTabSite, type TabSite } from '../support/tab-site.ts'

const CALL = {
  'sec-fetch-dest': 'empty',
  'sec-fetch-mode': 'cors',
  'sec-fetch-site': 'same-origin',
}
const ID = 'AAAAAAAAAAAAAAAAAAAAAA'
const WAIT = { timeout: 30_000, interval: 100 }
const HALF = { main: 50, canary: 50 }

let site: TabSite
beforeAll(async () => {
  site = await startTabSite({ tabPins: true })
})
afterAll(() => site?.stop())

const open = (path: string, headers: Record<string, string> = {}) =>
  ask(site.url, path, { headers: { ...DOCUMENT, ...headers } })
const call = (path: string, headers: Record<string, string> = {}) =>
  ask(site.url, path, { headers: { ...CALL, ...headers } })

describe('what went wrong elsewhere', () => {
  it.each(['undefined', 'null', 'NaN', 'undefined@undefined'])('%s is no pin', async (pin) => {
    for (const reply of [
      await call('/config.json', { 'holo-pin': pin }),
      await call(`/config.json?holo-pin=${pin}`),
    ]) {
      expect([reply.status, reply.body]).toEqual([200, '{"is":"1"}'])
      expect(reply.headers).not.toHaveProperty('holo-pin-gone')
    }
  })

  it.each([
    ['a script', { 'sec-fetch-dest': 'script', 'sec-fetch-mode': 'no-cors' }],
    ['a module', { 'sec-fetch-dest': 'script', 'sec-fetch-mode': 'cors' }],
    ['something that an old browser loads', { accept: '*/*' }],
  ])('a missing file sets no cookie, and is neither a page nor kept, for %s', async (_, asks) => {
    for (const path of ['/assets/gone-1.js', '/gone.css']) {
      const cookie = 'holo-pin=2@canary'
      const reply = await ask(site.url, path, { headers: { ...asks, cookie } })
      expect(reply.status).toBe(404)
      expect(reply.cookies).toEqual({})
      expect(reply.headers['cache-control']).toBe('no-store')
      expect(String(reply.headers['content-type'])).not.toMatch(/html/)
    }
  })

  it('a visitor who comes by a link of another site keeps pin and version', async () => {
    const cookie = `holo-visitor=${ID}; holo-pin=1@main`
    const reply = await open('/', { cookie, 'sec-fetch-site': 'cross-site' })
    expect([reply.status, reply.headers['holo-version']]).toEqual([200, '1'])
    expect(reply.cookies).toEqual({})
  })

  it('a login changes no version, unless the identity is to decide', async () => {
    const bucketOf = async (headers: Record<string, string>) =>
      (await open('/', headers)).headers['holo-bucket']
    const visitor = { header: 'x-user' }
    await site.put({ visitor, traffic: HALF })
    // Before the document is in use, each page without a cookie is that of a new visitor.
    await vi.waitFor(async () => {
      expect(await bucketOf({ 'x-user': 'anna' })).toBe(await bucketOf({ 'x-user': 'anna' }))
    }, WAIT)
    const before = await bucketOf({ cookie: `holo-visitor=${ID}` })
    const anna = await bucketOf({ 'x-user': 'anna' })
    expect(anna).not.toBe(before)
    expect(await bucketOf({ cookie: `holo-visitor=${ID}`, 'x-user': 'anna' })).toBe(before)
    await site.put({ visitor: { ...visitor, overCookie: true } })
    await vi.waitFor(async () => {
      expect(await bucketOf({ cookie: `holo-visitor=${ID}`, 'x-user': 'anna' })).toBe(anna)
    }, WAIT)
  })
})
