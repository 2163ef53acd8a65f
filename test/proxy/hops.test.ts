// What a request carries from hop to hop: the sign that it has been here before, and its trace.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Backend, startBackend, valuesOf } from '../support/backend.ts'
import { type Asked, type Forwarder, startForwarder } from './forwarder.ts'

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00'

let forwarder: Forwarder
let backend: Backend

beforeAll(async () => {
  forwarder = await startForwarder()
  backend = await startBackend((_, response) => response.end('ok'))
})

afterAll(async () => {
  await forwarder.stop()
  await backend.stop()
})

/** What the backend is sent under `name` when the client sends `headers`. */
async function receive(name: string, headers: Asked['headers'] = []): Promise<string[]> {
  const answer = await forwarder.send({
    services: [{ prefix: '/', origins: [backend.origin] }],
    headers,
  })
  expect(answer.status).toBe(200)
  return valuesOf(backend.received.at(-1)?.rawHeaders ?? [], name)
}

describe('a request in a loop', () => {
  it.each([
    [[['CDN-Loop', 'holo-test']]],
    [[['CDN-Loop', 'cloudflare; loops=1, holo-test; x="y"']]],
    [
      [
        ['CDN-Loop', 'cloudflare'],
        ['CDN-Loop', 'holo-test'],
      ],
    ],
  ] as [Asked['headers']][])('is a 508, and the backend hears nothing: %j', async (headers) => {
    const before = backend.received.length
    const services = [{ prefix: '/', origins: [backend.origin] }]
    const answer = await forwarder.send({ services, headers: headers ?? [] })
    expect(answer.status).toBe(508)
    expect(JSON.parse(String(answer.body)).code).toBe('loop_detected')
    expect(backend.received.length).toBe(before)
  })

  it('is told by a name that is added to those before it', async () => {
    expect(await receive('CDN-Loop')).toEqual(['holo-test'])
    const behind = await receive('CDN-Loop', [['CDN-Loop', 'cloudflare, holo-other']])
    expect(behind.join(', ')).toBe('cloudflare, holo-other, holo-test')
  })
})

describe('a trace', () => {
  const NEW = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/

  it.each([
    PARENT,
    '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03',
    'cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-comes-later',
  ])('goes on as it came: %s', async (traceparent) => {
    expect(await receive('traceparent', [['traceparent', traceparent]])).toEqual([traceparent])
  })

  it('keeps its state', async () => {
    const headers = [
      ['traceparent', PARENT],
      ['tracestate', 'vendor=1'],
    ] as const
    expect(await receive('tracestate', headers)).toEqual(['vendor=1'])
  })

  it('begins here where there is none, another one each time', async () => {
    const [[first = ''], [second = '']] = [
      await receive('traceparent'),
      await receive('traceparent'),
    ]
    expect(first).toMatch(NEW)
    expect(second).toMatch(NEW)
    expect(first).not.toBe(second)
  })

  it.each([
    'garbage',
    `${PARENT}-more`,
    PARENT.toUpperCase(),
    PARENT.replace('00-', 'ff-'),
    PARENT.replace(/-[0-9a-f]{32}-/, `-${'0'.repeat(32)}-`),
    PARENT.replace(/-[0-9a-f]{16}-/, `-${'0'.repeat(16)}-`),
    `${PARENT}, ${PARENT}`,
  ])('begins anew, without state, where what came cannot be read: %s', async (traceparent) => {
    const headers = [
      ['traceparent', traceparent],
      ['tracestate', 'vendor=1'],
    ] as const
    expect((await receive('traceparent', headers))[0]).toMatch(NEW)
    expect(await receive('tracestate', headers)).toEqual([])
  })
})
