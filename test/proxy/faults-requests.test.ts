import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type OneVersion, startOneVersion } from '../apps/one-version.ts'
import { sendRaw } from '../apps/raw-client.ts'
import { type Backend, startBackend, valuesOf } from '../support/backend.ts'

let backend: Backend
let holo: OneVersion
let before: number

beforeAll(async () => {
  backend = await startBackend((request, response) => {
    request.resume().on('end', () => response.end('ok'))
  })
  holo = await startOneVersion([{ prefix: '/api/', origins: [backend.origin] }])
})

beforeEach(() => {
  before = backend.received.length
})

afterAll(async () => {
  await holo.stop()
  await backend.stop()
})

const HOST = 'Host: shop.example.com'
/** The connection ends with the answer, so that nobody has to wait whether there is more. */
const LAST = 'Connection: close'
const SMUGGLED = `GET /api/smuggled HTTP/1.1\r\n${HOST}\r\n\r\n`

/** What the backend has received in this test. */
const received = () => backend.received.slice(before)

function send(first: string, headers: readonly string[] = [HOST, LAST], rest = '') {
  return sendRaw(holo.url, `${[first, ...headers].join('\r\n')}\r\n\r\n${rest}`)
}

describe('a method', () => {
  it.each(
    [
      'GET HEAD POST PUT PATCH DELETE OPTIONS QUERY',
      'PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK SEARCH ACL REPORT',
      'MKACTIVITY CHECKOUT MERGE NOTIFY SUBSCRIBE UNSUBSCRIBE',
    ].flatMap((line) => line.split(' ')),
  )('reaches the backend as it is: %s', async (method) => {
    const { status } = await send(`${method} /api/x HTTP/1.1`)
    expect(status).toBe(200)
    expect(received()).toMatchObject([{ method, url: '/api/x' }])
  })

  it.each(['TRACE', 'PURGE'])('is refused with 501 and reaches no backend: %s', async (method) => {
    const { status, body } = await send(`${method} /api/x HTTP/1.1`)
    expect(status).toBe(501)
    expect(JSON.parse(body)).toMatchObject({ code: 'method_not_supported' })
    expect(received()).toEqual([])
  })

  it.each(['FOO', 'get', 'MKCALENDAR', 'LINK'])(
    'that the platform does not know is refused by it: %s',
    async (method) => {
      expect((await send(`${method} /api/x HTTP/1.1`)).status).toBe(501)
      expect(received()).toEqual([])
    },
  )

  it.each(['CONNECT evil.example:443', 'CONNECT /api/x'])(
    'opens no tunnel: %s',
    async (requestLine) => {
      const { status, closed } = await send(`${requestLine} HTTP/1.1`)
      expect(status).toBeGreaterThanOrEqual(400)
      expect(closed).toBe(true)
      expect(received()).toEqual([])
    },
  )
})

describe('a request that expects to be told to continue', () => {
  it('is told so by the platform, and the backend knows nothing of it', async () => {
    const headers = [HOST, LAST, 'Expect: 100-continue', 'Content-Length: 2']
    const { text, status } = await send('POST /api/x HTTP/1.1', headers, 'hi')
    expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/)
    expect(status).toBe(200)
    expect(received()).toHaveLength(1)
    expect(String(received()[0]?.body)).toBe('hi')
    expect(valuesOf(received()[0]?.rawHeaders ?? [], 'Expect')).toEqual([])
  })
})

