import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Backend, startBackend, valuesOf } from '../support/backend.ts'
import { type Asked, type Forwarder, readWhole, startForwarder } from './forwarder.ts'

const MIB = 2 ** 20
const LARGE = Buffer.alloc(40 * MIB, 'a body that is larger than any buffer on its way; ')

let forwarder: Forwarder
const backends: Backend[] = []

beforeAll(async () => {
  forwarder = await startForwarder()
})

afterEach(async () => {
  await Promise.all(backends.splice(0).map((backend) => backend.stop()))
})

afterAll(() => forwarder.stop())

async function behind(
  listener: RequestListener,
  timeoutMs?: number,
): Promise<{ backend: Backend; asked: Asked }> {
  const backend = await startBackend(listener)
  backends.push(backend)
  const limit = timeoutMs === undefined ? {} : { timeoutMs }
  return { backend, asked: { services: [{ prefix: '/', origins: [backend.origin], ...limit }] } }
}

/** The next bytes of a message, as text. */
async function next(message: IncomingMessage): Promise<string> {
  const [chunk] = await once(message, 'data')
  return String(chunk)
}

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

describe('an answer', () => {
  it('reaches the client while the backend is still at it', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<ServerResponse>()
    const { asked } = await behind((_, response) => {
      response.write('first')
      begin(response)
    })
    const { sent, answered } = forwarder.open(asked)
    sent.end()
    const message = await answered
    expect(await next(message)).toBe('first')
    // The backend ends only now that the client has had its first bytes.
    const response = await begun
    response.end('last')
    expect(await next(message)).toBe('last')
  })

  it('of server-sent events comes event by event, for as long as it takes', async () => {
    const timeoutMs = 200
    const { promise: left, resolve: leave } = Promise.withResolvers<void>()
    const { promise: begun, resolve: begin } = Promise.withResolvers<ServerResponse>()
    const { asked } = await behind((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()
      response.on('close', leave)
      begin(response)
    }, timeoutMs)
    const { sent, answered } = forwarder.open(asked)
    sent.end()
    const message = await answered
    const response = await begun
    for (const event of ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']) {
      await sleep(timeoutMs)
      response.write(event)
      expect(await next(message)).toBe(event)
    }
    // The backend learns that nobody listens any more, with the next events that nobody takes.
    message.destroy()
    const heartbeat = setInterval(() => response.write(': still here\n\n'), 20)
    await left
    clearInterval(heartbeat)
  })

  it('of any size arrives whole', async () => {
    const { asked } = await behind((_, response) => response.end(LARGE))
    const { body, header } = await forwarder.send(asked)
    expect(digest(body)).toBe(digest(LARGE))
    expect(header('Content-Length')).toEqual([String(LARGE.length)])
  })

  it('that breaks off does not look whole to the client', async () => {
    const { asked } = await behind((_, response) => {
      response.writeHead(200, { 'content-length': 1000 })
      response.write('half', () => response.destroy())
    })
    const { sent, answered } = forwarder.open(asked)
    sent.end()
    await expect(answered.then(readWhole)).rejects.toThrow('aborted')
  })
})

describe('an upload', () => {
  it('reaches the backend while the client is still at it', async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<string>()
    const { backend, asked } = await behind((request, response) => {
      request.once('data', (chunk) => arrive(String(chunk)))
      request.on('end', () => response.end('ok'))
    })
    const { sent, answered } = forwarder.open({ ...asked, method: 'POST' })
    sent.write('first')
    expect(await arrived).toBe('first')
    // The client ends only now that the backend has had its first bytes.
    sent.end('last')
    await readWhole(await answered)
    expect(String(backend.received[0]?.body)).toBe('firstlast')
  })

  it.each([
    ['with its length', 'Content-Length', String(LARGE.length)],
    ['in chunks', 'Transfer-Encoding', 'chunked'],
  ])('of any size arrives whole, %s', async (_, name, value) => {
    const { backend, asked } = await behind((request, response) => {
      request.on('end', () => response.end('ok'))
    })
    const answer = await forwarder.send(
      { ...asked, method: 'PUT', headers: [[name, value]] },
      LARGE,
    )
    expect(answer.status).toBe(200)
    const received = backend.received[0]
    expect(digest(received?.body ?? Buffer.of())).toBe(digest(LARGE))
    expect(valuesOf(received?.rawHeaders ?? [], name)).toEqual([value])
  })

  it('and its answer may flow at the same time', async () => {
    const { asked } = await behind((request, response) => {
      request.pipe(response)
      response.flushHeaders()
    })
    const { sent, answered } = forwarder.open({ ...asked, method: 'POST' })
    sent.flushHeaders()
    const message = await answered
    for (const part of ['one', 'two', 'three']) {
      sent.write(part)
      expect(await next(message)).toBe(part)
    }
    sent.end()
    await once(message, 'end')
  })

  it('may be refused by the backend before it has ended', async () => {
    const { asked } = await behind((_, response) => {
      response.writeHead(413, { connection: 'close' }).end('too large')
    })
    const { sent, answered } = forwarder.open({ ...asked, method: 'POST' })
    sent.write('first')
    const answer = await readWhole(await answered)
    expect([answer.status, String(answer.body)]).toEqual([413, 'too large'])
    sent.destroy()
  })

  it('may take the client longer than the backend is waited for', async () => {
    const timeoutMs = 200
    const { backend, asked } = await behind((request, response) => {
      request.on('end', () => response.end('ok'))
    }, timeoutMs)
    const { sent, answered } = forwarder.open({ ...asked, method: 'POST' })
    for (const part of ['one ', 'two ', 'three']) {
      sent.write(part)
      await sleep(2 * timeoutMs)
    }
    sent.end()
    expect((await readWhole(await answered)).status).toBe(200)
    expect(String(backend.received[0]?.body)).toBe('one two three')
  })

  it('may wait for the backend as long as that likes, once that has answered', async () => {
    const timeoutMs = 200
    const { asked } = await behind((request, response) => {
      request.pause()
      response.flushHeaders()
      setTimeout(() => request.resume(), 4 * timeoutMs)
      request.on('end', () => response.end('all of it'))
    }, timeoutMs)
    const { sent, answered } = forwarder.open({ ...asked, method: 'POST' })
    sent.end(LARGE)
    expect(String((await readWhole(await answered)).body)).toBe('all of it')
  })
})
