// What a page of a version can do with the session of somebody who operates Holo: nothing, where the dashboard has
// a host name of its own. And that no version is served under that name.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readDashboardHost, toHostRole } from '../../src/http/dashboard-host.ts'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { codeOf, DashboardBrowser, OWN_PAGE } from '../support/sign-in.ts'

const API = '/.holo/api'

let edge: AdminEdge
let atDashboard: AdminEdge['call']
let atSite: AdminEdge['call']
let operator: DashboardBrowser

beforeAll(async () => {
  edge = await startAdminEdge({ dashboardHost: 'holo.example.com' })
  atDashboard = edge.callAt('holo.example.com')
  atSite = edge.callAt('shop.example.com')
  operator = new DashboardBrowser(atDashboard)
  expect((await operator.signIn({ token: FIRST_TOKEN })).status).toBe(200)
})
afterAll(() => edge?.stop())

describe('a page of a version, on a host of the site', () => {
  it('can use neither the session of an operator nor what Access adds', async () => {
    const jwt = await edge.team.sign()
    const access = { 'cf-access-jwt-assertion': jwt, cookie: `CF_Authorization=${jwt}` }
    for (const sent of [{ cookie: operator.cookie }, access]) {
      const headers = { ...OWN_PAGE, ...sent, 'if-match': '"1"' }
      const read = await atSite('GET', `${API}/whoami`, { headers })
      const shift = { json: { weights: { canary: 100 } }, headers }
      const change = await atSite('PUT', `${API}/traffic`, shift)
      expect([read.status, change.status]).toEqual([401, 401])
    }
    const document = await edge.call('GET', `${API}/traffic`, { token: FIRST_TOKEN })
    expect(JSON.parse(document.body).weights.canary).toBe(0)
  })

  it('is not where somebody signs in, and has no dashboard', async () => {
    const signIn = await atSite('POST', `${API}/session`, {
      json: { token: FIRST_TOKEN },
      headers: OWN_PAGE,
    })
    expect([signIn.status, codeOf(signIn), signIn.cookies]).toEqual([403, 'forbidden', {}])
    for (const path of ['/.holo/', '/.holo', '/.holo/assets/index.js']) {
      expect([path, (await atSite('GET', path)).status]).toEqual([path, 404])
    }
  })

  it('leaves programs with a token alone', async () => {
    expect((await atSite('GET', `${API}/whoami`, { token: FIRST_TOKEN })).status).toBe(200)
  })
})

describe('the host name of the dashboard', () => {
  it('serves the dashboard and the API', async () => {
    expect((await atDashboard('GET', '/.holo/')).status).toBe(200)
    expect((await operator.call('GET', '/whoami')).status).toBe(200)
    const { status, headers } = await atDashboard('GET', '/')
    expect([status, headers.location]).toEqual([302, '/.holo/'])
  })

  it('serves no version: no page, no file, no service, in whatever way it is asked for', async () => {
    const seen = edge.reached.length
    for (const [method, path] of [
      ['GET', '/index.html'],
      ['GET', '/api/x'],
      ['POST', '/'],
      ['POST', '/api/x'],
      ['GET', '/sw.js'],
      ['GET', '/.holo/version'],
      ['POST', '/.holo/tab'],
      ['GET', '/.holo/preview?leave=1'],
      ['GET', '/?holo-pin=v1'],
      ['GET', '/.holo/../index.html'],
    ] as const) {
      const { status, body } = await atDashboard(method, path)
      expect([path, status]).toEqual([path, path.startsWith('/?') ? 302 : 404])
      expect(body).not.toContain('<h1>')
    }
    expect(edge.reached.length).toBe(seen)
  })

  it('is told to whoever makes a link for signing in', async () => {
    const { body } = await edge.call('POST', `${API}/session/code`, { token: FIRST_TOKEN })
    expect(JSON.parse(body).host).toBe('holo.example.com')
  })
})

describe('a link to a preview that is made there', () => {
  it('leads to a host of the site, or begins with its path while no host is known', async () => {
    const json = { versions: ['v2'], path: '/a' }
    const make = async (call: AdminEdge['call']) => {
      const made = await call('POST', `${API}/previews`, { token: FIRST_TOKEN, json })
      return JSON.parse(made.body).link
    }
    expect(await make(atSite)).toMatch(/^https:\/\/shop\.example\.com\/a\?holo-preview=/)
    expect(await make(atDashboard)).toMatch(/^\/a\?holo-preview=/)
    const { body } = await atSite('GET', `${API}/environments`, { token: FIRST_TOKEN })
    const { revision } = JSON.parse(body)
    const changed = await atSite('PUT', `${API}/environments/canary`, {
      token: FIRST_TOKEN,
      json: { hosts: ['canary.example.com'] },
      headers: { 'if-match': `"${revision}"` },
    })
    expect(changed.status, changed.body).toBe(200)
    expect(await make(atDashboard)).toMatch(/^https:\/\/canary\.example\.com\/a\?holo-preview=/)
  })
})

describe('the setting', () => {
  it.each([
    ['', 'https://shop.example.com', 'anywhere'],
    [undefined, 'https://shop.example.com', 'anywhere'],
    ['holo.example.com', 'https://holo.example.com', 'dashboard'],
    ['Holo.Example.com', 'https://holo.example.com:8443', 'dashboard'],
    ['holo.example.com', 'https://holo.example.com.', 'dashboard'],
    ['holo.example.com', 'https://shop.example.com', 'site'],
    ['holo.example.com', 'https://a.holo.example.com', 'site'],
    ['holo.example.com', 'https://holo.example.com.evil.example', 'site'],
  ] as const)('%s makes of %s: %s', (setting, url, role) => {
    expect(toHostRole(readDashboardHost(setting), new URL(url))).toBe(role)
  })

  it('lets nobody sign in anywhere while it is no host name, and says so', () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
    for (const bad of [
      'https://holo.example.com',
      'holo.example.com/',
      '*.example.com',
      'a b',
      '.',
    ]) {
      const host = readDashboardHost(bad)
      for (const url of ['https://holo.example.com', 'https://shop.example.com']) {
        expect([bad, toHostRole(host, new URL(url))]).toEqual([bad, 'site'])
      }
    }
    expect(logged.mock.calls[0]?.[0]).toMatch(/^DASHBOARD_HOST must be a host name/)
    logged.mockRestore()
  })
})
