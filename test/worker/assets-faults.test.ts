import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ByteRange } from '../../src/assets/ranges.ts'
import { createEdgeCache, createR2Store } from '../../src/assets/store.ts'
import type { Version } from '../../src/core/types.ts'
import type { Env } from '../../src/env.ts'
import { publishVersion, sha256 } from '../support/published.ts'
import { type Answer, ask, startIsolate } from './assets-isolate.ts'

const { STORE } = env as Env
const SHORT_MS = 40
const SHORT = { timeoutMs: SHORT_MS, putTimeoutMs: SHORT_MS }
const BIG_BYTES = 2 * 2 ** 20
const FAULTS = {
  throws: () => {
    throw new Error('planted')
  },
  rejects: () => Promise.reject(new Error('planted')),
  hangs: () => new Promise<never>(() => undefined),
}
const names = Object.keys(FAULTS) as (keyof typeof FAULTS)[]

let version: Version
let text: string
let big: Uint8Array<ArrayBuffer>

beforeEach(async () => {
  // What is meant to fail is logged; the log of the tests stays readable.
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
  text = crypto.randomUUID()
  big = new Uint8Array(BIG_BYTES).fill(text.charCodeAt(0))
  big.set(new TextEncoder().encode(text))
  version = await publishVersion(STORE, '1.0.0', {
    '/a.txt': { body: text },
    '/big.bin': { body: big },
  })
})
afterEach(() => vi.restoreAllMocks())

const store = createR2Store(STORE)
const noCache = createEdgeCache({ match: FAULTS.rejects, put: FAULTS.rejects }, SHORT)
const brokenStore = (get: R2Bucket['get']) =>
  createR2Store({ get } as Pick<R2Bucket, 'get'>, SHORT_MS)
const streamOf = (part: string) =>
  new ReadableStream({
    start: (controller) => {
      controller.enqueue(new TextEncoder().encode(part))
      controller.close()
    },
  })
const toText = ({ bytes }: Answer) => new TextDecoder().decode(bytes)

