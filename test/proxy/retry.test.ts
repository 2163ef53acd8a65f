import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { FIRST_EJECTION_MS } from '../../src/proxy/origins.ts'
import { closedOrigin } from '../support/backend.ts'
import { type Asked, type Forwarder, startForwarder } from './forwarder.ts'

const SHORT_TIMEOUT_MS = 100
const EFFECTS = ['POST', 'PUT', 'PATCH', 'DELETE']

/** A backend that counts what reaches it, whatever becomes of it. */
type Counted = { readonly origin: string; count: number; listener: RequestListener }

let forwarder: Forwarder
const servers: Server[] = []

/** For the tests of one `describe`: a new isolate with its whole budget. */
function useForwarder(): void {
  beforeAll(async () => {
    forwarder = await startForwarder()
  })
  afterAll(() => forwarder.stop())
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

async function start(listener: RequestListener): Promise<Counted> {
  const server = createServer((request, response) => {
    counted.count += 1
    counted.listener(request, response)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const counted: Counted = { origin: `http://127.0.0.1:${port}`, count: 0, listener }
  return counted
}

const answer: RequestListener = (_, response) => {
  response.end('ok')
}

/** What can go wrong before the head of an answer, and a head that says so itself. */
const FAULTS: readonly (readonly [string, RequestListener])[] = [
  ['hangs up', (request) => request.socket.destroy()],
  ['answers nothing', () => {}],
  ['is no HTTP server', (request) => request.socket.end('SSH-2.0-OpenSSH\r\n\r\n')],
  ['answers 502', (_, response) => response.writeHead(502).end('bad')],
  ['answers 503', (_, response) => response.writeHead(503).end('busy')],
  ['answers 504', (_, response) => response.writeHead(504).end('late')],
]

const toAsked = (...origins: string[]): Asked => ({
  services: [{ prefix: '/', origins, timeoutMs: SHORT_TIMEOUT_MS }],
})

describe.each(FAULTS)('where one of two origins %s', (_, fault) => {
  useForwarder()

  it.each(['GET', 'HEAD', 'OPTIONS'])('the other one answers: %s', async (method) => {
    const [bad, good] = [await start(fault), await start(answer)]
    const asked = { ...toAsked(bad.origin, good.origin), method }
    const answers = [await forwarder.send(asked), await forwarder.send(asked)]
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect([bad.count, good.count]).toEqual([1, 2])
  })

  it.each(EFFECTS)('a request that may have effects reaches one of them: %s', async (method) => {
    const [bad, good] = [await start(fault), await start(answer)]
    const asked = { ...toAsked(bad.origin, good.origin), method }
    const first = await forwarder.send(asked, 'effect')
    expect(first.status).toBeGreaterThanOrEqual(502)
    expect([bad.count, good.count]).toEqual([1, 0])
    expect((await forwarder.send(asked)).status).toBe(200)
    expect([bad.count, good.count]).toEqual([1, 1])
  })

  it('so does one with a body, whatever its method', async () => {
    const [bad, good] = [await start(fault), await start(answer)]
    const asked = {
      ...toAsked(bad.origin, good.origin),
      headers: [['Content-Length', '4']] as const,
    }
    expect((await forwarder.send(asked, 'body')).status).toBeGreaterThanOrEqual(502)
    expect([bad.count, good.count]).toEqual([1, 0])
  })
})

describe('a service with one origin', () => {
  useForwarder()

  it('is asked again over a new connection when the first one broke', async () => {
    let isFirst = true
    const backend = await start((request, response) => {
      if (!isFirst) return response.end('ok')
      isFirst = false
      return request.socket.destroy()
    })
    expect((await forwarder.send(toAsked(backend.origin))).status).toBe(200)
    expect(backend.count).toBe(2)
  })

  it.each([
    ['took too long', () => {}, 504],
    ['said that it is busy', (_, response) => response.writeHead(503).end('busy'), 503],
  ] as [string, RequestListener, number][])('is not when it %s', async (_, fault, status) => {
    const backend = await start(fault)
    expect((await forwarder.send(toAsked(backend.origin))).status).toBe(status)
    expect(backend.count).toBe(1)
  })

  it("keeps its own reply when that says that it can't", async () => {
    const backend = await start((_, response) =>
      response.writeHead(503, { 'Retry-After': '7' }).end('later'),
    )
    const reply = await forwarder.send(toAsked(backend.origin))
    expect(String(reply.body)).toBe('later')
    expect(reply.header('Retry-After')).toEqual(['7'])
  })

  it('never gets a request more than twice', async () => {
    const backend = await start((request) => request.socket.destroy())
    expect((await forwarder.send(toAsked(backend.origin))).status).toBe(502)
    expect(backend.count).toBe(2)
  })
})

describe('answers that are the business of the backend', () => {
  useForwarder()

  it.each([400, 404, 429, 500, 501])('are not asked for twice: %i', async (status) => {
    const [first, second] = [
      await start((_, response) => response.writeHead(status).end()),
      await start(answer),
    ]
    expect((await forwarder.send(toAsked(first.origin, second.origin))).status).toBe(status)
    expect([first.count, second.count]).toEqual([1, 0])
  })
})

describe('two of three origins that are down', () => {
  useForwarder()

  it('cost a few requests, and then the third answers all of them', async () => {
    const good = await start(answer)
    const asked = toAsked(await closedOrigin(), good.origin, await closedOrigin())
    for (let warm = 0; warm < 12; warm++) await forwarder.send(asked)
    const before = good.count
    for (let request = 0; request < 12; request++) {
      expect((await forwarder.send({ ...asked, method: 'POST' }, 'body')).status).toBe(200)
    }
    expect(good.count - before).toBe(12)
  })

  it('are taken in again when they are back, one trial at a time', async () => {
    const flaky = await start((request) => request.socket.destroy())
    const good = await start(answer)
    const asked = toAsked(flaky.origin, good.origin)
    for (let warm = 0; warm < 8; warm++) await forwarder.send(asked)
    const before = flaky.count
    for (let request = 0; request < 4; request++) await forwarder.send(asked)
    expect(flaky.count).toBe(before)

    flaky.listener = answer
    for (let request = 0; request < 6; request++) {
      expect((await forwarder.send({ ...asked, laterMs: FIRST_EJECTION_MS })).status).toBe(200)
    }
    expect(flaky.count - before).toBe(3)
  })
})

describe('all origins down', () => {
  useForwarder()

  it('is answered by an error, and over with the first that is back', async () => {
    const [one, two] = [await start(() => {}), await start(() => {})]
    one.listener = two.listener = (request) => request.socket.destroy()
    const asked = { ...toAsked(one.origin, two.origin), method: 'POST' }
    for (let warm = 0; warm < 8; warm++) {
      expect((await forwarder.send(asked, 'body')).status).toBe(502)
    }
    two.listener = answer
    const statuses = []
    for (let request = 0; request < 4; request++) {
      statuses.push((await forwarder.send(asked, 'body')).status)
    }
    expect(statuses.slice(-2)).toEqual([200, 200])
  })
})

describe('the budget', () => {
  useForwarder()

  it('ends the second tries of an isolate that has made too many', async () => {
    const backend = await start((request) => request.socket.destroy())
    for (let request = 0; request < 40; request++) await forwarder.send(toAsked(backend.origin))
    // 40 requests, the burst of 10, and one for each ten after it.
    expect(backend.count).toBeLessThanOrEqual(40 + 10 + 4)
    expect(backend.count).toBeGreaterThan(40 + 10)
  })
})
