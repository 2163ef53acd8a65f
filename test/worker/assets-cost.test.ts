import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Assets } from '../../src/assets/assets.ts'
import { createCounters, createR2Store } from '../../src/assets/store.ts'
import type { Version } from '../../src/core/types.ts'
import type { Env } from '../../src/env.ts'
import { publishVersion } from '../support/published.ts'
import { type Answer, ask, startIsolate } from './assets-isolate.ts'

const { STORE } = env as Env
let version: Version
/** Every call of the bucket, as it is named there. */
let calls: string[]

/** The real bucket, with a note of each call. */
const bucket = new Proxy(STORE, {
  get: (target, name: 'get') => {
    calls.push(name)
    return target[name].bind(target)
  },
})

beforeEach(async () => {
  calls = []
  // Other bytes for every test: the Cache API of the data centre outlives it.
  version = await publishVersion(STORE, '1.0.0', {
    '/app.js': { body: `export default '${crypto.randomUUID()}'`, hashed: true },
    '/film.mp4': { body: new Uint8Array(2 * 2 ** 20), type: 'video/mp4' },
    '/other.js': { body: `export default '${crypto.randomUUID()}'`, hashed: true },
  })
})

const start = () => startIsolate(createR2Store(bucket))

/** What asking once more has cost. */
async function costOf(assets: Assets, path: string, headers = {}): Promise<[Answer, object]> {
  const before = { ...assets.counters }
  const answer = await ask(assets, version, path, { headers })
  const spent = Object.entries(assets.counters)
    .map(([name, count]) => [name, count - before[name as keyof typeof before]] as const)
    .filter(([, count]) => count > 0)
  return [answer, Object.fromEntries(spent)]
}

describe('the cost of an asset', () => {
  it('is a manifest and a blob from R2 in a cold isolate, each with one get and no head', async () => {
    const [{ source }, spent] = await costOf(start(), '/app.js')
    expect(source).toBe('r2')
    expect(spent).toEqual({ r2Gets: 2, cacheGets: 2, cachePuts: 2 })
    expect(calls).toEqual(['get', 'get'])
  })

  it('is one get for a cold blob in a warm isolate', async () => {
    const assets = start()
    await ask(assets, version, '/app.js')
    calls = []
    const [, spent] = await costOf(assets, '/other.js')
    expect(spent).toEqual({ r2Gets: 1, cacheGets: 1, cachePuts: 1 })
    expect(calls).toEqual(['get'])
  })

  it('is nothing but memory when warm, a thousand times over', async () => {
    const assets = start()
    await ask(assets, version, '/app.js')
    calls = []
    const before = { ...assets.counters }
    for (let i = 0; i < 1000; i++) await ask(assets, version, '/app.js')
    expect(assets.counters).toEqual({ ...before, memoryHits: before.memoryHits + 1000 })
    expect(calls).toEqual([])
  })

  it('is no R2 operation in a cold isolate of a warm data centre', async () => {
    await ask(start(), version, '/app.js')
    calls = []
    const [{ source }, spent] = await costOf(start(), '/app.js')
    expect(source).toBe('cache')
    expect(spent).toEqual({ cacheGets: 2, cacheHits: 2 })
    expect(calls).toEqual([])
  })

  it.each([
    ['If-None-Match: *', { 'if-none-match': '*' }, 304],
    ['If-Match: "x"', { 'if-match': '"x"' }, 412],
    ['Range: bytes=9999-', { range: 'bytes=9999-' }, 416],
  ])('is the manifest alone for %s in a cold isolate', async (_, headers, status) => {
    await ask(start(), version, '/app.js')
    calls = []
    const [{ response }, spent] = await costOf(start(), '/app.js', headers)
    expect(response.status).toBe(status)
    expect(spent).toEqual({ cacheGets: 1, cacheHits: 1 })
    expect(calls).toEqual([])
  })

  it('is nothing but memory for a range of what is warm', async () => {
    const assets = start()
    await ask(assets, version, '/app.js')
    const [{ response }, spent] = await costOf(assets, '/app.js', { range: 'bytes=0-4' })
    expect(response.status).toBe(206)
    expect(spent).toEqual({ memoryHits: 1 })
  })

  it('is one get for a range of a small cold blob, which is warm then', async () => {
    const assets = start()
    await ask(assets, version, '/app.js')
    const [, cold] = await costOf(assets, '/other.js', { range: 'bytes=0-4' })
    expect(cold).toEqual({ r2Gets: 1, cacheGets: 1, cachePuts: 1 })
    const [, warm] = await costOf(assets, '/other.js')
    expect(warm).toEqual({ memoryHits: 1 })
  })

  it('is one get of just the range for a big cold blob', async () => {
    const assets = start()
    await ask(assets, version, '/app.js')
    const [{ bytes }, spent] = await costOf(assets, '/film.mp4', { range: 'bytes=1000000-1000009' })
    expect(bytes.length).toBe(10)
    expect(spent).toEqual({ r2Gets: 1, cacheGets: 1 })
  })

  it.each(['/app.js', '/film.mp4'])(
    '%s never waits for its copy into the Cache API',
    async (path) => {
      const copied = Promise.withResolvers<void>()
      const cache = { match: async () => undefined, put: () => copied.promise }
      const assets = startIsolate(createR2Store(bucket), cache)
      const ctx = createExecutionContext()
      const manifest = await assets.open(version, ctx)
      const intent = manifest === 'unavailable' ? undefined : assets.findOwn(manifest, path)
      if (!intent) throw new Error('not found')
      const request = new Request(`https://shop.example${path}`)
      const { response } = await assets.serve(intent, request, 'r1', ctx)
      const { byteLength } = await response.arrayBuffer()
      expect(String(byteLength)).toBe(response.headers.get('content-length'))
      copied.resolve()
      await waitOnExecutionContext(ctx)
    },
  )

  it('is nothing for a path that is not there', async () => {
    const assets = start()
    await ask(assets, version, '/app.js')
    const [{ response }, spent] = await costOf(assets, '/nothing')
    expect(response.status).toBe(404)
    expect(spent).toEqual({})
  })

  it('begins at nothing', () => {
    expect(start().counters).toEqual(createCounters())
  })
})