function expectUnavailable(answer: Answer): void {
  expect(answer.response.status).toBe(503)
  expect(answer.source).toBe('none')
  expect(answer.response.headers.get('cache-control')).toBe('no-store')
  expect(Number(answer.response.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(JSON.parse(toText(answer)).code).toBe('storage_unavailable')
}

describe.each(names)('while R2 %s', (fault) => {
  const broken = () => brokenStore(FAULTS[fault] as unknown as R2Bucket['get'])

  it('a cold isolate answers 503, not 404', async () => {
    expectUnavailable(await ask(startIsolate(broken(), noCache), version, '/a.txt'))
  })

  it('a cold blob answers 503 though its manifest is in memory', async () => {
    const failing = { ...store, getBlob: broken().getBlob }
    expectUnavailable(await ask(startIsolate(failing, noCache), version, '/a.txt'))
    expectUnavailable(await ask(startIsolate(failing, noCache), version, '/big.bin'))
  })

  it('a range answers 503 as well, and several ranges do', async () => {
    const failing = { ...store, getBlob: broken().getBlob }
    for (const path of ['/a.txt', '/big.bin']) {
      for (const range of ['bytes=1-2', 'bytes=1-2,900-910']) {
        expectUnavailable(
          await ask(startIsolate(failing, noCache), version, path, { headers: { range } }),
        )
      }
    }
  })

  it.each(['/a.txt', '/big.bin'])('a range of %s still comes from the Cache API', async (path) => {
    await ask(startIsolate(store), version, path)
    const headers = { range: 'bytes=2-9' }
    const answer = await ask(startIsolate(broken()), version, path, { headers })
    expect([answer.response.status, answer.source]).toEqual([206, 'cache'])
    expect(toText(answer)).toBe(text.slice(2, 10))
  })

  it('the Cache API of the data centre still answers', async () => {
    await ask(startIsolate(store), version, '/a.txt')
    const answer = await ask(startIsolate(broken()), version, '/a.txt')
    expect([answer.response.status, answer.source, toText(answer)]).toEqual([200, 'cache', text])
  })

  it('what is in memory still answers', async () => {
    let isBroken = false
    const assets = startIsolate(
      {
        getBlob: (hash) => (isBroken ? broken() : store).getBlob(hash),
        getManifest: (hash) => (isBroken ? broken() : store).getManifest(hash),
      },
      noCache,
    )
    await ask(assets, version, '/a.txt')
    isBroken = true
    const answer = await ask(assets, version, '/a.txt')
    expect([answer.response.status, answer.source, toText(answer)]).toEqual([200, 'memory', text])
  })

  it('and heals, the next request is served', async () => {
    let isBroken = true
    const assets = startIsolate(
      {
        getBlob: (hash) => (isBroken ? broken() : store).getBlob(hash),
        getManifest: (hash) => (isBroken ? broken() : store).getManifest(hash),
      },
      noCache,
    )
    expectUnavailable(await ask(assets, version, '/a.txt'))
    isBroken = false
    expect(toText(await ask(assets, version, '/a.txt'))).toBe(text)
  })
})

describe.each(names)('while the Cache API %s', (fault) => {
  it.each(['match', 'put'] as const)('on %s, R2 answers', async (method) => {
    const broken = {
      match: (key: string) => caches.default.match(key),
      put: (key: string, response: Response) => caches.default.put(key, response),
      [method]: FAULTS[fault],
    } as Pick<Cache, 'match' | 'put'>
    const assets = startIsolate(store, createEdgeCache(broken, SHORT))
    const small = await ask(assets, version, '/a.txt')
    const large = await ask(assets, version, '/big.bin')
    expect([small.source, toText(small)]).toEqual(['r2', text])
    expect([large.source, await sha256(Uint8Array.from(large.bytes))]).toEqual([
      'r2',
      await sha256(big),
    ])
  })
})

describe('what lies', () => {
  const entryOf = async (path: string) => {
    const ctx = { waitUntil: () => undefined }
    const manifest = await startIsolate(store, noCache).open(version, ctx)
    if (manifest === 'unavailable') throw new Error('the manifest is out of reach')
    return manifest.find(path)?.blob ?? ''
  }

  it('a blob that is gone is 503, never 404', async () => {
    await STORE.delete(`blobs/${await entryOf('/a.txt')}`)
    expectUnavailable(await ask(startIsolate(store), version, '/a.txt'))
  })

  it.each(['/a.txt', '/big.bin'])('%s of another length in R2 is 503', async (path) => {
    await STORE.put(`blobs/${await entryOf(path)}`, 'short')
    expectUnavailable(await ask(startIsolate(store), version, path))
  })

  it('a range of a blob that is gone or of another length is 503', async () => {
    const headers = { range: 'bytes=1-2' }
    await STORE.put(`blobs/${await entryOf('/big.bin')}`, 'short')
    expectUnavailable(await ask(startIsolate(store, noCache), version, '/big.bin', { headers }))
    await STORE.delete(`blobs/${await entryOf('/big.bin')}`)
    expectUnavailable(await ask(startIsolate(store, noCache), version, '/big.bin', { headers }))
  })

  it('a range that R2 gives in part, or gives more of, is never a whole one', async () => {
    for (const part of ['x', 'more than was asked for']) {
      const lying = {
        ...store,
        getBlob: async (hash: string) => {
          const found = await store.getBlob(hash)
          if (typeof found === 'string') return found
          await found.body.cancel()
          return { size: found.size, body: streamOf(part) }
        },
      }
      const headers = { range: 'bytes=1-2' }
      const asked = ask(startIsolate(lying, noCache), version, '/big.bin', { headers })
      await expect(asked).rejects.toThrow()
    }
  })

  it('several ranges of which one cannot be had are broken off', async () => {
    let gets = 0
    const failing = {
      ...store,
      getBlob: async (hash: string, range?: ByteRange) =>
        gets++ === 0 ? store.getBlob(hash, range) : ('unavailable' as const),
    }
    const headers = { range: 'bytes=1-2,900-910' }
    const asked = ask(startIsolate(failing, noCache), version, '/big.bin', { headers })
    await expect(asked).rejects.toThrow('out of reach')
  })

  it('a blob of another length in the Cache API is a miss', async () => {
    const key = `blobs/${await entryOf('/a.txt')}`
    await createEdgeCache(caches.default).put(key, new Uint8Array(5), 5)
    const answer = await ask(startIsolate(store), version, '/a.txt')
    expect([answer.source, toText(answer)]).toEqual(['r2', text])
  })

  it.each([
    ['nothing', new Uint8Array()],
    ['a page', new TextEncoder().encode('<!doctype html><title>not a manifest</title>')],
    ['zeroes', new Uint8Array(4096)],
  ])('a manifest that is %s is 503', async (_, bytes) => {
    await STORE.put(`manifests/${version.manifest}`, bytes)
    expectUnavailable(await ask(startIsolate(store), version, '/a.txt'))
  })

  it('a manifest cut off anywhere is 503', async () => {
    const whole = await (await STORE.get(`manifests/${version.manifest}`))?.bytes()
    if (!whole) throw new Error('no manifest')
    for (let length = 0; length < whole.length; length += 13) {
      await STORE.put(`manifests/${version.manifest}`, whole.slice(0, length))
      expectUnavailable(await ask(startIsolate(store), version, '/a.txt'))
    }
  })

  it('a manifest that is broken in the Cache API alone is read from R2', async () => {
    await createEdgeCache(caches.default).put(`manifests/${version.manifest}`, new Uint8Array(9), 9)
    expect(toText(await ask(startIsolate(store), version, '/a.txt'))).toBe(text)
  })

  it.each(['/a.txt', '/big.bin'])(
    'a body of %s that ends early is never a whole one',
    async (path) => {
      const blob = await entryOf(path)
      const cut = {
        ...store,
        getBlob: async (hash: string) => {
          const found = await store.getBlob(hash)
          if (typeof found === 'string' || hash !== blob) return found
          await found.body.cancel()
          return { size: found.size, body: streamOf('part') }
        },
      }
      const outcome = await ask(startIsolate(cut, noCache), version, path).then(
        ({ response }) => response.status,
        () => 'broken off',
      )
      expect(outcome).toBe(path === '/a.txt' ? 503 : 'broken off')
    },
  )
})

describe('a late answer of R2', () => {
  it('is let go, so that it holds no connection', async () => {
    let cancelled = false
    const body = new ReadableStream({
      cancel: () => {
        cancelled = true
      },
    })
    const late = createR2Store(
      {
        get: async () => {
          await scheduler.wait(3 * SHORT_MS)
          return { body, size: 1 }
        },
      } as unknown as Pick<R2Bucket, 'get'>,
      SHORT_MS,
    )
    expect(await late.getBlob('0')).toBe('unavailable')
    await vi.waitFor(() => expect(cancelled).toBe(true), 20_000)
  })
})
