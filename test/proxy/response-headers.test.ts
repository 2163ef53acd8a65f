import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Backend, startBackend } from '../support/backend.ts'
import { type Answer, type Forwarder, PUBLIC_HOST, startForwarder } from './forwarder.ts'

let forwarder: Forwarder
let backend: Backend
let answer: { status: number; headers: readonly (readonly [string, string])[] }

beforeAll(async () => {
  forwarder = await startForwarder()
  backend = await startBackend((_, response) => {
    response.writeHead(answer.status, answer.headers.flat())
    response.end()
  })
})

afterAll(async () => {
  await forwarder.stop()
  await backend.stop()
})

/** What the client gets when the backend sends these headers. */
function receive(status: number, headers: readonly (readonly [string, string])[]): Promise<Answer> {
  answer = { status, headers }
  return forwarder.send({ services: [{ prefix: '/', origins: [backend.origin] }] })
}

describe('what a backend may not tell a client', () => {
  it.each([
    ['Keep-Alive', 'timeout=5'],
    ['Proxy-Authenticate', 'Basic'],
    ['Trailer', 'X-Sum'],
    ['Upgrade', 'h2c'],
    ['Holo-Version', '0.0.6-dev'],
    ['Holo-Anything', '1'],
  ])('%s: %s', async (name, value) => {
    expect((await receive(200, [[name, value]])).header(name)).toEqual([])
  })

  it('the headers that its Connection header names', async () => {
    const received = await receive(200, [
      ['Connection', 'X-Internal'],
      ['X-Internal', '1'],
    ])
    expect(received.header('X-Internal')).toEqual([])
  })
})