describe('a request whose end is in doubt', () => {
  it.each([
    ['two lengths', ['Content-Length: 0', `Content-Length: ${SMUGGLED.length}`]],
    ['an unknown coding', ['Transfer-Encoding: xchunked']],
    ['a coding behind chunked', ['Transfer-Encoding: chunked, identity']],
    ['two codings in two headers', ['Transfer-Encoding: chunked', 'Transfer-Encoding: identity']],
    ['a space before the colon', ['Transfer-Encoding : chunked']],
    ['a length with a sign', ['Content-Length: +0']],
    ['a length below zero', ['Content-Length: -1']],
    ['a folded header', ['X-A: a', ' Transfer-Encoding: chunked']],
    ['a CR in a header', ['X-A: a\rTransfer-Encoding: chunked']],
    ['a NUL in a header', ['X-A: a\0']],
  ])('is refused, and nothing behind it is read: %s', async (_, headers) => {
    const { status, closed } = await send('POST /api/x HTTP/1.1', [HOST, ...headers], SMUGGLED)
    expect([status, closed]).toEqual([400, true])
    expect(received()).toEqual([])
  })

  it('by both a length and chunks ends with its chunks, and so does its connection', async () => {
    const headers = [HOST, `Content-Length: ${SMUGGLED.length + 5}`, 'Transfer-Encoding: chunked']
    const { closed } = await send('POST /api/x HTTP/1.1', headers, `0\r\n\r\n${SMUGGLED}`)
    expect(closed).toBe(true)
    expect(received()).toMatchObject([{ method: 'POST', url: '/api/x' }])
    const names = received().flatMap(({ rawHeaders }) => valuesOf(rawHeaders, 'Content-Length'))
    expect(names).toEqual([])
  })

  it.each([
    ['a size that is none', 'zz\r\nhello\r\n0\r\n\r\n'],
    ['a size that is too small', '2\r\nhello\r\n0\r\n\r\n'],
    ['a size beyond all sizes', `${'f'.repeat(20)}\r\nhello\r\n0\r\n\r\n`],
  ])('is a 400 when its chunks are broken: %s', async (_, body) => {
    const headers = [HOST, 'Transfer-Encoding: chunked']
    const { status, body: answer, closed } = await send('POST /api/x HTTP/1.1', headers, body)
    expect([status, closed]).toEqual([400, true])
    expect(JSON.parse(answer)).toMatchObject({ code: 'bad_body' })
    // What the backend saw of it has no end.
    expect(received()).toEqual([])
  })
})

describe('a request in an odd form', () => {
  it('may carry a body with GET, which is no second request', async () => {
    const headers = [HOST, LAST, `Content-Length: ${SMUGGLED.length}`]
    expect((await send('GET /api/x HTTP/1.1', headers, SMUGGLED)).status).toBe(200)
    expect(received()).toMatchObject([{ method: 'GET', url: '/api/x' }])
    expect(String(received()[0]?.body)).toBe(SMUGGLED)
  })

  it('may end in trailers, which end here', async () => {
    const headers = [HOST, LAST, 'Transfer-Encoding: chunked']
    const body = '2\r\nhi\r\n0\r\nHolo-Visitor: forged\r\nX-Sum: 1\r\n\r\n'
    expect((await send('POST /api/x HTTP/1.1', headers, body)).status).toBe(200)
    expect(String(received()[0]?.body)).toBe('hi')
    expect(received()[0]?.rawHeaders).not.toContain('forged')
  })

  it('may come with others on its connection, each answered in its turn', async () => {
    const second = `GET /api/2 HTTP/1.1\r\n${HOST}\r\n\r\n`
    const { text } = await send('GET /api/1 HTTP/1.1', [HOST], second)
    expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2)
    expect(received().map(({ url }) => url)).toEqual(['/api/1', '/api/2'])
  })

  it('may be one of HTTP/1.0, if it names its host', async () => {
    expect((await send('GET /api/x HTTP/1.0')).status).toBe(200)
    expect((await send('GET /api/x HTTP/1.0', [])).status).toBe(400)
    expect(received()).toHaveLength(1)
  })

  it('is a 400 with two hosts', async () => {
    const { status } = await send('GET /api/x HTTP/1.1', [HOST, LAST, 'Host: evil.example'])
    expect(status).toBe(400)
    expect(received()).toEqual([])
  })
})
