// The memories of an isolate, and what is searched, filled as far as they go: what was not used for longest
// is read again, and every answer stays right. docs/storage.md lists the bounds.

import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { MAX_SEARCHED_VERSIONS } from '../../src/assets/elsewhere.ts'
import {
  MAX_CACHED_BLOB_BYTES,
  MAX_MEMORY_BLOB_BYTES,
  MAX_MEMORY_BLOBS_BYTES,
  MAX_MEMORY_MANIFESTS_BYTES,
  MAX_NEGATIVES_BYTES,
  MAX_SEARCHED_BYTES,
  MAX_SIZES_BYTES,
} from '../../src/assets/limits.ts'
import { createR2Store } from '../../src/assets/store.ts'
import { encodeManifest } from '../../src/core/site/encode-manifest.ts'
import { DEFAULT_HTML_HANDLING } from '../../src/core/site/manifest-config.ts'
import { MAX_MANIFEST_BYTES } from '../../src/core/site/manifest-limits.ts'
import type { Version } from '../../src/core/types.ts'
import type { Env } from '../../src/env.ts'
import { publishVersion, sha256 } from '../support/published.ts'
import { ask, startIsolate } from './assets-isolate.ts'
import { startManifests, startSearch } from './assets-search.ts'

const { STORE } = env as Env
const store = createR2Store(STORE)

/** What was logged as an error. */
let errors: unknown[]
beforeEach(() => {
  errors = []
  vi.spyOn(console, 'error')
    .mockReset()
    .mockImplementation((message) => {
      errors.push(message)
    })
})

/** Bytes that no other test has: the Cache API outlives them all. */
function makeBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  crypto.getRandomValues(bytes.subarray(0, Math.min(length, 64)))
  return bytes
}

/** A version with one file, whose manifest has exactly so many bytes. */
async function putManifest(bytes: number, path = '/a.txt'): Promise<Version> {
  const { blobs, ...file } = await putFile(path)
  const encode = (padding: number) =>
    encodeManifest(
      [
        { ...file, type: 'text/plain' },
        { ...file, path: '/padding', type: `a/${'x'.repeat(padding)}` },
      ],
      { htmlHandling: DEFAULT_HTML_HANDLING, notFound: 'none' },
    )
  const whole = Uint8Array.from(encode(bytes - encode(0).length))
  expect(whole.length).toBe(bytes)
  const manifest = await sha256(whole)
  await STORE.put(`manifests/${manifest}`, whole)
  const id = `${path.slice(1)} of ${bytes}`
  return {
    id,
    manifest,
    services: [],
    open: true,
    openIn: new Map(),
    withdrawn: false,
  }
}

async function putFile(path: string) {
  const bytes = makeBytes(100)
  const blob = await sha256(bytes)
  await STORE.put(`blobs/${blob}`, bytes)
  return { path, blob, size: bytes.length, hashed: false, encodings: [], blobs: bytes }
}

describe('blobs in memory', () => {
  it('MAX_MEMORY_BLOBS_BYTES: as many stay as fit, and for one more the oldest is read again', {
    timeout: 120_000,
  }, async () => {
    const count = MAX_MEMORY_BLOBS_BYTES / MAX_MEMORY_BLOB_BYTES
    const files = Array.from({ length: count + 1 }, (_, i) => [
      `/${i}.bin`,
      { body: makeBytes(MAX_MEMORY_BLOB_BYTES) },
    ])
    const version = await publishVersion(STORE, 'full', Object.fromEntries(files))
    const assets = startIsolate(store)
    const sourceOf = async (i: number) => {
      const { bytes, source, response } = await ask(assets, version, `/${i}.bin`)
      expect([response.status, bytes.length]).toEqual([200, MAX_MEMORY_BLOB_BYTES])
      return source
    }
    for (let i = 0; i < count; i++) await sourceOf(i)
    for (let i = 0; i < count; i++) expect(await sourceOf(i)).toBe('memory')
    expect(await sourceOf(count)).toBe('r2')
    expect(await sourceOf(count)).toBe('memory')
    expect(await sourceOf(1)).toBe('memory')
    expect(await sourceOf(0)).toBe('cache')
  })

  it.each([
    ['MAX_MEMORY_BLOB_BYTES: one as large is kept', MAX_MEMORY_BLOB_BYTES, 'memory'],
    ['MAX_MEMORY_BLOB_BYTES: one larger is streamed', MAX_MEMORY_BLOB_BYTES + 1, 'cache'],
    ['MAX_CACHED_BLOB_BYTES: one as large is cached', MAX_CACHED_BLOB_BYTES, 'cache'],
    ['MAX_CACHED_BLOB_BYTES: one larger is not', MAX_CACHED_BLOB_BYTES + 1, 'r2'],
  ])('%s', async (_, size, again) => {
    const body = makeBytes(size)
    const version = await publishVersion(STORE, `of ${size}`, { '/a.bin': { body } })
    const assets = startIsolate(store)
    for (const source of ['r2', again]) {
      const answer = await ask(assets, version, '/a.bin')
      expect([answer.response.status, answer.source]).toEqual([200, source])
      expect(await sha256(Uint8Array.from(answer.bytes))).toBe(await sha256(body))
    }
  })
})

