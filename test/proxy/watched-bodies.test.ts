// What is seen of the bodies of replies while somebody compares environments, and that clients get
// the same bytes as otherwise: the real router in workerd, a real backend, and clients that leave.

import { once } from 'node:events'
import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { bundleWorker } from '../../scripts/local/bundle.ts'
import { EVERYBODY } from '../../src/core/counting/limits.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import { MAX_ERROR_BODY_BYTES } from '../../src/metrics/limits.ts'
import { type Backend, startBackend } from '../support/backend.ts'
import { readWhole } from './forwarder.ts'
import type { Told } from './order.ts'

const WHOLE = Buffer.alloc(300_000, 'some bytes ')
const RAW = { gzip: gzipSync(WHOLE), br: brotliCompressSync(WHOLE), zstd: zstdCompressSync(WHOLE) }
const ERROR = JSON.stringify({ data: null, errors: [{ message: 'no such order' }] })

/** An error in a body of so many bytes. */
function toErrorOf(bytes: number): string {
  const start = `${ERROR.slice(0, -1)},"more":"`
  return `${start}${'x'.repeat(bytes - start.length - 2)}"}`
}

/** What the backend does, by the last segment of the path. */
const ANSWERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  whole: (response) => {
    response.setHeader('content-length', WHOLE.length)
    response.end(WHOLE)
  },
  chunked: (response) => {
    response.write(WHOLE)
    response.end()
  },
  empty: (response) => response.writeHead(204).end(),
  'not-modified': (response) => response.writeHead(304, { etag: '"x"' }).end(),
  short: (response) => {
    response.setHeader('content-length', 2 * WHOLE.length)
    response.write(WHOLE, () => setTimeout(() => response.destroy(), 50))
  },
  cut: (response) => {
    response.write(WHOLE, () => setTimeout(() => response.destroy(), 50))
  },
  endless: (response) => {
    const timer = setInterval(() => response.write(WHOLE), 20)
    response.on('close', () => clearInterval(timer))
  },
  ...Object.fromEntries(
    Object.entries(RAW).map(([encoding, bytes]) => [
      encoding,
      (response: ServerResponse) => {
        response.setHeader('content-encoding', encoding)
        response.setHeader('content-length', bytes.length)
        response.end(bytes)
      },
    ]),
  ),
  failed: (response) => {
    response.writeHead(500, { 'content-encoding': 'gzip', 'content-length': RAW.gzip.length })
    response.end(RAW.gzip)
  },
}

/** Answers of the path whose bodies are searched: type and body. */
const SEARCHED: Readonly<
  Record<string, readonly [type: string, body: string | Buffer, more?: object]>
> = {
  error: ['application/json; charset=utf-8', ERROR],
  problem: ['application/graphql-response+json', ERROR],
  gzipped: ['application/json', gzipSync(ERROR), { 'content-encoding': 'gzip' }],
  brotli: ['application/json', brotliCompressSync(ERROR), { 'content-encoding': 'br' }],
  good: ['application/json', JSON.stringify({ data: { id: 7 }, errors: [] })],
  plain: ['text/plain', ERROR],
  broken: ['application/json', ERROR.slice(0, -3)],
  longest: ['application/json', toErrorOf(MAX_ERROR_BODY_BYTES)],
  long: ['application/json', toErrorOf(MAX_ERROR_BODY_BYTES + 1)],
}

let backend: Backend
let miniflare: Miniflare
let url: URL

beforeAll(async () => {
  backend = await startBackend((asked, response) => {
    const [, , folder = '', name = ''] = (asked.url ?? '').split('/')
    if (folder === 'graphql') {
      const [type, body, more = {}] = SEARCHED[name] ?? ['text/plain', '']
      response.writeHead(200, { 'content-type': type, ...more })
      response.end(body)
    } else {
      ANSWERS[folder]?.(response)
    }
  })
  const document: AssignmentsDocument = {
    schema: 1,
    revision: 1,
    salt: 'test',
    environments: { main: { version: '2' }, old: { version: '1' } },
    traffic: { main: 100, old: 0 },
    versions: {
      '1': {
        manifest: '1'.repeat(64),
        services: [{ prefix: '/down/', origins: [backend.origin] }],
      },
      '2': {
        manifest: '2'.repeat(64),
        services: [
          { prefix: '/api/', origins: [backend.origin] },
          // Nobody listens there.
          { prefix: '/down/', origins: ['http://127.0.0.1:1'], fallback: 'old' },
        ],
      },
    },
    measure: { errorBodies: { '/api/graphql/*': 'errors' } },
  }
  const all = [EVERYBODY]
  const metrics = { errors: all, brokenBodies: all, errorBodies: all }
  miniflare = new Miniflare(
    convertV4MiniflareOptions({
      cf: false,
      log: new Log(LogLevel.NONE),
      handleStructuredLogs: () => {},
      modules: true,
      script: await bundleWorker('test/worker/watching-worker.ts'),
      compatibilityDate: '2026-10-01',
      compatibilityFlags: ['enable_request_signal'],
      kvNamespaces: ['ASSIGNMENTS'],
      r2Buckets: ['STORE'],
      bindings: {
        DOCUMENT: JSON.stringify(document),
        COLLECTED: { main: { key: 'secret', bound: EVERYBODY, metrics, allowance: {} } },
        ALLOW_INSECURE_ORIGINS: 'true',
        COUNTS_FLUSH_MS: '20',
        CONTROL_REFRESH_MS: '50',
      },
      unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }],
    }),
  )
  await miniflare.ready
  url = await miniflare.unsafeGetDirectURL()
  const kv = await miniflare.getKVNamespace('ASSIGNMENTS')
  await kv.put('assignments', JSON.stringify(document))
  // The answer to the first call says what is collected.
  await vi.waitFor(async () => {
    await (await ask('/api/failed/first')).answer
    expect(await listTold()).not.toEqual([])
  }, 30_000)
}, 120_000)

