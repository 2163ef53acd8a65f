import { describe, expect, it } from 'vitest'
import { decide } from '../../src/core/decide.ts'
import { compileAssignments } from '../../src/document/compile.ts'
import { readFacts } from '../../src/http/facts.ts'
import { toKind } from '../../src/http/kind.ts'
import { finishReply } from '../../src/http/reply.ts'
import { exampleDocument } from '../support/document.ts'

const ASSIGNMENTS = compileAssignments(exampleDocument())
const EXPOSE = {
  expose: ASSIGNMENTS.expose.response,
  timing: [],
  mayBeHtml: false,
  isPinLost: false,
  isOwnFile: false,
}

const DOCUMENT = { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' }
const FOREIGN_FRAME = {
  'sec-fetch-dest': 'iframe',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-site': 'cross-site',
}
const PREFETCH = { ...DOCUMENT, 'sec-purpose': 'prefetch' }
const ID = 'AAAAAAAAAAAAAAAAAAAAAA'
const VISITOR = `__Host-holo-visitor=${ID}`
const FROM_WORKER = { 'sec-fetch-dest': 'empty', referer: 'https://shop.example.com/sw.js' }

type Asked = {
  readonly path?: string
  readonly base?: string
  readonly type?: string
  readonly vary?: string
  readonly caching?: string
  readonly isOwnFile?: boolean
  readonly mayBeHtml?: boolean
  readonly isPinLost?: boolean
  readonly embeddedCookies?: boolean
  readonly status?: number
}

/** The reply to a request that was decided, once Holo has put its headers on. */
function replyTo(
  headers: Record<string, string>,
  {
    path = '/',
    base = 'https://shop.example.com',
    type = 'text/html; charset=utf-8',
    vary,
    caching,
    isOwnFile = false,
    mayBeHtml = false,
    isPinLost = false,
    embeddedCookies = true,
    status = 200,
  }: Asked = {},
): Response {
  const request = new Request(new URL(path, base), { headers })
  const kind = toKind('GET', request.headers, new URL(request.url).pathname)
  const facts = readFacts(request, kind, {
    ...ASSIGNMENTS,
    embeddedCookies,
    withAttributes: false,
  })
  if (!facts) throw new Error('the path could not be read')
  const made = {
    ...(type === '' ? {} : { 'content-type': type }),
    ...(vary === undefined ? {} : { vary }),
    ...(caching === undefined ? {} : { 'cache-control': caching }),
  }
  const response = new Response(status === 304 ? null : '', { status, headers: made })
  finishReply(response, facts, decide(facts, ASSIGNMENTS), {
    ...EXPOSE,
    isOwnFile,
    mayBeHtml,
    isPinLost,
  })
  return response
}

/** Cookies that are set, the id and the version left out. */
const cookiesOf = (...asked: Parameters<typeof replyTo>) =>
  replyTo(...asked)
    .headers.getSetCookie()
    .map((line) => line.replace(/=[A-Za-z0-9_-]{22};/, '=ID;').replace(/=0\.0\.[35]@/, '=V@'))

const LASTING = 'Path=/; Max-Age=34560000; HttpOnly'

describe('the cookies of a first page', () => {
  it('are of this host alone over https, and have plain names over http', () => {
    const [visitor, pin] = cookiesOf(DOCUMENT)
    expect(visitor).toBe(`__Host-holo-visitor=ID; ${LASTING}; SameSite=Lax; Secure`)
    expect(pin).toMatch(
      /^__Host-holo-pin=V@(main|canary); Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    )
    const plain = cookiesOf(DOCUMENT, { base: 'http://localhost' })
    expect(plain[0]).toBe(`holo-visitor=ID; ${LASTING}; SameSite=Lax`)
    expect(plain[1]).toMatch(/^holo-pin=V@(main|canary); Path=\/; HttpOnly; SameSite=Lax$/)
  })

  it("are kept apart for each site in a frame of another site's page, and none over http", () => {
    const flags = 'HttpOnly; SameSite=None; Secure; Partitioned'
    expect(cookiesOf(FOREIGN_FRAME)).toEqual([
      `__Host-holo-embedded-visitor=ID; Path=/; Max-Age=34560000; ${flags}`,
      `__Host-holo-embedded-pin=V@main; Path=/; ${flags}`,
    ])
    expect(cookiesOf(FOREIGN_FRAME, { base: 'http://shop.example.com' })).toEqual([])
    expect(cookiesOf(FOREIGN_FRAME, { embeddedCookies: false })).toEqual([])
  })

  it('are made by a page that is fetched ahead', () => {
    expect(cookiesOf(PREFETCH).map((line) => line.split('=')[0])).toEqual([
      '__Host-holo-visitor',
      '__Host-holo-pin',
    ])
  })
})

describe('the cookies of a visitor who comes again', () => {
  it('replace those of the old names once, with the same id, and are not replaced again', () => {
    const old = `holo-visitor=${ID}; holo-pin=0.0.5@canary`
    const [visitor, pin, ...expired] = replyTo({ ...DOCUMENT, cookie: old }).headers.getSetCookie()
    expect(visitor).toMatch(new RegExp(`^__Host-holo-visitor=${ID}; `))
    expect(pin).toMatch(/^__Host-holo-pin=/)
    expect(expired.map((line) => line.split(';', 3).join(';'))).toEqual([
      'holo-visitor=; Path=/; Max-Age=0',
      'holo-pin=; Path=/; Max-Age=0',
    ])
    const next = `${old}; ${VISITOR}; ${pin?.split(';')[0]}`
    expect(cookiesOf({ ...DOCUMENT, cookie: next })).toEqual([])
  })

  it.each([
    ['a pin that is gone is made', VISITOR, ['__Host-holo-pin=V@main']],
    ['a pin that counts is left', `${VISITOR}; __Host-holo-pin=0.0.5@canary`, []],
    [
      'a pin that binds to nothing is made anew',
      `${VISITOR}; __Host-holo-pin=9.9.9@main`,
      ['__Host-holo-pin=V@main'],
    ],
  ])('by a page that is fetched ahead: %s', (_, cookie, pairs) => {
    const set = cookiesOf({ ...PREFETCH, cookie })
    expect(set.map((line) => line.replace(/canary/, 'main').split(';')[0])).toEqual(pairs)
  })

  it('stay where a page is fetched ahead for a link of this site that names another version', () => {
    const cookie = `${VISITOR}; __Host-holo-pin=0.0.3@main`
    const ahead = { ...PREFETCH, 'sec-fetch-site': 'same-origin', cookie }
    const reply = replyTo(ahead, { path: '/?holo-pin=0.0.5' })
    expect(reply.headers.get('holo-version')).toBe('0.0.5')
    expect(reply.headers.getSetCookie()).toEqual([])
  })
})

describe('a service worker', () => {
  const SCRIPT = { 'service-worker': 'script', 'sec-fetch-dest': 'serviceworker' }
  const script = { path: '/sw.js', type: 'text/javascript' }
  const KNOWN = `${VISITOR}; __Host-holo-workers=/sw.js`

  it('is remembered by the path of its script, and by no more than four', () => {
    expect(cookiesOf({ ...SCRIPT, cookie: VISITOR }, script)).toEqual([
      `__Host-holo-workers=/sw.js; ${LASTING}; SameSite=Lax; Secure`,
    ])
    expect(cookiesOf({ ...SCRIPT, cookie: KNOWN }, script)).toEqual([])
    const cookie = `${VISITOR}; __Host-holo-workers=/a.js|/b.js|/c.js|/d.js`
    expect(cookiesOf({ ...SCRIPT, cookie }, script)[0]).toMatch(/=\/sw.js\|\/a.js\|\/b.js\|\/c.js;/)
    const odd = { ...script, path: '/a|b;c,d.js' }
    expect(cookiesOf({ ...SCRIPT, cookie: VISITOR }, odd)).toEqual([])
  })

  it.each([
    ['its script', { ...SCRIPT, cookie: VISITOR }, script],
    ['the page for its cache', { ...FROM_WORKER, cookie: KNOWN }, {}],
  ])('has a cookie on %s, which no shared cache may then keep', (_, headers, asked) => {
    const caching = 'public, max-age=60'
    const first = replyTo(headers, { ...asked, caching })
    expect(first.headers.getSetCookie()).toHaveLength(1)
    expect(first.headers.get('cache-control')).toBe('private, max-age=60')
    const told = first.headers.getSetCookie()[0]?.split(';')[0]
    const again = replyTo(
      { ...headers, cookie: `${headers.cookie}; ${told}` },
      { ...asked, caching },
    )
    expect(again.headers.getSetCookie()).toEqual([])
    expect(again.headers.get('cache-control')).toBe(caching)
  })

  const PINNED = `${KNOWN}; __Host-holo-pin=0.0.3@canary`
  it.each([
    ['its script', SCRIPT, '/sw.js'],
    ['what it fetches by itself', FROM_WORKER, '/config.json'],
    ["what Angular's worker fetches for its cache", {}, '/config.json?ngsw-cache-bust=0.5'],
  ])('does not follow the pin of the page: %s', (_, headers, path) => {
    const get = (more: object) =>
      replyTo({ ...headers, cookie: PINNED, ...more }, { path, type: 'text/plain' })
    const bound = replyTo(
      { 'sec-fetch-dest': 'empty', cookie: `${PINNED.replace('0.0.3', '0.0.5')}` },
      { path: '/other.json', type: 'application/json' },
    )
    // The bucket of this visitor is in main, and the pin says canary.
    expect(get({}).headers.get('holo-environment')).toBe('main')
    expect(bound.headers.get('holo-environment')).toBe('canary')
  })

  it('binds the API to the page that it fetches for its cache, and to nothing else that it fetches', () => {
    const cookie = `${KNOWN}; __Host-holo-pin=0.0.5@canary`
    const page = cookiesOf({ ...FROM_WORKER, cookie })
    expect(page[0]).toMatch(/^__Host-holo-pin=V@main;/)
    expect(cookiesOf({ ...FROM_WORKER, cookie }, { path: '/a.json', type: 'text/plain' })).toEqual(
      [],
    )
  })
})

describe('a service worker whose page is the same in both versions', () => {
  const cookie = `${VISITOR}; __Host-holo-pin=0.0.5@canary`
  const of = (query: string) => ({ path: `/app.js${query}`, type: 'text/javascript' })

  const PAST_CACHE = { 'cache-control': 'no-cache', pragma: 'no-cache' }
  it.each([
    ['Workbox fetches for its cache', '/sw.js', PAST_CACHE],
    ["Angular's worker fetches", '/ngsw-worker.js', {}],
  ])('binds the API to the files that %s, and to no answer of a service', (_, script, mode) => {
    const known = `${cookie}; __Host-holo-workers=/ngsw-worker.js|/sw.js`
    const from = (referrer: string) => ({
      cookie: known,
      'sec-fetch-dest': 'empty',
      referer: `https://shop.example.com${referrer}`,
      ...mode,
    })
    const own = { ...of(''), isOwnFile: true }
    expect(cookiesOf(from(script), own)[0]).toMatch(/^__Host-holo-pin=V@main;/)
    expect(cookiesOf(from(script), of(''))).toEqual([])
    expect(cookiesOf(from('/'), own)).toEqual([])
    expect(cookiesOf({ ...from(script), cookie: '' }, own)).toEqual([])
    const poll = { ...own, path: '/ngsw.json?ngsw-cache-bust=0.5' }
    expect(cookiesOf(from(script), poll)).toEqual([])
  })

  it('leaves the API to the page for what another worker fetches by itself', () => {
    const known = `${cookie}; __Host-holo-workers=/sw.js`
    expect(cookiesOf({ ...FROM_WORKER, cookie: known }, { ...of(''), isOwnFile: true })).toEqual([])
  })
})

describe('a page in the cache of a browser', () => {
  const NO_TYPE = { status: 304, type: '' }

  it('is one of the cookies that it was asked for with', () => {
    expect(replyTo(DOCUMENT).headers.get('vary')).toBe('Cookie')
    expect(replyTo(PREFETCH).headers.get('vary')).toBe('Cookie')
    for (const vary of ['X-Cookie-Consent', 'Accept, Cookie-Consent']) {
      expect(replyTo(DOCUMENT, { vary }).headers.get('vary')).toBe(`${vary}, Cookie`)
    }
    for (const vary of ['*', 'Accept, cookie']) {
      expect(replyTo(DOCUMENT, { vary }).headers.get('vary')).toBe(vary)
    }
    const script = { path: '/app.js', type: 'text/javascript' }
    expect(replyTo({ 'sec-fetch-dest': 'script' }, script).headers.has('vary')).toBe(false)
  })

  it.each([
    ['a page that a script fetches', { type: 'text/html' }, true],
    ['a page of XHTML that a script fetches', { type: 'application/xhtml+xml' }, true],
    ['what a backend says of a page that it sent before', { ...NO_TYPE, mayBeHtml: true }, true],
    ['what is said of a file', { ...NO_TYPE }, false],
    ['data', { type: 'application/json', mayBeHtml: true }, false],
  ])('is that also for %s', (_, asked, varies) => {
    const { headers } = replyTo({ 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' }, asked)
    expect(headers.get('vary')).toBe(varies ? 'Cookie' : null)
  })
})

describe('after a withdrawal', () => {
  const CLEARED = '"prefetchCache", "prerenderCache"'
  const clearing = (...asked: Parameters<typeof replyTo>) =>
    replyTo(...asked).headers.get('clear-site-data')
  const CALL = { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' }
  const data = { path: '/api/x', type: 'application/json' }

  it('a page tells the browser to drop what it has fetched ahead, and so does a reply to a tab', () => {
    expect(clearing(DOCUMENT, { isPinLost: true })).toBe(CLEARED)
    expect(clearing({ ...CALL, 'holo-pin': '9.9.9@main' }, data)).toBe(CLEARED)
  })

  it('nothing else does', () => {
    expect(clearing(DOCUMENT)).toBeNull()
    expect(clearing(DOCUMENT, { isPinLost: true, base: 'http://shop.example.com' })).toBeNull()
    expect(clearing({ ...CALL, 'holo-pin': '0.0.3@main' }, data)).toBeNull()
    expect(clearing({ ...CALL, cookie: '__Host-holo-pin=9.9.9@main' }, data)).toBeNull()
  })
})
