// Probes in workerd of real servers: which answer, which do not, and how requests of visitors go on
// with what the probes found.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { PROBE_USER_AGENT } from '../../src/control/health/ask-origin.ts'
import { findTargets } from '../../src/control/health/targets.ts'
import { type Backend, closedOrigin, startBackend, valuesOf } from '../support/backend.ts'
import { exampleDocument } from '../support/document.ts'
import { ask } from '../support/http-client.ts'
import { type ProbedEdge, startProbedEdge } from './probed-edge.ts'

const INTERVAL_MS = 10_000

let edge: ProbedEdge
const backends: Backend[] = []

beforeAll(async () => {
  edge = await startProbedEdge()
})
afterEach(async () => {
  for (const backend of backends.splice(0)) await backend.stop()
})
afterAll(() => edge?.stop())

async function start(listener: Parameters<typeof startBackend>[0]): Promise<Backend> {
  const backend = await startBackend(listener)
  backends.push(backend)
  return backend
}

const answering = (status: number, headers = {}) =>
  start((_, response) => response.writeHead(status, headers).end())

/** Every service with a probe of `/health` each look. */
function probed(origins: Readonly<Record<string, string | readonly string[]>>, probe = {}) {
  return Object.entries(origins).map(([name, origin]) => ({
    prefix: `/${name}/`,
    origins: [origin].flat(),
    probe: { path: '/health', intervalMs: INTERVAL_MS, ...probe },
  }))
}

async function look(times: number): Promise<void> {
  for (let time = 0; time < times; time++) await edge.control.lookAfter(INTERVAL_MS)
}

async function states(): Promise<Record<string, string>> {
  const { services } = await edge.report()
  return Object.fromEntries(services.map(({ prefix, state, why }) => [prefix, `${state}: ${why}`]))
}

describe('a probe', () => {
  it('finds who answers, who answers wrongly, and who does not answer', async () => {
    const elsewhere = await answering(200)
    await edge.serve(
      probed({
        up: (await answering(200)).origin,
        failing: (await answering(500)).origin,
        hanging: (await start(() => {})).origin,
        refusing: await closedOrigin(),
        redirecting: (await answering(302, { location: `${elsewhere.origin}/health` })).origin,
        closing: (await start((request) => request.socket.destroy())).origin,
      }),
    )
    await look(3)
    expect(await states()).toEqual({
      '/up/': 'Healthy: answers 200',
      '/failing/': expect.stringMatching(/^Down: .+ answers 500 instead of 200/),
      '/hanging/': expect.stringMatching(/^Down: .+ does not answer within 2000 ms/),
      '/refusing/': expect.stringMatching(/^Down: .+ cannot be reached/),
      '/redirecting/': expect.stringMatching(/^Down: .+ answers 302 instead of 200/),
      '/closing/': expect.stringMatching(/^Down: .+ cannot be reached/),
    })
    expect(elsewhere.received).toEqual([])
  })

  it('says whose it is, and asks for the path of the origin', async () => {
    const backend = await answering(204)
    await edge.serve(probed({ api: backend.origin }, { path: '/ready?deep=1', status: 204 }))
    await look(1)
    expect(await states()).toEqual({ '/api/': 'Online: answers 204' })
    const [request] = backend.received
    expect(request).toMatchObject({ method: 'GET', url: '/ready?deep=1' })
    expect(valuesOf(request?.rawHeaders ?? [], 'user-agent')).toEqual([PROBE_USER_AGENT])
  })

  it('asks below the path of an origin that has one', async () => {
    const backend = await answering(200)
    await edge.serve(probed({ api: `${backend.origin}/prod/` }))
    await look(1)
    expect(await states()).toEqual({ '/api/': 'Online: answers 200' })
    expect(backend.received.map(({ url }) => url)).toEqual(['/prod/health'])
  })

  it('finds an origin that answers slowly degraded', async () => {
    const backend = await start(async (_, response) => {
      await edge.control.passTime(1500)
      response.end()
    })
    await edge.serve(probed({ api: backend.origin }))
    await look(1)
    expect((await states())['/api/']).toMatch(/^Degraded: .+ answers after 1500 ms/)
  })

  it('notices that an origin is back', async () => {
    let status = 503
    const backend = await start((_, response) => response.writeHead(status).end())
    await edge.serve(probed({ api: backend.origin }))
    await look(3)
    expect((await states())['/api/']).toMatch(/^Down/)
    status = 200
    await look(1)
    expect((await states())['/api/']).toMatch(/^Online/)
    await look(2)
    expect((await states())['/api/']).toMatch(/^Healthy/)
  })

  it('is made of origins alone that may be asked', () => {
    const document = exampleDocument()
    const version = document.versions['0.0.5']
    const probe = { path: '/health' }
    const origins = ['http://10.0.0.1', 'https://localhost', 'https://api.example.com']
    if (version) version.services = [{ prefix: '/api/', origins, probe }]
    const { asked, services } = findTargets(document, false)
    expect(asked.map(({ origin }) => origin)).toEqual(['https://api.example.com'])
    const canary = services.find(({ environment }) => environment === 'canary')
    expect(canary?.targets.map(({ refusal }) => refusal?.slice(0, 9))).toEqual([
      ...['not asked', 'not asked', undefined],
    ])
  })
})

describe('an isolate that hears which origins are down', () => {
  it('asks the one of three that is left, and the others where that one fails', async () => {
    let isThirdUp = true
    const down = () =>
      start((request, response) =>
        response.writeHead(request.url === '/health' ? 500 : 200).end('answered all the same'),
      )
    const [first, second] = [await down(), await down()]
    const third = await start((request, response) => {
      if (isThirdUp) response.end('third')
      else if (request.url === '/health') response.writeHead(500).end()
      else request.socket.destroy()
    })
    await edge.serve(probed({ api: [first.origin, second.origin, third.origin] }))
    await look(3)
    expect((await edge.report()).down).toEqual([first.origin, second.origin])
    const visit = () => ask(edge.url, '/api/basket')
    // The hint comes with the answer to a call behind a reply.
    await expect.poll(async () => await servedBy(third, visit, 6), { timeout: 20_000 }).toBe(6)
    isThirdUp = false
    const { status, body } = await visit()
    expect([status, String(body)]).toEqual([200, 'answered all the same'])
  })
})

/** How many of `count` visits reach the backend. */
async function servedBy(
  { received }: Backend,
  visit: () => Promise<unknown>,
  count: number,
): Promise<number> {
  const before = received.length
  for (let i = 0; i < count; i++) await visit()
  return received.length - before
}
