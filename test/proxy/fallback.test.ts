import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { FIRST_EJECTION_MS } from '../../src/proxy/origins.ts'
import { type Answer, type Asked, type Forwarder, readWhole, startForwarder } from './forwarder.ts'

const SHORT_TIMEOUT_MS = 100

type Counted = { readonly origin: string; count: number; listener: RequestListener }

let forwarder: Forwarder
const servers: Server[] = []

beforeAll(async () => {
  forwarder = await startForwarder()
})

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

afterAll(() => forwarder.stop())

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

const hangUp: RequestListener = (request) => request.socket.destroy()
const answerAs =
  (name: string, status = 200): RequestListener =>
  (_, response) => {
    response.writeHead(status).end(name)
  }

const toAsked = (own: readonly Counted[], other: Counted): Asked => ({
  services: [
    { prefix: '/', origins: own.map(({ origin }) => origin), timeoutMs: SHORT_TIMEOUT_MS },
  ],
  fallback: { prefix: '/', origins: [other.origin], timeoutMs: SHORT_TIMEOUT_MS },
})

const told = (answer: Answer) => ({
  status: answer.status,
  body: String(answer.body),
  reason: answer.header('Holo-Test-Fell-Back-For')[0],
})

describe('a service that is down', () => {
  it.each([
    ['hangs up', hangUp, 'origin_unreachable'],
    ['answers nothing', () => {}, 'origin_timeout'],
    ['answers 503', answerAs('busy', 503), 'origin_unavailable'],
  ] as [string, RequestListener, string][])(
    'has its fallback answer, and the reason is told, where it %s',
    async (_, fault, reason) => {
      const [own, other] = [await start(fault), await start(answerAs('other'))]
      const answer = await forwarder.send(toAsked([own], other))
      expect(told(answer)).toEqual({ status: 200, body: 'other', reason })
      expect(own.count).toBeGreaterThan(0)
    },
  )

  it('keeps its own error where the fallback fails as well', async () => {
    const [own, other] = [await start(answerAs('own', 503)), await start(hangUp)]
    const answer = await forwarder.send(toAsked([own], other))
    expect(told(answer)).toEqual({ status: 503, body: 'own', reason: undefined })
  })

  it('is spared until a trial is due, and nobody waits for it meanwhile', async () => {
    const [own, other] = [await start(() => {}), await start(answerAs('other'))]
    const asked = toAsked([own], other)
    for (let request = 0; request < 6; request++) {
      expect(told(await forwarder.send(asked)).body).toBe('other')
    }
    expect(own.count).toBe(3)
    own.listener = answerAs('own')
    const back = []
    for (let request = 0; request < 3; request++) {
      back.push(told(await forwarder.send({ ...asked, laterMs: FIRST_EJECTION_MS })).body)
    }
    expect(back).toEqual(['own', 'own', 'own'])
  })
})

describe('a service that is not down', () => {
  it('answers by itself, whatever it answers', async () => {
    const [own, other] = [await start(answerAs('own', 500)), await start(answerAs('other'))]
    expect(told(await forwarder.send(toAsked([own], other)))).toMatchObject({ body: 'own' })
    expect(other.count).toBe(0)
  })

  it('has no fallback while one of its origins is left', async () => {
    const own = [await start(hangUp), await start(hangUp), await start(answerAs('own'))]
    const other = await start(answerAs('other'))
    const asked = toAsked(own, other)
    const bodies = []
    for (let request = 0; request < 15; request++) {
      bodies.push(told(await forwarder.send(asked)).body)
    }
    expect(other.count).toBe(0)
    expect(bodies.slice(-3)).toEqual(['own', 'own', 'own'])
  })
})

describe('a service that hangs up on bodies it does not want', () => {
  it('is not taken for one that is down', async () => {
    const [own, other] = [await start(answerAs('own')), await start(answerAs('other'))]
    const asked = { ...toAsked([own], other), method: 'POST' }
    own.listener = (request) => request.once('data', () => request.socket.destroy())
    for (let upload = 0; upload < 6; upload++) {
      const headers = [['Content-Length', '20000000']] as const
      const { sent, answered } = forwarder.open({ ...asked, headers })
      sent.on('error', () => {})
      sent.write(Buffer.alloc(1_000_000))
      const answer = await readWhole(await answered)
      sent.destroy()
      expect(answer.status).toBe(502)
      expect(JSON.parse(String(answer.body)).code).toBe('origin_unreachable')
    }
    own.listener = answerAs('own')
    expect(told(await forwarder.send(asked, 'small'))).toMatchObject({ status: 200, body: 'own' })
    expect([own.count, other.count]).toEqual([7, 0])
  })
})

describe.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s, which may have effects', (method) => {
  it.each([
    ['hangs up', hangUp],
    ['answers nothing', () => {}],
    ['answers 503', answerAs('busy', 503)],
  ] as [string, RequestListener][])(
    'reaches the service or its fallback and never both, where the service %s',
    async (_, fault) => {
      const [own, other] = [await start(fault), await start(answerAs('other'))]
      const asked = { ...toAsked([own], other), method }
      for (let request = 1; request <= 6; request++) {
        const { status } = await forwarder.send(asked, 'effect')
        expect(status === 200 ? other.count : own.count).toBeGreaterThan(0)
        expect(own.count + other.count).toBe(request)
      }
      // After three failures nothing is sent to the service, so that the fallback may have it.
      expect([own.count, other.count]).toEqual([3, 3])
    },
  )
})
