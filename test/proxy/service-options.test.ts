// What a service may say of itself beside its origins: a limit for bodies, a prefix that stays with
// Holo, another Worker in the place of a host.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Backend, startBackend } from '../support/backend.ts'
import { type Asked, type Forwarder, PUBLIC_HOST, readWhole, startForwarder } from './forwarder.ts'

const PUBLIC_ORIGIN = `http://${PUBLIC_HOST}`

let forwarder: Forwarder
const backends: Backend[] = []

beforeAll(async () => {
  forwarder = await startForwarder()
})

afterEach(async () => {
  await Promise.all(backends.splice(0).map((backend) => backend.stop()))
})

afterAll(() => forwarder.stop())

async function start(location?: string): Promise<Backend> {
  const backend = await startBackend((request, response) => {
    request.resume().on('end', () => {
      if (location !== undefined) response.setHeader('Location', location)
      response.end('ok')
    })
  })
  backends.push(backend)
  return backend
}

describe('the limit for bodies', () => {
  const MAX_BYTES = 100_000
  const send = async (method: string, body: Buffer, headers: Asked['headers'] = []) => {
    const backend = await start()
    const services = [{ prefix: '/', origins: [backend.origin], maxBodyBytes: MAX_BYTES }]
    const answer = await forwarder.send({ services, method, headers }, body)
    return { answer, backend }
  }
  const announce = (bytes: number) => [['Content-Length', String(bytes)]] as const

  it('lets through what does not pass it', async () => {
    const whole = Buffer.alloc(MAX_BYTES, 'x')
    for (const headers of [announce(MAX_BYTES), [['Transfer-Encoding', 'chunked']] as const]) {
      const { answer, backend } = await send('POST', whole, headers)
      expect(answer.status).toBe(200)
      expect(backend.received[0]?.body.equals(whole)).toBe(true)
    }
  })

  it('refuses a body that is announced longer, before the backend hears of it', async () => {
    const { answer, backend } = await send(
      'PUT',
      Buffer.alloc(MAX_BYTES + 1),
      announce(MAX_BYTES + 1),
    )
    expect(answer.status).toBe(413)
    expect(JSON.parse(String(answer.body)).code).toBe('body_too_large')
    expect(backend.received).toEqual([])
  })

  it('is none where none is set, but for lengths that nobody can count to', async () => {
    const backend = await start()
    const services = [{ prefix: '/', origins: [backend.origin] }]
    const headers = [['Content-Length', '9007199254740993']] as const
    const { sent, answered } = forwarder.open({ services, method: 'POST', headers })
    sent.on('error', () => {})
    sent.write('first')
    const answer = await readWhole(await answered)
    sent.destroy()
    expect(answer.status).toBe(413)
    expect(JSON.parse(String(answer.body)).code).toBe('body_too_large')
    expect(backend.received).toEqual([])
  })

  it('counts a body of unknown length, and ends it for the backend, too', async () => {
    const chunked = [['Transfer-Encoding', 'chunked']] as const
    const { answer, backend } = await send('POST', Buffer.alloc(20 * MAX_BYTES), chunked)
    expect(answer.status).toBe(413)
    expect(JSON.parse(String(answer.body)).code).toBe('body_too_large')
    // A request is received once its body has ended; this one never does.
    expect(backend.received).toEqual([])
  })

  it('holds for the body of a GET, whose length is announced', async () => {
    expect((await send('GET', Buffer.from('query'), announce(5))).answer.status).toBe(200)
    const body = Buffer.alloc(MAX_BYTES + 1)
    const { answer, backend } = await send('GET', body, announce(MAX_BYTES + 1))
    expect(answer.status).toBe(413)
    expect(backend.received).toEqual([])
  })
})

describe('a prefix that is stripped', () => {
  const STRIPPED = { prefix: '/api/v1/', stripPrefix: true }

  it.each([
    ['/api/v1/users?page=2', '/users?page=2'],
    ['/api/v1/', '/'],
    ['/api/v1', '/'],
    ['/api/v1?page=2', '/?page=2'],
    ['/api/v1//evil.example/x', '//evil.example/x'],
    ['/api/v1/api/v1/x', '/api/v1/x'],
    ['/api/v1/a%20b', '/a%20b'],
  ])('%s reaches the backend as %s', async (path, received) => {
    const backend = await start()
    const services = [{ ...STRIPPED, origins: [backend.origin] }]
    expect((await forwarder.send({ services, path })).status).toBe(200)
    expect(backend.received.map(({ url }) => url)).toEqual([received])
  })

  it.each([
    ['/login?next=/x#form', '/api/v1/login?next=/x#form'],
    ['other', '/api/v1/users/other'],
    ['../../../x', '/api/v1/x'],
    ['?page=2', '/api/v1/users/7?page=2'],
    ['ORIGIN/login', `${PUBLIC_ORIGIN}/api/v1/login`],
    ['ORIGIN//evil.example', `${PUBLIC_ORIGIN}/api/v1//evil.example`],
    ['//other.example/x', '//other.example/x'],
    ['https://other.example/x', 'https://other.example/x'],
    ['mailto:someone@shop.example.com', 'mailto:someone@shop.example.com'],
  ])('is put back into the Location %s', async (location, expected) => {
    const target = { location }
    const backend = await startBackend((_, response) => {
      response.writeHead(302, { Location: target.location }).end()
    })
    backends.push(backend)
    target.location = location.replace('ORIGIN', backend.origin)
    const services = [{ ...STRIPPED, origins: [backend.origin] }]
    const answer = await forwarder.send({ services, path: '/api/v1/users/7' })
    expect(answer.header('Location')).toEqual([expected])
  })
})

describe('an origin that is another Worker', () => {
  it('is asked under the public address, with body and method', async () => {
    const services = [{ prefix: '/', origins: ['service:ECHO'] }]
    const answer = await forwarder.send({ services, path: '/api/x?y', method: 'POST' }, 'said')
    expect(JSON.parse(String(answer.body))).toMatchObject({
      method: 'POST',
      url: `${PUBLIC_ORIGIN}/api/x?y`,
      host: PUBLIC_HOST,
      body: 'said',
    })
    expect(answer.header('Location')).toEqual([`${PUBLIC_ORIGIN}/there`])
  })

  it('may have its prefix stripped as any other', async () => {
    const services = [{ prefix: '/api/', origins: ['service:ECHO'], stripPrefix: true }]
    const answer = await forwarder.send({ services, path: '/api/x' })
    expect(JSON.parse(String(answer.body)).url).toBe(`${PUBLIC_ORIGIN}/x`)
    expect(answer.header('Location')).toEqual([`${PUBLIC_ORIGIN}/api/there`])
  })

  it.each(['NOBODY', 'TEXT', 'constructor', '__proto__'])(
    'is a 502 with a code where no Worker is bound: %s',
    async (name) => {
      const services = [{ prefix: '/', origins: [`service:${name}`] }]
      const answer = await forwarder.send({ services, method: 'POST' }, 'body')
      expect(answer.status).toBe(502)
      expect(JSON.parse(String(answer.body)).code).toBe('origin_unknown')
    },
  )

  it('that is not bound leaves even a POST to the next origin: nothing was sent', async () => {
    const backend = await start()
    const services = [{ prefix: '/', origins: ['service:NOBODY', backend.origin] }]
    for (let request = 0; request < 4; request++) {
      const answer = await forwarder.send({ services, method: 'POST' }, 'body')
      expect(answer.status).toBe(200)
    }
    expect(backend.received.map(({ body }) => String(body))).toEqual(Array(4).fill('body'))
  })
})
