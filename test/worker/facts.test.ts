import { describe, expect, it } from 'vitest'
import { parseCookies } from '../../src/http/cookies.ts'
import { isCrawler } from '../../src/http/crawlers.ts'
import { type FactsOptions, readFacts } from '../../src/http/facts.ts'
import { toKind } from '../../src/http/kind.ts'
import { splitQuery } from '../../src/http/query.ts'

const PLAIN: FactsOptions = {
  visitor: undefined,
  salt: 'shop',
  polled: new Set(),
  embeddedCookies: true,
  withAttributes: false,
}

type Asked = { readonly method?: string; readonly url?: string; readonly base?: string }

function factsOf(
  headers: Record<string, string>,
  options: Partial<FactsOptions> = {},
  { method = 'GET', url = '/', base = 'https://Shop.example.com:8443' }: Asked = {},
) {
  const request = new Request(new URL(url, base), { method, headers })
  const kind = toKind(method, request.headers, new URL(request.url).pathname)
  const facts = readFacts(request, kind, { ...PLAIN, ...options })
  if (!facts) throw new Error('the path could not be read')
  return facts
}

const DOCUMENT = { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' }
const FRAME = { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' }
const FOREIGN_FRAME = { ...FRAME, 'sec-fetch-site': 'cross-site' }
const CALL = { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' }
/** A navigation as a service worker passes it on, in Chromium. */
const BY_WORKER = {
  'sec-fetch-dest': 'empty',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-site': 'same-origin',
}
const ID = 'AAAAAAAAAAAAAAAAAAAAAA'

describe('what a request is to its page', () => {
  type Row = readonly [string, string, Record<string, string>, string, string?]
  const rows: Row[] = [
    ['a page that is opened', 'GET', DOCUMENT, 'document'],
    ['a page without fetch metadata', 'GET', { accept: 'text/html,*/*' }, 'document'],
    ['a page that a service worker passes on', 'GET', BY_WORKER, 'document'],
    ['a page at the address of a script', 'GET', DOCUMENT, 'document', '/blob/main.js'],
    ['a form post', 'POST', DOCUMENT, 'navigation'],
    ['a form post without fetch metadata', 'POST', { accept: 'text/html' }, 'navigation'],
    ['a HEAD of a page', 'HEAD', DOCUMENT, 'navigation'],
    ['a frame', 'GET', FRAME, 'navigation'],
    ['an embedded object', 'GET', { ...FRAME, 'sec-fetch-dest': 'object' }, 'navigation'],
    ['a prefetch', 'GET', { ...DOCUMENT, 'sec-purpose': 'prefetch' }, 'navigation'],
    ['a prerender', 'GET', { ...DOCUMENT, 'sec-purpose': 'prefetch;prerender' }, 'navigation'],
    ['an old prefetch', 'GET', { purpose: 'prefetch', accept: 'text/html' }, 'navigation'],
    ['a script', 'GET', { 'sec-fetch-dest': 'script', 'sec-fetch-mode': 'cors' }, 'subresource'],
    ['a fetch that accepts HTML', 'GET', { ...CALL, accept: 'text/html' }, 'subresource'],
    ['a fetch of axios', 'GET', { accept: 'application/json, text/plain, */*' }, 'subresource'],
    ['an image over http', 'GET', { accept: 'image/avif,image/webp,*/*;q=0.8' }, 'subresource'],
    ['a stylesheet over http', 'GET', { accept: 'text/css,*/*;q=0.1' }, 'subresource'],
    ['who refuses HTML', 'GET', { accept: 'text/html;q=0, */*' }, 'subresource'],
    ['a missing script for curl', 'GET', { accept: '*/*' }, 'subresource', '/assets/x.js'],
    ['a missing script in capitals', 'HEAD', {}, 'subresource', '/ASSETS/X.MJS'],
    ['robots.txt', 'GET', { accept: '*/*' }, 'subresource', '/robots.txt'],
    ['a name that programs know', 'GET', {}, 'subresource', '/.well-known/assetlinks'],
    ['curl at a page', 'GET', { accept: '*/*' }, 'unknown', '/product/7'],
    ['a client that says nothing', 'GET', {}, 'unknown', '/product/7'],
    ['a link preview with a range', 'GET', { range: 'bytes=0-99' }, 'unknown', '/product/7'],
    ['a monitor', 'HEAD', { accept: '*/*' }, 'unknown', '/product/7'],
    ['a route with a dot', 'GET', { accept: '*/*' }, 'unknown', '/user/john.doe'],
    ['a dot in a folder', 'GET', {}, 'unknown', '/v1.js/page'],
    ['any text', 'GET', { accept: 'text/*' }, 'unknown', '/product/7'],
  ]
  for (const [what, method, headers, kind, path = '/'] of rows) {
    it(`knows ${what}`, () => expect(toKind(method, new Headers(headers), path)).toBe(kind))
  }
})

describe('the visitor', () => {
  const jwt = (claims: unknown) => `e30.${btoa(JSON.stringify(claims)).replace(/=+$/, '')}.sig`

  it('gets a new id of 128 bits, different each time', () => {
    const ids = new Set(Array.from({ length: 100 }, () => factsOf(DOCUMENT).visitor))
    expect(ids.size).toBe(100)
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/)
  })

  it('keeps the id of its cookie', () => {
    const facts = factsOf({ cookie: `a=1; __Host-holo-visitor=${ID}` })
    expect(facts).toMatchObject({ visitor: ID, minted: false, anonymous: false })
  })

  it.each(['', 'short', 'A'.repeat(23), 'AAAAAAAAAAAAAAAAAAAAA!'])(
    'gets a new id for the cookie "%s", which Holo never wrote',
    (id) => {
      const facts = factsOf({ ...DOCUMENT, cookie: `__Host-holo-visitor=${id}` })
      expect(facts).toMatchObject({ minted: true })
    },
  )

  it.each([
    ['a header', { 'x-user': 'u-7' }, { header: 'x-user' }],
    ['a cookie', { cookie: 'uid=u-7' }, { cookie: 'uid' }],
    [
      'a JWT in a header',
      { authorization: `Bearer ${jwt({ sub: 'u-7' })}` },
      { jwt: { header: 'authorization', claim: 'sub' } },
    ],
    [
      'a JWT in a cookie',
      { cookie: `session=${jwt({ sub: 'u-7' })}` },
      { jwt: { cookie: 'session', claim: 'sub' } },
    ],
  ])('is who %s says', (_, headers, visitor) => {
    expect(factsOf(headers, { visitor })).toMatchObject({ visitor: 'u-7', minted: false })
  })

  it('keeps the bucket of a browser that logs in, unless the identity is to decide', () => {
    const source = { header: 'x-user' }
    const cookie = `__Host-holo-visitor=${ID}`
    const of = (headers: Record<string, string>, visitor: FactsOptions['visitor']) => {
      const { visitor: id, bucketId } = factsOf(headers, { visitor })
      return [id, bucketId]
    }
    expect(of({ 'x-user': 'u-7', cookie }, source)).toEqual(['u-7', ID])
    expect(of({ 'x-user': 'u-7', cookie }, { ...source, overCookie: true })).toEqual([
      'u-7',
      undefined,
    ])
    expect(of({ 'x-user': 'u-7' }, source)).toEqual(['u-7', undefined])
    expect(of({ cookie }, source)).toEqual([ID, undefined])
    expect(of({ 'x-user': 'u-7', cookie: '__Host-holo-visitor=forged' }, source)).toEqual([
      'u-7',
      undefined,
    ])
  })

  it('may be a number in a claim', () => {
    const headers = { authorization: `Bearer ${jwt({ sub: 7 })}` }
    const visitor = { jwt: { header: 'authorization', claim: 'sub' } }
    expect(factsOf(headers, { visitor }).visitor).toBe('7')
  })

  it.each([
    ['is absent', {}],
    ['is no JWT', { authorization: 'Bearer nonsense' }],
    ['has a broken payload', { authorization: 'Bearer a.!!!.c' }],
    ['lacks the claim', { authorization: `Bearer ${jwt({ name: 'x' })}` }],
    ['inherits the claim', { authorization: `Bearer ${jwt({})}` }, 'toString'],
    ['has an object for a claim', { authorization: `Bearer ${jwt({ sub: {} })}` }],
    ['has an endless claim', { authorization: `Bearer ${jwt({ sub: 'x'.repeat(300) })}` }],
    ['has a line break in a claim', { authorization: `Bearer ${jwt({ sub: 'a\nb' })}` }],
    ['has a NUL in a claim', { authorization: `Bearer ${jwt({ sub: 'a\0b' })}` }],
  ])(
    "has Holo's own id where the configured one %s",
    (_, headers: Record<string, string>, claim = 'sub') => {
      const visitor = { jwt: { header: 'authorization', claim } }
      expect(factsOf({ ...DOCUMENT, ...headers }, { visitor })).toMatchObject({ minted: true })
    },
  )
})

describe('a request without an identity', () => {
  it.each([
    [
      'a script of another site',
      { 'sec-fetch-dest': 'script', 'sec-fetch-site': 'cross-site' },
      {},
    ],
    ['a call', CALL, {}],
    ['curl', { accept: '*/*', 'user-agent': 'curl/8.5.0' }, {}],
    ['a client that says nothing', {}, {}],
    ['a monitor that opens a page', { ...DOCUMENT, 'user-agent': 'UptimeRobot/2.0' }, {}],
    ['a HEAD', DOCUMENT, { method: 'HEAD' }],
    [
      'a form that another site posts, which brings no Lax cookies',
      { ...DOCUMENT, 'sec-fetch-site': 'cross-site' },
      { method: 'POST' },
    ],
    ['a frame of another site over http', FOREIGN_FRAME, { base: 'http://shop.example.com' }],
  ] as const)('is nobody: %s', (_, headers, asked) => {
    const facts = factsOf(headers, {}, asked)
    expect(facts).toMatchObject({ anonymous: true, minted: false, visitorToKeep: undefined })
    // No dice: the same for all, so that a rule of percentages says the same to all of them, too.
    expect(factsOf(headers, {}, asked).visitor).toBe(facts.visitor)
  })

  it.each([
    ['a frame of another site', FOREIGN_FRAME],
    ['a frame', FRAME],
    ['a prefetch', { ...DOCUMENT, 'sec-purpose': 'prefetch' }],
    ['a prerender', { ...DOCUMENT, 'sec-purpose': 'prefetch;prerender' }],
    ['a page opened from this site', { ...DOCUMENT, 'sec-fetch-site': 'same-origin' }],
  ])('is nobody yet, and gets an id to keep: %s', (_, headers) => {
    const facts = factsOf(headers)
    expect(facts).toMatchObject({ anonymous: true, minted: false })
    expect(facts.visitorToKeep).toMatch(/^[A-Za-z0-9_-]{22}$/)
  })

  it.each([
    ['a typed address', { ...DOCUMENT, 'sec-fetch-site': 'none' }],
    ['a link from elsewhere', { ...DOCUMENT, 'sec-fetch-site': 'cross-site' }],
    ['a browser without fetch metadata', { accept: 'text/html' }],
    ['a browser without a window', { ...DOCUMENT, 'user-agent': 'Mozilla/5.0 HeadlessChrome/1' }],
    [
      'a visitor whose other cookie was kept',
      { ...DOCUMENT, 'sec-fetch-site': 'same-origin', cookie: '__Host-holo-pin=1@main' },
    ],
  ])('is a new visitor: %s', (_, headers) => {
    const facts = factsOf(headers)
    expect(facts).toMatchObject({ anonymous: false, minted: true, visitorToKeep: facts.visitor })
  })

  describe('where clients are told apart by addresses', () => {
    const options = { visitor: { address: true } } as const
    const from = (ip: string, headers: Record<string, string> = {}) =>
      factsOf({ 'cf-connecting-ip': ip, ...headers }, options)

    it('is that of its address, which the id does not show', () => {
      const facts = from('192.0.2.7')
      expect(facts).toMatchObject({ anonymous: false, minted: false })
      expect(facts.visitor).not.toContain('192')
      expect(from('192.0.2.7', CALL).visitor).toBe(facts.visitor)
      expect(from('192.0.2.8').visitor).not.toBe(facts.visitor)
      const salt = factsOf({ 'cf-connecting-ip': '192.0.2.7' }, { ...options, salt: 'other' })
      expect(salt.visitor).not.toBe(facts.visitor)
    })

    it('is one client for a whole /64 of IPv6', () => {
      expect(from('2001:db8::1').visitor).toBe(from('2001:db8::ffff').visitor)
    })

    it('is still a visitor of its own where it brings a cookie or opens a first page', () => {
      expect(from('192.0.2.7', { cookie: `__Host-holo-visitor=${ID}` }).visitor).toBe(ID)
      expect(from('192.0.2.7', DOCUMENT).minted).toBe(true)
    })

    it('stands behind the identity that the team configures', () => {
      const visitor = { header: 'x-client', address: true } as const
      const headers = { 'cf-connecting-ip': '192.0.2.7' }
      expect(factsOf({ ...headers, 'x-client': 'c-1' }, { visitor }).visitor).toBe('c-1')
      expect(factsOf(headers, { visitor }).visitor).toMatch(/^address-/)
    })
  })
})

describe("Holo's own cookies over https", () => {
  const OLD = `holo-visitor=${ID}; holo-pin=3@main`
  const NEW_ID = 'BBBBBBBBBBBBBBBBBBBBBB'

  it('are read by their old names where there is none with the prefix, to be replaced', () => {
    const call = factsOf({ ...CALL, cookie: OLD })
    expect(call).toMatchObject({ visitor: ID, pin: { source: 'cookie' } })
    const page = factsOf({ ...DOCUMENT, cookie: OLD })
    expect(page).toMatchObject({ visitor: ID, minted: false, visitorToKeep: ID })
  })

  it.each([
    ['a visitor', `__Host-holo-visitor=${NEW_ID}`],
    ['a pin', '__Host-holo-pin=1@main'],
    ['those of a frame', `__Host-holo-embedded-visitor=${NEW_ID}`],
  ])('hide the old names once there is %s', (_, cookie) => {
    const facts = factsOf({ ...CALL, cookie: `${OLD}; ${cookie}` })
    expect(facts.visitor).not.toBe(ID)
    expect(facts.pin?.claim.version).not.toBe('3')
  })

  it('bind no page that is opened, fetched ahead or framed by an old pin, which a sibling can set', () => {
    const prefetch = { ...DOCUMENT, 'sec-purpose': 'prefetch' }
    for (const headers of [DOCUMENT, FRAME, prefetch]) {
      expect(factsOf({ ...headers, cookie: OLD }).pin).toBeUndefined()
    }
  })

  it('are not read out of the value of another cookie, which a sibling can set', () => {
    const cookie = 'theme=1, __Host-holo-pin=3@main; __Host-holo-pin=1@main'
    expect(factsOf({ ...CALL, cookie }).pin?.claim.version).toBe('1')
    const alone = `theme=1, __Host-holo-visitor=${ID}, __Host-holo-pin=3@main`
    expect(factsOf({ ...CALL, cookie: alone })).toMatchObject({ anonymous: true, pin: undefined })
  })

  it("of which that of service workers was never plain, so that a plain one is a sibling domain's", () => {
    const asked = { ...CALL, referer: 'https://Shop.example.com:8443/page.js' }
    const known = (cookie: string) => factsOf({ ...asked, cookie }).watch
    expect(known('__Host-holo-workers=/page.js')).toBe('cache')
    expect(known('holo-workers=/page.js')).toBeUndefined()
    expect(known(`holo-workers=/page.js; ${OLD}`)).toBeUndefined()
  })

  it('have plain names over http, where the prefix says nothing', () => {
    const http = { base: 'http://localhost:8787' }
    expect(factsOf({ ...CALL, cookie: OLD }, {}, http).visitor).toBe(ID)
    const cookie = `__Host-holo-visitor=${ID}`
    expect(factsOf({ ...CALL, cookie }, {}, http).anonymous).toBe(true)
  })

  it('neither count nor are set in frames of other sites where the document says so', () => {
    const cookie = `__Host-holo-embedded-pin=3@main; __Host-holo-embedded-visitor=${ID}`
    const off = { embeddedCookies: false }
    const framed = { ...FRAME, 'sec-fetch-site': 'cross-site' }
    for (const headers of [framed, { ...framed, cookie }, { ...CALL, cookie }]) {
      expect(factsOf(headers, off)).toMatchObject({ anonymous: true, visitorToKeep: undefined })
      expect(factsOf(headers, off).pin).toBeUndefined()
    }
    const page = `__Host-holo-visitor=${ID}; __Host-holo-pin=1@main`
    expect(factsOf({ ...CALL, cookie: `${cookie}; ${page}` }, off)).toMatchObject({
      visitor: ID,
      pin: { claim: { version: '1' } },
    })
  })

  it('are those of the page where a page of ours has a frame of ours', () => {
    const cookie = `__Host-holo-embedded-pin=3@main; __Host-holo-visitor=${ID}; __Host-holo-pin=1@main`
    expect(factsOf({ ...CALL, cookie }).pin?.claim.version).toBe('1')
  })
})

describe('the pin', () => {
  const pinOf = (headers: Record<string, string>, url = '/') =>
    factsOf({ ...CALL, ...headers }, {}, { url }).pin

  it('is taken from the header before the query before the cookie', () => {
    const cookie = '__Host-holo-pin=3@main'
    expect(pinOf({ cookie })).toEqual({
      source: 'cookie',
      claim: { version: '3', environment: 'main' },
    })
    expect(pinOf({ cookie }, '/?holo-pin=2')?.source).toBe('query')
    expect(pinOf({ cookie, 'holo-pin': '1@qa' }, '/?holo-pin=2')).toEqual({
      source: 'header',
      claim: { version: '1', environment: 'qa' },
    })
  })

  it.each([
    ['a link of a stranger', { 'sec-fetch-site': 'cross-site' }],
    ['a link of a sibling domain', { 'sec-fetch-site': 'same-site' }],
    ['a typed address or a bookmark', { 'sec-fetch-site': 'none' }],
    ['whoever sends no fetch metadata', {}],
  ])('in the address of a page or a frame is not taken from %s', (_, site) => {
    const cookie = '__Host-holo-pin=3@main; __Host-holo-embedded-pin=3@main'
    const url = '/?holo-pin=2'
    for (const headers of [FRAME, { ...DOCUMENT, 'sec-purpose': 'prefetch' }]) {
      expect(factsOf({ ...headers, ...site, cookie }, {}, { url }).pin?.source).toBe('cookie')
    }
    const form = factsOf({ ...DOCUMENT, ...site, cookie }, {}, { method: 'POST', url })
    expect(form.pin?.source).toBe('cookie')
  })

  it('in the address of a frame is taken from this very origin', () => {
    const headers = { ...FRAME, 'sec-fetch-site': 'same-origin' }
    expect(factsOf(headers, {}, { url: '/?holo-pin=2' }).pin?.source).toBe('query')
  })

  it('in an address proves nothing where a service worker passes the page on', () => {
    expect(factsOf(BY_WORKER, {}, { url: '/?holo-pin=2' }).pin).toBeUndefined()
  })

  it('that nobody could have set does not hide a good one', () => {
    const cookie = '__Host-holo-pin=3'
    expect(pinOf({ 'holo-pin': '../x', cookie })?.source).toBe('cookie')
    expect(pinOf({ 'holo-pin': '', cookie })?.source).toBe('cookie')
  })

  it('leaves the query that everything else sees, and no other byte of it changes', () => {
    expect(splitQuery('?holo-pin=1')).toEqual({ search: '', pin: '1' })
    expect(splitQuery('?a=%20+&holo-pin=1%402&b&&c==')).toEqual({
      search: '?a=%20+&b&&c==',
      pin: '1@2',
    })
    expect(splitQuery('?h%6Flo-pin=1&holo-pin=2')).toEqual({ search: '', pin: '1' })
    expect(splitQuery('?xholo-pin=1&q=holo-pin')).toEqual({
      search: '?xholo-pin=1&q=holo-pin',
      pin: undefined,
    })
    expect(splitQuery('')).toEqual({ search: '', pin: undefined })
  })
})

describe('cookies', () => {
  it('are read from one header, and from several that arrived joined by a comma', () => {
    expect({ ...parseCookies('a=1; b="2"; c=3=3;d=4') }).toEqual({
      a: '1',
      b: '2',
      c: '3=3',
      d: '4',
    })
    expect({ ...parseCookies('a=1, b=2; c=x,y') }).toEqual({ a: '1', b: '2', c: 'x,y' })
  })

  it('give the first of two values, as the more specific one comes first', () => {
    expect({ ...parseCookies('a=1; a=2') }).toEqual({ a: '1' })
  })

  it('named like parts of an object are cookies like others', () => {
    const cookies = parseCookies('__proto__=1; constructor=2')
    expect(Object.keys(cookies).sort()).toEqual(['__proto__', 'constructor'])
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('what rules may look at', () => {
  it('is read only when there are rules', () => {
    expect(factsOf({ 'x-a': '1' }).attributes).toEqual({ header: {}, cookie: {}, query: {} })
  })

  it('is headers, cookies, query and what the network knows, without the pin', () => {
    const facts = factsOf(
      { 'X-A': '1', cookie: 'staff=1', 'cf-connecting-ip': '192.0.2.7' },
      { withAttributes: true },
      { url: '/p?q=1&q=2&holo-pin=3' },
    )
    expect(facts.host).toBe('shop.example.com')
    expect(facts.attributes.header['x-a']).toBe('1')
    expect(facts.attributes.cookie.staff).toBe('1')
    expect({ ...facts.attributes.query }).toEqual({ q: '1' })
    expect(facts.attributes.ip).toBe('192.0.2.7')
  })
})

describe("what a client says in Holo's name", () => {
  it('is seen by no rule', () => {
    const { attributes } = factsOf(
      { 'Holo-Environment': 'qa', 'Holo-Pin': '3', 'X-A': '1' },
      { withAttributes: true },
    )
    expect({ ...attributes.header }).toEqual({ 'x-a': '1' })
  })
})

describe('crawlers', () => {
  it.each([
    'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
    'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
    'facebookexternalhit/1.1',
    'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
  ])('are known by %s', (userAgent) => expect(isCrawler(userAgent)).toBe(true))

  it.each([
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36',
    'curl/8.5.0',
    null,
  ])('are not %s', (userAgent) => expect(isCrawler(userAgent)).toBe(false))
})
