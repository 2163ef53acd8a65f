import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Assets } from '../../src/assets/assets.ts'
import { createR2Store } from '../../src/assets/store.ts'
import type { Version } from '../../src/core/types.ts'
import type { Env } from '../../src/env.ts'
import { ENCODED_SCRIPT, SCRIPT } from '../support/encoded.ts'
import { publishVersion } from '../support/published.ts'
import { ask, startIsolate } from './assets-isolate.ts'

const { STORE } = env as Env
const SCRIPT_PATH = '/assets/app.5d41402a.js'
const BIG = new Uint8Array(3 * 2 ** 20).map((_, index) => index % 251)
let version: Version

beforeAll(async () => {
  version = await publishVersion(
    STORE,
    '1.0.0',
    {
      '/index.html': { body: '<!doctype html><title>shop</title>', type: 'text/html' },
      '/404.html': { body: '<!doctype html><title>gone</title>', type: 'text/html' },
      '/docs/index.html': { body: '<!doctype html><title>docs</title>', type: 'text/html' },
      '/robots.txt': { body: 'User-agent: *\n' },
      '/empty.txt': { body: '' },
      '/big.bin': { body: BIG, type: 'application/octet-stream' },
      [SCRIPT_PATH]: {
        body: SCRIPT,
        type: 'text/javascript; charset=utf-8',
        hashed: true,
        encodings: ENCODED_SCRIPT,
      },
    },
    '404-page',
  )
})

/** As many isolates as are asked for share one store and one data centre's cache. */
const start = () => startIsolate(createR2Store(STORE))

const get = (assets: Assets, path: string, headers: Record<string, string> = {}, method = 'GET') =>
  ask(assets, version, path, { headers, method })

const toObject = (response: Response) => Object.fromEntries(response.headers)

describe('bytes', () => {
  const stored = { ...ENCODED_SCRIPT, identity: new TextEncoder().encode(SCRIPT) }

  it.each(['br', 'gzip', 'zstd', 'identity'] as const)(
    'of %s are exactly the stored ones from R2, from the Cache API and from memory',
    async (encoding) => {
      const headers = { 'accept-encoding': encoding }
      const first = start()
      const second = start()
      const replies = [
        await get(first, SCRIPT_PATH, headers),
        await get(first, SCRIPT_PATH, headers),
        await get(second, SCRIPT_PATH, headers),
        await get(second, SCRIPT_PATH, headers),
      ]
      expect(replies.map(({ source }) => source)).toEqual(['r2', 'memory', 'cache', 'memory'])
      for (const { response, bytes } of replies) {
        expect(bytes).toEqual(stored[encoding])
        expect(response.headers.get('content-encoding')).toBe(
          encoding === 'identity' ? null : encoding,
        )
        expect(response.headers.get('content-length')).toBe(String(stored[encoding].length))
      }
      const seen = replies.map(({ response }) => toObject(response))
      expect(seen).toEqual(replies.map(() => seen[0]))
    },
  )

  it('of a blob too big for memory are streamed, from R2 and from the Cache API', async () => {
    const replies = [await get(start(), '/big.bin'), await get(start(), '/big.bin')]
    expect(replies.map(({ source }) => source)).toEqual(['r2', 'cache'])
    for (const { bytes } of replies) {
      expect(bytes.length).toBe(BIG.length)
      expect(bytes.every((byte, index) => byte === BIG[index])).toBe(true)
    }
  })

  it('of an empty file are none', async () => {
    const { response, bytes } = await get(start(), '/empty.txt')
    expect(response.status).toBe(200)
    expect(bytes.length).toBe(0)
    expect(response.headers.get('content-length')).toBe('0')
  })

  it("follow what the client accepts, not what the platform's header says", async () => {
    const assets = start()
    const ctx = createExecutionContext()
    const manifest = await assets.open(version, ctx)
    if (manifest === 'unavailable') throw new Error('the manifest is out of reach')
    const intent = assets.findOwn(manifest, SCRIPT_PATH)
    if (!intent) throw new Error('no script')
    const askAs = async (clientAcceptEncoding: string) => {
      const request = new Request('https://shop.example/', {
        headers: { 'accept-encoding': 'br, gzip' },
        cf: { clientAcceptEncoding } as RequestInitCfProperties,
      })
      const { response } = await assets.serve(intent, request, 'r1', ctx)
      await response.arrayBuffer()
      return response.headers.get('content-encoding')
    }
    expect([await askAs('zstd'), await askAs(''), await askAs('gzip')]).toEqual([
      'zstd',
      null,
      'gzip',
    ])
    await waitOnExecutionContext(ctx)
  })
})

