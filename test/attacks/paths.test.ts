import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Echo, startEcho } from './echo.ts'
import { ATTACKS } from './paths.ts'
import { askRaw, headerOf, type RawAnswer } from './raw-socket.ts'
import { type Site, startSite, type Told } from './site.ts'

let site: Site
let echo: Echo
beforeAll(async () => {
  const started = await Promise.all([startSite(), startEcho()])
  site = started[0]
  echo = started[1]
})
afterAll(() => Promise.all([site.stop(), echo.stop()]))

let atStart: ReadonlyMap<string, number>
beforeEach(() => {
  atStart = new Map([...site.backends].map(([name, { received }]) => [name, received.length]))
})

/** Names of the backends that this test's requests have reached. */
function reached(): string[] {
  return [...site.backends]
    .filter(([name, { received }]) => received.length > (atStart.get(name) ?? 0))
    .map(([name]) => name)
}

/** What an answer is, in the words of the table. */
function toOutcome(answer: RawAnswer): string {
  const { status, body } = answer
  const type = headerOf(answer, 'content-type')
  if (type === 'application/json') {
    const { backend, url } = JSON.parse(body) as Told
    return `${backend.replace(/^v1 /, '')} ${url}`
  }
  if (type === 'application/problem+json') {
    const { code } = JSON.parse(body) as { code: string }
    return code === 'bad_path' ? 'refused' : code
  }
  if (status === 200 && body.includes('<title>Holo</title>')) return 'dashboard'
  // Holo says on every other answer which version it is of.
  if (!headerOf(answer, 'holo-version')) return 'platform'
  return status === 200 ? `file ${body}` : `${status} ${headerOf(answer, 'location')}`
}

/** Each with a short name in front. */
const attacks = ATTACKS.map(
  ([target, outcome, arrives = target]) =>
    [JSON.stringify(target.slice(0, 50)), target, outcome, arrives] as const,
)
const forwarded = attacks.filter(([, , outcome]) => /^(v2 )?(pages|api|staff) /.test(outcome))
const NAVIGATION = ['Sec-Fetch-Dest: document', 'Sec-Fetch-Mode: navigate']
const LEADS_TO_THIS_SITE = /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/

describe('a hostile path', () => {
  it.each(attacks)('arrives as it was sent: %s', async (_, target, outcome, arrives) => {
    const { status, body } = await askRaw(echo.url, target)
    if (outcome === 'platform') expect([400, 414]).toContain(status)
    else expect(body).toBe(`http://shop.example${arrives}`)
  })

  it.each(attacks)('is answered as its one reading says: %s', async (_, target, outcome) => {
    const answer = await askRaw(site.url, target)
    expect(toOutcome(answer)).toBe(outcome)
    expect(answer.status).toBeLessThan(500)
    const isTold = headerOf(answer, 'content-type') === 'application/json'
    expect(reached()).toEqual(isTold ? [JSON.parse(answer.body).backend] : [])
  })

  it.each(forwarded)('reaches the same service with a body: %s', async (_, target, outcome) => {
    const answer = await askRaw(site.url, target, { method: 'POST', body: 'x=1' })
    expect(toOutcome(answer)).toBe(outcome)
    expect(JSON.parse(answer.body)).toMatchObject({ method: 'POST', body: 'x=1' })
  })

  it.each(forwarded)('is forwarded in a form that stays as it is: %s', async (_, __, outcome) => {
    const [, backend = '', path = ''] = /^((?:v2 )?\w+) (.*)$/.exec(outcome) ?? []
    const lines = backend.startsWith('v2 ') ? ['Holo-Pin: v2'] : []
    // The first pin has been used up; one behind a `?` of its own is no pin.
    expect(toOutcome(await askRaw(site.url, path, { lines }))).toBe(outcome)
  })

  it.each(attacks)('leads nobody astray on a site of files: %s', async (_, target) => {
    for (const lines of [[], NAVIGATION]) {
      const answer = await askRaw(site.url, target, { host: 'files.example', lines })
      expect(answer.status).toBeLessThan(500)
      expect(answer.body).not.toMatch(/v3/)
      const location = headerOf(answer, 'location')
      if (location !== undefined) expect(location).toMatch(LEADS_TO_THIS_SITE)
    }
    // A tab may be pinned to version 2, which is open.
    expect(reached().filter((name) => !name.startsWith('v2 '))).toEqual([])
  })
})

