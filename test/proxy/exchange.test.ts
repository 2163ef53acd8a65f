import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Backend, startBackend } from '../support/backend.ts'
import { type Forwarder, startForwarder } from './forwarder.ts'

/** With a header that no other encoder would write: a second encoding would not give it back. */
const GZIPPED = gzipSync('a text that is worth compressing; '.repeat(200), {
  level: 1,
  memLevel: 1,
})
const ENCODED: Readonly<Record<string, Buffer>> = {
  gzip: GZIPPED,
  br: Buffer.from("not really brotli, which is nobody's business here"),
  zstd: Buffer.from('not really zstd either'),
}

let forwarder: Forwarder
let backend: Backend
let other: Backend

beforeAll(async () => {
  forwarder = await startForwarder()
  other = await startBackend((_, response) => response.end('other'))
  backend = await startBackend((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://backend')
    const [, what = '', detail = ''] = pathname.split('/')
    request.resume().on('end', () => {
      if (what === 'status') response.writeHead(Number(detail), { etag: '"a"' }).end()
      else if (what === 'head') response.writeHead(200, { 'content-length': 1234 }).end()
      else if (what === 'encoded') {
        const bytes = ENCODED[detail] ?? Buffer.of()
        response.writeHead(200, { 'content-encoding': detail, 'content-length': bytes.length })
        response.end(bytes)
      } else if (what === 'redirect') response.writeHead(302, { location: '/elsewhere' }).end()
      else response.end('ok')
    })
  })
})

afterAll(async () => {
  await forwarder.stop()
  await Promise.all([backend.stop(), other.stop()])
})

const services = () => [{ prefix: '/', origins: [backend.origin] }]

describe('a request', () => {
  it('goes to the backend of the longest prefix', async () => {
    const two = [
      { prefix: '/api/', origins: [other.origin] },
      { prefix: '/', origins: [backend.origin] },
    ]
    expect(String((await forwarder.send({ services: two, path: '/api/x' })).body)).toBe('other')
    expect(String((await forwarder.send({ services: two, path: '/api' })).body)).toBe('other')
    expect(String((await forwarder.send({ services: two, path: '/apiary' })).body)).toBe('ok')
    expect(other.received.map(({ url }) => url)).toEqual(['/api/x', '/api'])
  })

  it.each([
    '/api/x?a=1&b=%20+c&a=2',
    '/api/a%2Fb;v=1,2/%C3%A9',
    '/api/x?next=https://shop.example.com/?y',
    '//host.example/x',
  ])('keeps its path and query: %s', async (path) => {
    expect((await forwarder.send({ services: services(), path })).status).toBe(200)
    expect(backend.received.at(-1)?.url).toBe(path)
  })

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'QUERY'])(
    'keeps its method: %s',
    async (method) => {
      expect((await forwarder.send({ services: services(), method })).status).toBe(200)
      expect(backend.received.at(-1)?.method).toBe(method)
    },
  )

  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'])(
    'keeps its body: %s',
    async (method) => {
      const body = '{"name":"Zoë"}'
      const headers = [['Content-Length', String(Buffer.byteLength(body))]] as const
      await forwarder.send({ services: services(), method, headers }, body)
      expect(backend.received.at(-1)?.method).toBe(method)
      expect(String(backend.received.at(-1)?.body)).toBe(body)
    },
  )

  it.each(['GET', 'HEAD', 'POST'])('may say that it has no body: %s', async (method) => {
    const headers = [['Content-Length', '0']] as const
    const answer = await forwarder.send({ services: services(), method, headers })
    expect(answer.status).toBe(200)
  })

  it.each(['TRACE', 'PURGE'])('is refused when it is a %s', async (method) => {
    const before = backend.received.length
    const answer = await forwarder.send({ services: services(), method })
    expect(answer.status).toBe(501)
    expect(JSON.parse(String(answer.body))).toMatchObject({ code: 'method_not_supported' })
    expect(backend.received.length).toBe(before)
  })
})

describe('an answer', () => {
  it.each(['gzip', 'br', 'zstd'])('keeps its encoded bytes as they are: %s', async (encoding) => {
    const answer = await forwarder.send({ services: services(), path: `/encoded/${encoding}` })
    expect(answer.header('Content-Encoding')).toEqual([encoding])
    expect(answer.body.equals(ENCODED[encoding] ?? Buffer.of())).toBe(true)
  })

  it('to HEAD keeps the length of what it stands for', async () => {
    const answer = await forwarder.send({ services: services(), method: 'HEAD', path: '/head' })
    expect(answer.header('Content-Length')).toEqual(['1234'])
    expect(answer.body.length).toBe(0)
  })

  it.each([200, 201, 204, 205, 206, 304, 400, 401, 404, 409, 429, 500, 503, 599])(
    'keeps its status: %i',
    async (status) => {
      const answer = await forwarder.send({ services: services(), path: `/status/${status}` })
      expect(answer.status).toBe(status)
      expect(answer.header('ETag')).toEqual(['"a"'])
    },
  )

  it('that redirects is for the client to follow', async () => {
    const before = backend.received.length
    const answer = await forwarder.send({ services: services(), path: '/redirect' })
    expect([answer.status, ...answer.header('Location')]).toEqual([302, '/elsewhere'])
    expect(backend.received.length).toBe(before + 1)
  })
})
