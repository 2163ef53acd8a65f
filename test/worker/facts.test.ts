import { describe, expect, it } from 'vitest'
import { parseCookies } from '../../src/http/cookies.ts'
import { isCrawler } from '../../src/http/crawlers.ts'
import { type FactsOptions, readFacts } from '../../src/http/facts.ts'
import { toKind } from '../../src/http/kind.ts'
import { splitQuery } from '../../src/http/query.ts'

const PLAIN: FactsOptions = { visitor: undefined, withAttributes: false }

function factsOf(headers: Record<string, string>, options: Partial<FactsOptions> = {}, url = '/') {
  const request = new Request(new URL(url, 'https://Shop.example.com:8443'), { headers })
  const facts = readFacts(request, toKind(request.method, request.headers), {
    ...PLAIN,
    ...options,
  })
  if (!facts) throw new Error('the path could not be read')
  return facts
}

describe('what a request is to its page', () => {
  const DOCUMENT = { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' }
  it.each([
    ['a page that is opened', 'GET', DOCUMENT, 'document'],
    [
      'a page opened by a client without fetch metadata',
      'GET',
      { accept: 'text/html,*/*' },
      'document',
    ],
    ['a form post', 'POST', DOCUMENT, 'navigation'],
    ['a form post without fetch metadata', 'POST', { accept: 'text/html' }, 'navigation'],
    ['a HEAD of a page', 'HEAD', DOCUMENT, 'navigation'],
    ['a frame', 'GET', { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' }, 'navigation'],
    [
      'an embedded object',
      'GET',
      { 'sec-fetch-dest': 'object', 'sec-fetch-mode': 'navigate' },
      'navigation',
    ],
    ['a prefetch', 'GET', { ...DOCUMENT, 'sec-purpose': 'prefetch' }, 'navigation'],
    ['a prerender', 'GET', { ...DOCUMENT, 'sec-purpose': 'prefetch;prerender' }, 'navigation'],
    ['an old prefetch', 'GET', { purpose: 'prefetch', accept: 'text/html' }, 'navigation'],
    ['a script', 'GET', { 'sec-fetch-dest': 'script', 'sec-fetch-mode': 'cors' }, 'subresource'],
    [
      'a fetch that accepts HTML',
      'GET',
      { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors', accept: 'text/html' },
      'subresource',
    ],
    ['a call by a program', 'GET', { accept: '*/*' }, 'subresource'],
    ['a client that says nothing', 'GET', {}, 'subresource'],
  ])('knows %s', (_, method, headers, kind) => {
    expect(toKind(method, new Headers(headers))).toBe(kind)
  })
})

describe('the visitor', () => {
  const jwt = (claims: unknown) => `e30.${btoa(JSON.stringify(claims)).replace(/=+$/, '')}.sig`

  it('gets a new id of 128 bits, different each time', () => {
    const ids = new Set(Array.from({ length: 100 }, () => factsOf({}).visitor))
    expect(ids.size).toBe(100)
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/)
  })

  it('keeps the id of its cookie', () => {
    const facts = factsOf({ cookie: 'a=1; holo-visitor=AAAAAAAAAAAAAAAAAAAAAA' })
    expect(facts).toMatchObject({ visitor: 'AAAAAAAAAAAAAAAAAAAAAA', minted: false })
  })

  it.each(['', 'short', 'A'.repeat(23), 'AAAAAAAAAAAAAAAAAAAAA!'])(
    'gets a new id for the cookie "%s", which Holo never wrote',
    (id) => {
      expect(factsOf({ cookie: `holo-visitor=${id}` })).toMatchObject({ minted: true })
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
      expect(factsOf(headers, { visitor })).toMatchObject({ minted: true })
    },
  )
})

describe('the pin', () => {
  const pinOf = (headers: Record<string, string>, url = '/') => factsOf(headers, {}, url).pin

  it('is taken from the header before the query before the cookie', () => {
    const cookie = 'holo-pin=3@main'
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

  it('that nobody could have set does not hide a good one', () => {
    expect(pinOf({ 'holo-pin': '../x', cookie: 'holo-pin=3' })?.source).toBe('cookie')
    expect(pinOf({ 'holo-pin': '', cookie: 'holo-pin=3' })?.source).toBe('cookie')
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
      '/p?q=1&q=2&holo-pin=3',
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