describe('a redirect', () => {
  it('is what these would get if they led anywhere', async () => {
    const answer = await askRaw(site.url, '/docs?a=1&holo-pin=v2')
    expect(answer.status).toBe(307)
    expect(headerOf(answer, 'location')).toBe('/docs/?a=1')
  })

  it.each([
    '/evil.example',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '/\\\\evil.example',
    '/%5cevil.example',
    '/%5Cevil.example/index',
    '/%2fevil.example',
    '/%2f%2fevil.example',
    '/%09/evil.example',
    '/.//evil.example',
    '/%2e//evil.example',
    '/x/..//evil.example',
    '/x/%2e%2e//evil.example',
    '//evil.example/index.html',
    '//evil.example/index',
    '/;//evil.example',
    '//evil.example?holo-pin=//evil.example',
    '/evil.example?holo-pin=v1&//evil.example',
    '//user@evil.example',
    '//docs',
    '//docs/index.html',
  ])('from %j stays on the site', async (target) => {
    for (const host of ['files.example', 'shop.example']) {
      const answer = await askRaw(site.url, target, { host, lines: NAVIGATION })
      const location = headerOf(answer, 'location')
      if (location !== undefined) expect(location).toMatch(LEADS_TO_THIS_SITE)
      else expect(answer.status).toBeLessThan(500)
    }
  })
})

describe('OPTIONS *', () => {
  it('is answered for the server, and no backend hears of it', async () => {
    for (const host of ['shop.example', 'shop.example:8443', 'files.example', 'secret.example']) {
      const answer = await askRaw(site.url, '*', { method: 'OPTIONS', host })
      expect([answer.status, headerOf(answer, 'allow')]).toEqual([
        204,
        'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
      ])
      expect(headerOf(answer, 'holo-version')).toBeUndefined()
    }
    expect(reached()).toEqual([])
  })

  it.each(['shop.example/api', 'a, b', 'shop.example?x'])(
    'is a 400 of the host %s',
    async (host) => {
      const answer = await askRaw(site.url, '*', { method: 'OPTIONS', host })
      expect(toOutcome(answer)).toBe('refused')
      expect(reached()).toEqual([])
    },
  )
})

describe('a host that is none', () => {
  it.each([
    ['with a path', 'shop.example/api/staff/x', 'shop.example/api/staff/x/api/list'],
    ['with a query', 'shop.example?a', 'shop.example?a/api/list'],
    ['with a fragment', 'shop.example#a', 'shop.example#a/api/list'],
    ['with a user', 'secret.example@shop.example', 'secret.example@shop.example/api/list'],
    ['with a backslash', 'shop.example\\api\\staff', 'shop.example\\api\\staff/api/list'],
    ['with a space', 'shop example', 'shop example/api/list'],
    ['with a port out of range', 'shop.example:99999', 'shop.example:99999/api/list'],
    ['with half a bracket', '[::1', '[::1/api/list'],
    ['with an escape', 'shop.example%00', 'shop.example%00/api/list'],
    ['twice on one line', 'shop.example, evil.example', 'shop.example, evil.example/api/list'],
    ['on two lines', 'shop.example\r\nHost: evil.example', 'shop.example, evil.example/api/list'],
  ])('is refused: %s', async (_, host, arrives) => {
    expect((await askRaw(echo.url, '/api/list', { host })).body).toBe(`http://${arrives}`)
    const answer = await askRaw(site.url, '/api/list', { host })
    expect(answer.status).toBe(400)
    expect(toOutcome(answer)).toBe('refused')
    expect(reached()).toEqual([])
  })

  it.each(['shop.example', 'SHOP.example.', 'shop.example:8443', '127.0.0.1', '[::1]:80', 'a_b'])(
    'is not what %s is',
    async (host) => {
      expect(toOutcome(await askRaw(site.url, '/api/list', { host }))).toBe('api /api/list')
    },
  )
})