describe('manifests', () => {
  it('MAX_MEMORY_MANIFESTS_BYTES: for one more than fits the oldest is read again', async () => {
    const half = MAX_MEMORY_MANIFESTS_BYTES / 2
    const [a, b, c] = await Promise.all([putManifest(half), putManifest(half), putManifest(1000)])
    const assets = startIsolate(store)
    const readsOf = async (version: Version) => {
      const { cacheGets } = assets.counters
      expect((await ask(assets, version, '/a.txt')).response.status).toBe(200)
      return assets.counters.cacheGets - cacheGets
    }
    // A manifest and a blob, and then neither.
    for (const version of [a, b]) expect(await readsOf(version)).toBe(2)
    for (const version of [a, b]) expect(await readsOf(version)).toBe(0)
    expect(await readsOf(c)).toBe(2)
    expect(await readsOf(b)).toBe(0)
    expect(await readsOf(a)).toBe(1)
  })

  it('MAX_MANIFEST_BYTES: one as large is served, and one larger is a 503 that the log explains', async () => {
    const assets = startIsolate(store)
    const largest = await putManifest(MAX_MANIFEST_BYTES)
    expect((await ask(assets, largest, '/a.txt')).response.status).toBe(200)
    const larger = await putManifest(MAX_MANIFEST_BYTES + 1)
    for (let i = 0; i < 2; i++) {
      expect((await ask(assets, larger, '/a.txt')).response.status).toBe(503)
    }
    expect(errors).toContain(
      `manifest ${larger.manifest} has more than ${MAX_MANIFEST_BYTES} bytes`,
    )
    expect((await ask(assets, largest, '/a.txt')).response.status).toBe(200)
  })

  it('MAX_SIZES_BYTES: of more sizes than are remembered the oldest is asked for again', async () => {
    const count = MAX_SIZES_BYTES / 64
    const { counters, load } = startManifests({
      ...store,
      getManifest: async () => ({ body: new Response('too large').body as never, size: 9 }),
    })
    const nonce = crypto.randomUUID().replaceAll('-', '').padStart(56, '0')
    const readsOf = async (i: number) => {
      const { r2Gets } = counters
      expect(await load(nonce + i.toString(16).padStart(8, '0'), 8)).toBe('too-large')
      return counters.r2Gets - r2Gets
    }
    for (let i = 0; i < count; i++) expect(await readsOf(i)).toBe(1)
    expect(await readsOf(0)).toBe(0)
    expect(await readsOf(count)).toBe(1)
    expect(await readsOf(0)).toBe(0)
    expect(await readsOf(1)).toBe(1)
  }, 120_000)
})

describe('the search for a file of another version', () => {
  /** The path that was found, or what was said instead. */
  function startFinding() {
    const { find, counters } = startSearch(store)
    const findPath = async (path: string, versions: readonly Version[]) => {
      const found = await find(path, versions)
      return typeof found === 'object' ? found.entry.path : found
    }
    return { find: findPath, counters }
  }

  it('MAX_SEARCHED_VERSIONS: the last of them is searched, and the one after it is not', async () => {
    const versions = await Promise.all(
      Array.from({ length: MAX_SEARCHED_VERSIONS + 1 }, (_, i) => putManifest(1000, `/${i}.js`)),
    )
    const { find } = startFinding()
    const last = MAX_SEARCHED_VERSIONS - 1
    expect(await find(`/${last}.js`, versions)).toBe(`/${last}.js`)
    expect(await find(`/${last + 1}.js`, versions)).toBeUndefined()
  })

  it('MAX_SEARCHED_BYTES: manifests that fit are searched, and one byte more is left out', async () => {
    const half = MAX_SEARCHED_BYTES / 2
    const newest = await putManifest(half, '/newest.js')
    const fits = await putManifest(half, '/fits.js')
    const larger = await putManifest(half + 1, '/larger.js')
    const small = await putManifest(1000, '/small.js')
    expect(await startFinding().find('/fits.js', [newest, fits])).toBe('/fits.js')
    const { find } = startFinding()
    expect(await find('/larger.js', [newest, larger, small])).toBeUndefined()
    // What is older and fits is searched all the same.
    expect(await find('/small.js', [newest, larger, small])).toBe('/small.js')
  })

  it('MAX_NEGATIVES_BYTES: of more paths than are remembered the oldest is searched for again', async () => {
    const version = await putManifest(1000)
    const { find, counters } = startFinding()
    const path = (i: number) => `/${`${i}`.padStart(1000, 'x')}.js`
    const isRemembered = async (i: number) => {
      const { negativeHits } = counters
      expect(await find(path(i), [version])).toBeUndefined()
      return counters.negativeHits > negativeHits
    }
    // The key of a path has the revision and the version in front.
    const count = Math.floor(MAX_NEGATIVES_BYTES / (`7 ${version.id} ${path(0)}`.length * 2))
    for (let i = 0; i < count; i++) expect(await isRemembered(i)).toBe(false)
    expect(await isRemembered(0)).toBe(true)
    expect(await isRemembered(count)).toBe(false)
    expect(await isRemembered(0)).toBe(true)
    expect(await isRemembered(1)).toBe(false)
    // What is there is found, however full the memory of what is not.
    expect(await find('/a.txt', [version])).toBe('/a.txt')
  })
})
