// Origins with a path of their own, such as the stages of an API Gateway: what stands in front of every
// path at the backend, and is not seen by the visitor.

import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Backend, startBackend } from '../support/backend.ts'
import { type Forwarder, PUBLIC_HOST, startForwarder } from './forwarder.ts'

const PUBLIC_ORIGIN = `http://${PUBLIC_HOST}`

let forwarder: Forwarder
let backend: Backend
let replyHeaders: Record<string, string | string[]> = {}
const others: Backend[] = []

beforeAll(async () => {
  forwarder = await startForwarder()
  backend = await startBackend((request, response) => {
    request.resume().on('end', () => response.writeHead(302, replyHeaders).end('ok'))
  })
})

afterEach(async () => {
  replyHeaders = {}
  await Promise.all(others.splice(0).map((other) => other.stop()))
})

afterAll(async () => {
  await forwarder.stop()
  await backend.stop()
})

const PREFIXES = {
  whole: { prefix: '/' },
  kept: { prefix: '/api/' },
  stripped: { prefix: '/api/', stripPrefix: true },
} as const

function send(service: keyof typeof PREFIXES, path: string, base = '/prod', method = 'GET') {
  const services = [{ ...PREFIXES[service], origins: [backend.origin + base] }]
  return forwarder.send({ services, path, method }, method === 'POST' ? 'body' : undefined)
}

describe('a request to an origin with a path', () => {
  it.each([
    ['whole', '/', '/prod/'],
    ['whole', '/users?page=2', '/prod/users?page=2'],
    ['whole', '/?', '/prod/?'],
    ['whole', '/prod/users', '/prod/prod/users'],
    ['whole', '//users', '/prod//users'],
    ['whole', '/a%2Fb/%20c', '/prod/a%2Fb/%20c'],
    ['kept', '/api', '/prod/api'],
    ['kept', '/api/users', '/prod/api/users'],
    ['stripped', '/api', '/prod/'],
    ['stripped', '/api?x', '/prod/?x'],
    ['stripped', '/api/users', '/prod/users'],
  ] as const)('%s: %s reaches it as %s', async (service, path, received) => {
    for (const method of ['GET', 'POST']) {
      expect((await send(service, path, '/prod', method)).status).toBe(302)
      expect(backend.received.at(-1)).toMatchObject({ method, url: received })
    }
  })

  it('may have several segments in front', async () => {
    await send('stripped', '/api/users', '/v2/shop')
    expect(backend.received.at(-1)?.url).toBe('/v2/shop/users')
  })

  it.each([
    ['whole', '/..%2fadmin'],
    ['whole', '/..%5cadmin'],
    ['whole', '/..;/admin'],
    ['whole', '/%252e%252e/admin'],
    ['whole', '/x/..%2f..%2fadmin'],
    ['stripped', '/api/x/..%2f..%2f..%2fadmin'],
    ['stripped', '/api/..%2fadmin'],
  ] as const)(
    '%s: %s, which some would read as outside of it, is refused',
    async (service, path) => {
      const before = backend.received.length
      const answer = await send(service, path)
      expect(answer.status).toBe(400)
      expect(JSON.parse(String(answer.body)).code).toBe('bad_path')
      expect(backend.received.length).toBe(before)
    },
  )

  it.each([
    ['stripped', '/api/cdn-cgi/trace', ''],
    ['stripped', '/api/%63dn-cgi/trace', ''],
    ['stripped', '/api//CDN-CGI/image/x', ''],
    ['stripped', '/api/cdn-cgi%2ftrace', '/prod'],
  ] as const)('%s: %s is never one of the network at a backend', async (service, path, base) => {
    const before = backend.received.length
    const answer = await send(service, path, base)
    expect(JSON.parse(String(answer.body)).code).toBe('not_found')
    expect(backend.received.length).toBe(before)
  })
})

