// Headers, cookies and queries that claim something at the edge itself. They are served as if they were
// absent: the visitor gets what everybody gets, and the backend hears nothing of the claim.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { ask, DOCUMENT } from '../support/http-client.ts'

let edge: AdminEdge
beforeAll(async () => {
  edge = await startAdminEdge()
})
afterAll(() => edge.stop())

/** `v3` belongs to a restricted environment, and was never open. */
const PINS = [
  'v3',
  'v3@secret',
  'v3@main',
  'v9',
  'v9@main',
  'V3@secret',
  'v3@secret@main',
  '../v3',
  'v3%00',
  '__proto__',
  'constructor@main',
  '@secret',
  'v3@',
  '"v3"',
  'v3, v3',
  'x'.repeat(5000),
]

const CLAIMS: readonly Record<string, string>[] = [
  { 'holo-version': 'v3' },
  { 'holo-environment': 'secret' },
  { 'holo-bucket': '9999' },
  { 'holo-visitor': 'somebody-else' },
  { 'holo-grants': 'secret' },
  { 'holo-grant': 'secret', 'holo-identity': 'admin' },
  { 'holo-preview': 'v3' },
  { 'Holo-Preview': 'eyJ2ZXJzaW9uIjoidjMifQ.c2lnbmF0dXJl' },
  { 'holo-rollout': 'canary=100' },
  { 'holo-flags': '{"environment":"secret"}' },
  { cookie: 'holo-preview=v3; holo-environment=secret; holo-grants=secret' },
  { authorization: `Bearer ${FIRST_TOKEN}` },
  { 'x-forwarded-host': 'secret.example.com', forwarded: 'host=secret.example.com' },
  { 'cf-access-authenticated-user-email': 'admin@example.com' },
  { 'cf-ipcountry': 'CH', 'cf-worker': 'holo' },
]

async function expectAsIfAbsent(path: string, headers: Record<string, string>) {
  const query = path.slice(1)
  if (query !== '') {
    const asked = await ask(edge.url, path, { headers: { ...DOCUMENT, ...headers } })
    expect([asked.status, asked.headers.location]).toEqual([307, '/'])
  }
  const page = await ask(edge.url, '/', { headers: { ...DOCUMENT, ...headers } })
  expect([page.status, page.body]).toEqual([200, '<h1>v1</h1>'])
  expect(page.headers['holo-environment']).toBe('main')
  const api = await ask(edge.url, `/api/x${query}`, { headers })
  expect(api.headers).toMatchObject({ 'holo-version': 'v1', 'holo-environment': 'main' })
  const received = JSON.parse(api.body).headers
  expect(received).toMatchObject({ 'holo-version': 'v1', 'holo-environment': 'main' })
  const holo = Object.keys(received).filter((name) => name.startsWith('holo-'))
  // The request is nobody's, and says so: a forged visitor is not passed on.
  expect(holo.sort()).toEqual(['holo-environment', 'holo-version'])
  expect(received['x-forwarded-host']).not.toBe('secret.example.com')
  expect(received.cookie ?? '').not.toContain('holo-')
  expect(edge.reached.at(-1)).not.toContain('holo-')
}

describe('a forged pin', () => {
  it.each(PINS)('is as if absent in a header: %s', (pin) =>
    expectAsIfAbsent('/', { 'holo-pin': pin }),
  )
  it.each(PINS)('is as if absent in a query, and the page is led away from it: %s', (pin) =>
    expectAsIfAbsent(`/?holo-pin=${encodeURIComponent(pin)}`, {}),
  )
  it.each(PINS)('is as if absent in a cookie: %s', (pin) =>
    expectAsIfAbsent('/', { cookie: `holo-pin=${pin}` }),
  )
})

describe('a forged claim', () => {
  it.each(CLAIMS)('is as if absent: %j', (headers) => expectAsIfAbsent('/', headers))
})

describe('the paths of Holo', () => {
  it.each([
    '/.holo/api/traffic',
    '/.holo/api/../api/traffic',
    '/x/../.holo/api/traffic',
    '/%2eholo/api/traffic',
    '/.%68olo/api/traffic',
    '/.holo/%61pi/traffic',
    '/./.holo/api/traffic',
    '/.holo\\api\\traffic',
  ])('are Holo’s in every spelling, and never a backend’s: %s', async (path) => {
    const reached = edge.reached.length
    const answer = await ask(edge.url, path)
    expect([path, answer.status]).toEqual([path, 401])
    expect(edge.reached.length).toBe(reached)
  })

  it.each([
    '/.holo/x',
    '/.holo/index.html',
    '/.holo/api',
    '/.holo/api//traffic',
    '/.holo/api%2Ftraffic',
  ])('that are nothing are a 404 without a look for a file: %s', async (path) => {
    const answer = await ask(edge.url, path, { headers: DOCUMENT })
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([404, 'not_found'])
    expect(answer.headers).not.toHaveProperty('holo-version')
  })

  it('have the dashboard at their root, which is no file of the site', async () => {
    const page = await ask(edge.url, '/.holo/', { headers: DOCUMENT })
    expect(page.status).toBe(200)
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
    expect(page.headers).not.toHaveProperty('holo-version')
    expect(page.headers).not.toHaveProperty('set-cookie')
    const moved = await ask(edge.url, '/.holo', { headers: DOCUMENT })
    expect([moved.status, moved.headers.location]).toEqual([308, '/.holo/'])
  })

  it('open nothing beside them: what leads out of them is a path of the site', async () => {
    const answer = await ask(edge.url, '/.holo/../api/x')
    expect(JSON.parse(answer.body).headers).toBeDefined()
  })
})

describe('all of this', () => {
  it('has changed nothing', async () => {
    const { body } = await edge.call('GET', '/.holo/api/audit', { token: FIRST_TOKEN })
    expect(JSON.parse(body).rows).toHaveLength(1)
  })
})
