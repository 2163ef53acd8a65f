import type { Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Backend, closedOrigin, startBackend, startRawBackend } from '../support/backend.ts'
import { type Answer, type Asked, type Forwarder, startForwarder } from './forwarder.ts'

const SHORT_TIMEOUT_MS = 150
/** More than sockets and streams hold by themselves. */
const LARGE_BYTES = 32 * 2 ** 20

let forwarder: Forwarder
const backends: Pick<Backend, 'stop'>[] = []

beforeAll(async () => {
  forwarder = await startForwarder()
})

afterEach(async () => {
  await Promise.all(backends.splice(0).map((backend) => backend.stop()))
})

afterAll(() => forwarder.stop())

async function behindRaw(
  speak: (socket: Socket) => void,
  timeoutMs = 10_000,
): Promise<Pick<Asked, 'services'>> {
  const backend = await startRawBackend(speak)
  backends.push(backend)
  return { services: [{ prefix: '/', origins: [backend.origin], timeoutMs }] }
}

/** An error as clients may rely on it: a status, a code, an id to ask for, and kept by nobody. */
function expectError(answer: Answer, status: number, code: string): void {
  expect(answer.status).toBe(status)
  expect(answer.header('Content-Type')).toEqual(['application/problem+json'])
  expect(answer.header('Cache-Control')).toEqual(['no-store'])
  expect(JSON.parse(String(answer.body))).toMatchObject({ status, code, requestId: 'r1' })
}

describe('a backend that cannot be reached', () => {
  it('is a 502 when nothing listens', async () => {
    const services = [{ prefix: '/', origins: [await closedOrigin()] }]
    expectError(await forwarder.send({ services }), 502, 'origin_unreachable')
    const upload = await forwarder.send({ services, method: 'POST' }, 'body')
    expectError(upload, 502, 'origin_unreachable')
  })

  it('is a 502 when it does not speak TLS though its origin says https', async () => {
    const backend = await startBackend((_, response) => response.end('ok'))
    backends.push(backend)
    const secure = [{ prefix: '/', origins: [backend.origin.replace('http:', 'https:')] }]
    expectError(await forwarder.send({ services: secure }), 502, 'origin_unreachable')
  })

  it.each([
    ['hangs up', ''],
    ['does not speak HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['sends half a head', 'HTTP/1.1 200 OK\r\nContent-Le'],
    ['gives two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok'],
    ['sends a broken header', 'HTTP/1.1 200 OK\r\nBad Name: x\r\nContent-Length: 0\r\n\r\n'],
  ])('is a 502 when it %s', async (_, bytes) => {
    const asked = await behindRaw((socket) => socket.end(bytes))
    expectError(await forwarder.send(asked), 502, 'origin_unreachable')
  })
})

describe('an answer that is none', () => {
  it.each(['101 Switching Protocols', '600 Beyond', '999 Beyond'])(
    'is a 502: %s',
    async (status) => {
      const asked = await behindRaw((socket) =>
        socket.end(`HTTP/1.1 ${status}\r\nUpgrade: x\r\nContent-Length: 0\r\n\r\n`),
      )
      expectError(await forwarder.send(asked), 502, 'origin_bad_response')
    },
  )

  it.each(['100 Continue', '103 Early Hints'])(
    'is waited through when it announces one: %s',
    async (status) => {
      const asked = await behindRaw((socket) => {
        socket.write(`HTTP/1.1 ${status}\r\nLink: </a.css>; rel=preload\r\n\r\n`)
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      })
      const answer = await forwarder.send(asked)
      expect([answer.status, String(answer.body)]).toEqual([200, 'ok'])
    },
  )
})

describe('a backend that is too slow', () => {
  it('is a 504 when it does not answer', async () => {
    const asked = await behindRaw(() => {}, SHORT_TIMEOUT_MS)
    expectError(await forwarder.send(asked), 504, 'origin_timeout')
  })

  it('is a 504 when it has the whole upload and does not answer', async () => {
    const asked = await behindRaw((socket) => socket.resume(), SHORT_TIMEOUT_MS)
    const answer = await forwarder.send({ ...asked, method: 'POST' }, 'body')
    expectError(answer, 504, 'origin_timeout')
  })

  it('is a 504 when it stops taking the upload', async () => {
    const asked = await behindRaw((socket) => socket.pause(), SHORT_TIMEOUT_MS)
    const { sent, answered } = forwarder.open({ ...asked, method: 'POST' })
    sent.write(Buffer.alloc(LARGE_BYTES))
    const message = await answered
    expect(message.statusCode).toBe(504)
    // The rest of the upload goes nowhere.
    sent.on('error', () => sent.destroy())
    sent.destroy()
  })

  it('may take its time with the body once it has answered', async () => {
    const backend = await startBackend((_, response) => {
      response.write('slow ')
      setTimeout(() => response.end('but whole'), 4 * SHORT_TIMEOUT_MS)
    })
    backends.push(backend)
    const services = [{ prefix: '/', origins: [backend.origin], timeoutMs: SHORT_TIMEOUT_MS }]
    const answer = await forwarder.send({ services })
    expect([answer.status, String(answer.body)]).toEqual([200, 'slow but whole'])
  })
})

describe('after a failure', () => {
  it('the next request is answered', async () => {
    const backend = await startBackend((request, response) => {
      if (request.url === '/broken') response.destroy()
      else response.end('ok')
    })
    backends.push(backend)
    const services = [{ prefix: '/', origins: [backend.origin] }]
    for (let round = 0; round < 3; round++) {
      const broken = await forwarder.send({ services, path: '/broken' })
      expectError(broken, 502, 'origin_unreachable')
      expect((await forwarder.send({ services, path: '/fine' })).status).toBe(200)
    }
  })
})