describe('what a client is told', () => {
  it('the status and its phrase, and all other headers', async () => {
    const received = await receive(418, [
      ['ETag', 'W/"a"'],
      ['Vary', 'Accept, Origin'],
      ['Access-Control-Allow-Origin', '*'],
      ['X-Name', Buffer.from('Zoë').toString('latin1')],
    ])
    expect(received.status).toBe(418)
    expect(received.statusText).toBe("I'm a Teapot")
    expect(received.header('ETag')).toEqual(['W/"a"'])
    expect(received.header('Vary')).toEqual(['Accept, Origin'])
    expect(received.header('Access-Control-Allow-Origin')).toEqual(['*'])
    expect(Buffer.from(received.header('X-Name')[0] ?? '', 'latin1').toString()).toBe('Zoë')
  })

  it("each cookie by itself, and none under a name of Holo's", async () => {
    const received = await receive(200, [
      ['Set-Cookie', 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT'],
      ['Set-Cookie', 'holo-pin=0.0.6-dev'],
      // Without a name, a cookie is sent back as its value alone.
      ['Set-Cookie', '=holo-pin=0.0.6-dev'],
      ['Set-Cookie', ' = holo-pin=0.0.6-dev; Path=/'],
      ['Set-Cookie', 'b=2'],
    ])
    expect(received.header('Set-Cookie')).toEqual([
      'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT',
      'b=2',
    ])
  })
})

/** Orders to one cache or another that outrank Cache-Control there. */
const TARGETED = [
  'CDN-Cache-Control',
  'Cloudflare-CDN-Cache-Control',
  'Vercel-CDN-Cache-Control',
  'Surrogate-Control',
  'Edge-Control',
  'X-Accel-Expires',
]

describe('an answer with a cookie', () => {
  it.each([
    [undefined, 'private'],
    ['public, max-age=60', 'private, max-age=60'],
    ['max-age=60, s-maxage=600', 'private, max-age=60'],
    ['no-cache', 'private, no-cache'],
    ['private="x-a, x-b"', 'private, private="x-a, x-b"'],
    ['private, max-age=60', 'private, max-age=60'],
    ['No-Store', 'No-Store'],
    // A comma inside a quoted string ends no directive.
    ['public, ext="a, private"', 'private, ext="a, private"'],
    ['max-age=60, ext="a, no-store, b"', 'private, max-age=60, ext="a, no-store, b"'],
    ['ext="a, public, s-maxage=1"', 'private, ext="a, public, s-maxage=1"'],
    ['ext="a\\", private"', 'private, ext="a\\", private"'],
    ['max-age="60", S-MaxAge="600"', 'private, max-age="60"'],
    // What contradicts itself is read by some caches in the one way, by some in the other.
    ['private, public, max-age=60', 'private, max-age=60'],
    ['private, s-maxage=60', 'private'],
    ['no-store, s-maxage=60', 'no-store'],
    ['private="set-cookie", public', 'private, private="set-cookie"'],
    [', ,max-age=60,', 'private, max-age=60'],
  ])('is kept by no shared cache: %s becomes %s', async (sent, expected) => {
    const received = await receive(200, [
      ['Set-Cookie', 'a=1'],
      ...(sent === undefined ? [] : [['Cache-Control', sent] as const]),
      ...TARGETED.map((name) => [name, 'max-age=60'] as const),
    ])
    expect(received.header('Cache-Control')).toEqual([expected])
    for (const name of TARGETED) expect(received.header(name)).toEqual([])
  })

  it('is the only one whose caching Holo changes', async () => {
    const received = await receive(200, [
      ['Cache-Control', 'public, s-maxage=60'],
      ['CDN-Cache-Control', 'max-age=60'],
    ])
    expect(received.header('Cache-Control')).toEqual(['public, s-maxage=60'])
    expect(received.header('CDN-Cache-Control')).toEqual(['max-age=60'])
  })
})

describe('a redirect', () => {
  it.each(['Location', 'Content-Location'])(
    'to the backend itself leads to the public address: %s',
    async (name) => {
      const location = `${backend.origin}/login?next=%2Fa#top`
      const received = await receive(302, [[name, location]])
      expect(received.status).toBe(302)
      expect(received.header(name)).toEqual([`http://${PUBLIC_HOST}/login?next=%2Fa#top`])
    },
  )

  it("is recognised in every spelling of the backend's address", async () => {
    const { host } = new URL(backend.origin)
    for (const location of [
      `//${host}/x`,
      `http:\\\\${host}\\x`,
      `\\/${host}/x`,
      `HTTP://${host}/a/../x`,
    ]) {
      const received = await receive(301, [['Location', location]])
      expect(received.header('Location')).toEqual([`http://${PUBLIC_HOST}/x`])
    }
  })

  it.each(['https://HOST/x', 'HTTPS://HOST/a/../x', 'https:\\\\HOST\\x', ' https://HOST/x'])(
    'that asks for https stays one to https, and for the public host: %s',
    async (location) => {
      const { host } = new URL(backend.origin)
      const received = await receive(301, [['Location', location.replace('HOST', host)]])
      // The visitor came by http: sent there again, it would go round in circles.
      expect(received.header('Location')).toEqual([`https://${PUBLIC_HOST}/x`])
    },
  )

  it.each([
    '/login',
    'next',
    '?page=2',
    'https://accounts.example.com/login',
    '//accounts.example.com/login',
    'http://127.0.0.1:1/x',
    'mailto:shop@example.com',
    'http://[',
  ])('to anywhere else stays byte for byte: %s', async (location) => {
    const received = await receive(307, [['Location', location]])
    expect(received.status).toBe(307)
    expect(received.header('Location')).toEqual([location])
  })
})

describe('a Refresh', () => {
  it.each([
    ['5; url=ORIGIN/next?a#b', `5; url=http://${PUBLIC_HOST}/next?a#b`],
    ['5;URL=ORIGIN/next', `5;URL=http://${PUBLIC_HOST}/next`],
    ['0, url = ORIGIN/next', `0, url = http://${PUBLIC_HOST}/next`],
    ['0; ORIGIN/next', `0; http://${PUBLIC_HOST}/next`],
    ["0; url='ORIGIN/next'", `0; url='http://${PUBLIC_HOST}/next'`],
    ['0; url="ORIGIN/next" ignored', `0; url="http://${PUBLIC_HOST}/next" ignored`],
    ['; url=ORIGIN/next', `; url=http://${PUBLIC_HOST}/next`],
    ['1.5; url=//HOST/next', `1.5; url=http://${PUBLIC_HOST}/next`],
    ['0; url=SECURE/next', `0; url=https://${PUBLIC_HOST}/next`],
    ['0 url=ORIGIN/next', `0 url=http://${PUBLIC_HOST}/next`],
    ['0 ORIGIN/next', `0 http://${PUBLIC_HOST}/next`],
  ])('to the backend itself leads to the public address: %s', async (sent, expected) => {
    const { host } = new URL(backend.origin)
    const refresh = sent
      .replace('ORIGIN', backend.origin)
      .replace('SECURE', `https://${host}`)
      .replace('HOST', host)
    expect((await receive(200, [['Refresh', refresh]])).header('Refresh')).toEqual([expected])
  })

  it.each([
    '5',
    '5;',
    '5; url=',
    '0; url=/next',
    '0; url=https://other.example/next',
    '0; url="https://other.example/next"',
    '0; url=http://127.0.0.1:1/x',
    '0 https://other.example/next',
    'nonsense',
  ])('to anywhere else stays byte for byte: %s', async (refresh) => {
    expect((await receive(200, [['Refresh', refresh]])).header('Refresh')).toEqual([refresh])
  })
})

describe('a cookie of the backend', () => {
  it('whose Domain is the backend reaches the visitor’s host, each line by itself', async () => {
    const received = await receive(200, [
      ['Set-Cookie', 'a=1; Domain=127.0.0.1; Path=/x; Expires=Wed, 21 Oct 2026 07:28:00 GMT'],
      ['Set-Cookie', 'b=2; Domain=other.example'],
      ['Set-Cookie', 'c=3; Path=/c'],
    ])
    expect(received.header('Set-Cookie')).toEqual([
      `a=1; Domain=${PUBLIC_HOST}; Path=/x; Expires=Wed, 21 Oct 2026 07:28:00 GMT`,
      'b=2; Domain=other.example',
      'c=3; Path=/c',
    ])
  })
})