afterAll(async () => {
  await miniflare.dispose()
  await backend.stop()
})

let visitors = 0
let marks = 0

/** Each request is of another visitor. */
async function ask(path: string) {
  const sent = request({
    host: url.hostname,
    port: url.port,
    path,
    agent: false,
    headers: {
      Cookie: `holo-visitor=visitor${String(visitors++).padStart(15, '0')}`,
      'Accept-Encoding': 'gzip, br, zstd',
    },
  })
  sent.end()
  const [message] = (await once(sent, 'response')) as [IncomingMessage]
  return { sent, message, answer: readWhole(message).catch(() => undefined) }
}

async function listTold(): Promise<Told[]> {
  const told = await fetch(new URL('/told', url))
  return (await told.json()) as Told[]
}

/** The metrics of a route that were told by the time when a failure after it was told. */
async function metricsOf(name: string): Promise<string[]> {
  const mark = `mark-${String.fromCharCode(97 + (marks >> 4), 97 + (marks++ & 15))}`
  await vi.waitFor(async () => {
    await (await ask(`/api/failed/${mark}`)).answer
    const isMarked = ({ route }: Told) => route.endsWith(mark)
    expect((await listTold()).some(isMarked)).toBe(true)
  }, 30_000)
  const told = await listTold()
  return told.filter(({ route }) => route === `GET /api/${name}`).map(({ metric }) => metric)
}

describe('a body that breaks off', () => {
  it.each(['short', 'cut'])('is told of, and the client sees it break off: %s', async (name) => {
    const { answer } = await ask(`/api/${name}`)
    expect(await answer).toBeUndefined()
    await vi.waitFor(async () => expect(await metricsOf(name)).toEqual(['brokenBodies']), 30_000)
  })

  it('because the client leaves is nothing', async () => {
    const { sent, message } = await ask('/api/endless')
    await once(message, 'data')
    sent.destroy()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await metricsOf('endless')).toEqual([])
  })
})

describe('a body that is whole', () => {
  it.each(['whole', 'chunked'])('arrives as it was: %s', async (name) => {
    const { message, answer } = await ask(`/api/${name}`)
    expect((await answer)?.body.equals(WHOLE)).toBe(true)
    const length = message.headers['content-length']
    expect(length).toBe(name === 'whole' ? String(WHOLE.length) : undefined)
    expect(await metricsOf(name)).toEqual([])
  })

  it.each(Object.entries(RAW))(
    'arrives in its encoding, byte for byte: %s',
    async (name, bytes) => {
      const { message, answer } = await ask(`/api/${name}`)
      expect(message.headers['content-encoding']).toBe(name)
      expect(message.headers['content-length']).toBe(String(bytes.length))
      expect((await answer)?.body.equals(bytes)).toBe(true)
      expect(await metricsOf(name)).toEqual([])
    },
  )

  it('of a failure arrives in its encoding as well', async () => {
    const { message, answer } = await ask('/api/failed')
    expect([message.statusCode, message.headers['content-encoding']]).toEqual([500, 'gzip'])
    expect((await answer)?.body.equals(RAW.gzip)).toBe(true)
    expect(await metricsOf('failed')).toEqual(['errors'])
  })

  it('of a fallback arrives in its encoding as well', async () => {
    const { message, answer } = await ask('/down/gzip')
    expect([message.statusCode, message.headers['content-encoding']]).toEqual([200, 'gzip'])
    expect(message.headers['server-timing']).toContain('holo-fallback')
    expect((await answer)?.body.equals(RAW.gzip)).toBe(true)
  })

  it.each([
    ['empty', 204],
    ['not-modified', 304],
  ])('may be none: %s', async (name, status) => {
    const { message, answer } = await ask(`/api/${name}`)
    expect([message.statusCode, (await answer)?.body.length]).toEqual([status, 0])
    expect(await metricsOf(name)).toEqual([])
  })
})

describe('an error in the body of a good reply', () => {
  it.each(['error', 'problem', 'gzipped', 'brotli', 'longest'])('is told of: %s', async (name) => {
    const { message, answer } = await ask(`/api/graphql/${name}`)
    expect(message.statusCode).toBe(200)
    const [, body] = SEARCHED[name] ?? []
    const isEncoded = message.headers['content-encoding'] !== undefined
    if (!isEncoded) expect((await answer)?.body.toString()).toBe(body)
    else expect((await answer)?.body.length).toBeGreaterThan(0)
    await vi.waitFor(
      async () => expect(await metricsOf(`graphql/${name}`)).toEqual(['errorBodies']),
      30_000,
    )
  })

  it.each(['good', 'plain', 'broken', 'long'])('is not found in: %s', async (name) => {
    const { answer } = await ask(`/api/graphql/${name}`)
    const [, body] = SEARCHED[name] ?? []
    expect((await answer)?.body.toString()).toBe(body)
    expect(await metricsOf(`graphql/${name}`)).toEqual([])
  })
})