describe('what the backend says of addresses', () => {
  it.each([
    ['whole', 'ORIGIN/prod/login', `${PUBLIC_ORIGIN}/login`],
    ['whole', 'ORIGIN/prod', `${PUBLIC_ORIGIN}/`],
    ['whole', '/prod/login?next=/prod/x#y', '/login?next=/prod/x#y'],
    ['whole', '/login', '/login'],
    ['whole', 'other', '/users/other'],
    ['whole', '?page=2', '/users/7?page=2'],
    ['whole', '/production', '/production'],
    // Without its origin this would name another host.
    ['whole', '/prod//evil.example/x', `${PUBLIC_ORIGIN}//evil.example/x`],
    ['whole', '/prod/\\evil.example/x', `${PUBLIC_ORIGIN}//evil.example/x`],
    ['whole', 'https://other.example/prod/x', 'https://other.example/prod/x'],
    ['stripped', 'ORIGIN/prod/login', `${PUBLIC_ORIGIN}/api/login`],
    ['stripped', '/prod/login', '/api/login'],
    ['stripped', '/login', '/api/login'],
  ] as const)('%s: Location, Content-Location and Refresh %s', async (service, sent, expected) => {
    const location = sent.replace('ORIGIN', backend.origin)
    replyHeaders = { location, 'content-location': location, refresh: `0; url=${location}` }
    const answer = await send(service, service === 'whole' ? '/users/7' : '/api/users/7')
    expect(answer.header('Location')).toEqual([expected])
    expect(answer.header('Content-Location')).toEqual([expected])
    expect(answer.header('Refresh')).toEqual([`0; url=${expected}`])
  })

  it('is mapped in cookies, each by itself', async () => {
    replyHeaders = {
      'set-cookie': [
        'a=1; Path=/prod/x',
        'holo-pin=x; Path=/',
        'b=2; Domain=127.0.0.1; Path=/prod',
      ],
    }
    const answer = await send('stripped', '/api/x')
    expect(answer.header('Set-Cookie')).toEqual([
      'a=1; Path=/api/x',
      `b=2; Domain=${PUBLIC_HOST}; Path=/api`,
    ])
  })
})

describe('the other ways to an origin with a path', () => {
  it('a fallback puts its own in front', async () => {
    const down = { prefix: '/api/', origins: ['http://127.0.0.1:1/prod'] }
    const fallback = { prefix: '/api/', origins: [`${backend.origin}/old`] }
    const answer = await forwarder.send({ services: [down], fallback, path: '/api/x' })
    expect(answer.status).toBe(302)
    expect(backend.received.at(-1)?.url).toBe('/old/api/x')
  })

  it('a second try goes to the path of the second origin', async () => {
    const origins = ['http://127.0.0.1:1/one', `${backend.origin}/two`]
    await forwarder.send({ services: [{ prefix: '/', origins }], path: '/x' })
    expect(backend.received.at(-1)?.url).toBe('/two/x')
  })

  it('a bound Worker sees the public address with it', async () => {
    const services = [{ prefix: '/api/', origins: ['service:ECHO/prod'], stripPrefix: true }]
    const answer = await forwarder.send({ services, path: '/api/x' })
    expect(JSON.parse(String(answer.body)).url).toBe(`${PUBLIC_ORIGIN}/prod/x`)
    // It has set `Location` to `/there`, outside of its path.
    expect(answer.header('Location')).toEqual([`${PUBLIC_ORIGIN}/api/there`])
  })

  it('a WebSocket is opened below it', async () => {
    const { promise: url, resolve } = Promise.withResolvers<string | undefined>()
    const { createServer } = await import('node:http')
    const server = createServer()
    server.on('upgrade', (request, socket: Duplex) => {
      resolve(request.url)
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const services = [{ prefix: '/', origins: [`http://127.0.0.1:${port}/prod`] }]
    const headers = [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
    ] as const
    const answer = await forwarder.send({ services, path: '/chat?room=1', headers })
    expect(answer.status).toBe(403)
    expect(await url).toBe('/prod/chat?room=1')
    server.close()
    server.closeAllConnections()
  })
})