describe('headers', () => {
  it('let a hashed asset be kept for ever', async () => {
    const { response } = await get(start(), SCRIPT_PATH, { 'accept-encoding': 'br' })
    expect(toObject(response)).toEqual({
      'accept-ranges': 'bytes',
      'cache-control': 'public, max-age=31536000, immutable',
      'content-encoding': 'br',
      'content-length': String(ENCODED_SCRIPT.br.length),
      'content-type': 'text/javascript; charset=utf-8',
      etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
      vary: 'accept-encoding',
      'x-content-type-options': 'nosniff',
    })
  })

  it.each([
    ['/robots.txt', 200, 'public, max-age=0, must-revalidate', null],
    ['/', 200, 'private, no-cache', 'cookie'],
    ['/nothing/here', 404, 'no-store', 'cookie'],
  ])('of %s say %i and %s', async (path, status, cacheControl, vary) => {
    const { response } = await get(start(), path)
    expect(response.status).toBe(status)
    expect(response.headers.get('cache-control')).toBe(cacheControl)
    expect(response.headers.get('vary')).toBe(vary)
  })

  it('of a page that has not changed still say that it varies by the cookie', async () => {
    const assets = start()
    const etag = (await get(assets, '/')).response.headers.get('etag') ?? ''
    const { response } = await get(assets, '/', { 'if-none-match': etag })
    expect(response.status).toBe(304)
    expect(response.headers.get('vary')).toBe('cookie')
  })

  it('give every encoding its own ETag', async () => {
    const assets = start()
    const tags = new Set<string | null>()
    for (const encoding of ['br', 'gzip', 'zstd', 'identity']) {
      const { response } = await get(assets, SCRIPT_PATH, { 'accept-encoding': encoding })
      tags.add(response.headers.get('etag'))
    }
    expect(tags.size).toBe(4)
  })

  it.each([SCRIPT_PATH, '/', '/big.bin', '/nothing/here'])(
    'are the same for HEAD and GET of %s, and HEAD reads nothing',
    async (path) => {
      const assets = start()
      const headers = { 'accept-encoding': 'br' }
      const head = await get(assets, path, headers, 'HEAD')
      expect(head.source).toBe('none')
      expect(head.bytes.length).toBe(0)
      const full = await get(assets, path, headers)
      expect(toObject(head.response)).toEqual(toObject(full.response))
      expect(head.response.status).toBe(full.response.status)
    },
  )
})

describe('what a version does not have', () => {
  const MISSING = '/assets/app.gone1234.js'
  let app: Version

  beforeAll(async () => {
    const page = { body: '<!doctype html><title>app</title>', type: 'text/html; charset=utf-8' }
    const pages = { '/index.html': page, '/404.html': page }
    app = await publishVersion(STORE, '2.0.0', pages, 'single-page-application')
  })

  it.each(['document', 'navigation'] as const)('is the app for a %s', async (kind) => {
    const { response } = await ask(start(), app, '/basket/7', { kind })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('private, no-cache')
  })

  it('is 404, not kept and never HTML for a script, an image or a fetch', async () => {
    for (const from of [app, version]) {
      const { response } = await ask(start(), from, MISSING, { kind: 'subresource' })
      expect(response.status).toBe(404)
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('content-type')).toBe('application/problem+json')
    }
  })
})

describe('a client that has it already', () => {
  it('is told so without a byte being read', async () => {
    const headers = { 'accept-encoding': 'br' }
    const full = await get(start(), SCRIPT_PATH, headers)
    const assets = start()
    await get(assets, '/robots.txt')
    const before = { ...assets.counters }
    const etag = full.response.headers.get('etag') ?? ''
    for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
      const reply = await get(assets, SCRIPT_PATH, { ...headers, 'if-none-match': tag })
      expect(reply.response.status).toBe(304)
      expect(reply.source).toBe('none')
      expect(toObject(reply.response)).toEqual({
        'cache-control': 'public, max-age=31536000, immutable',
        etag,
        vary: 'accept-encoding',
        'x-content-type-options': 'nosniff',
      })
    }
    expect(assets.counters).toEqual(before)
  })

  it.each(['"x"', 'garbage', ''])('is not meant by If-None-Match: %j', async (tag) => {
    const reply = await get(start(), '/robots.txt', { 'if-none-match': tag })
    expect(reply.response.status).toBe(200)
  })

  it('is never meant where there is only a 404 page', async () => {
    const reply = await get(start(), '/nothing', { 'if-none-match': '*' })
    expect(reply.response.status).toBe(404)
  })
})

describe('other answers', () => {
  it('are 405 with Allow for a method that files do not have', async () => {
    const { response, bytes } = await get(start(), '/robots.txt', {}, 'POST')
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
    expect(JSON.parse(new TextDecoder().decode(bytes))).toMatchObject({
      code: 'method_not_allowed',
      requestId: 'r1',
    })
  })

  it('are the methods there are, for OPTIONS', async () => {
    const { response, bytes } = await get(start(), '/robots.txt', {}, 'OPTIONS')
    expect([response.status, bytes.length]).toEqual([204, 0])
    expect(toObject(response)).toEqual({ allow: 'GET, HEAD, OPTIONS' })
  })

  it('are a redirect that keeps the query and drops the pin', async () => {
    const { response } = await get(start(), '/docs?a=1&holo-pin=1.0.0&b=%20')
    expect(response.status).toBe(307)
    expect(response.headers.get('location')).toBe('/docs/?a=1&b=%20')
    expect(response.headers.get('cache-control')).toBe('no-store')
  })
})
