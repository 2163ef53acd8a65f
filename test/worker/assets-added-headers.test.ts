import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { Blobs } from '../../src/assets/blobs.ts'
import { serveIntent } from '../../src/assets/serve.ts'
import { createEdgeCache, createR2Store } from '../../src/assets/store.ts'
import type { Version } from '../../src/core/types.ts'
import type { Env } from '../../src/env.ts'
import { publishVersion } from '../support/published.ts'
import { startIsolate } from './assets-isolate.ts'

const { STORE } = env as Env
const store = createR2Store(STORE)
let version: Version

beforeAll(async () => {
  const page = { body: '<!doctype html><title>page</title>', type: 'text/html' }
  version = await publishVersion(
    STORE,
    '1.0.0',
    {
      '/404.html': page,
      '/docs/index.html': page,
      '/robots.txt': { body: 'User-agent: *\n' },
      '/big.bin': { body: new Uint8Array(2 ** 21), type: 'application/octet-stream' },
    },
    '404-page',
  )
})

describe('what a version adds to its headers', () => {
  const applyHeaders = (headers: Headers) => {
    headers.set('x-own', 'yes')
    headers.set('content-type', 'text/x-own')
    headers.delete('x-content-type-options')
  }
  const serve = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const ctx = createExecutionContext()
    const isolate = startIsolate(store)
    const manifest = await isolate.open(version, ctx)
    if (manifest === 'unavailable') throw new Error('the manifest is out of reach')
    const facts = { method, path, kind: 'document' } as const
    const intent = isolate.findOwn(manifest, path) ?? isolate.findFallback(manifest, facts)
    if (!intent) throw new Error(`nothing at ${path}`)
    const blobs = new Blobs(store, createEdgeCache(caches.default), isolate.counters)
    const request = new Request(`https://shop.example${path}`, { method, headers })
    const { response } = await serveIntent(intent, request, 'r1', blobs, ctx, applyHeaders)
    const body = new TextDecoder().decode(await response.arrayBuffer())
    await waitOnExecutionContext(ctx)
    return { response, body }
  }

  it.each([
    ['/robots.txt', {}, 200],
    ['/robots.txt', { range: 'bytes=0-3' }, 206],
    ['/robots.txt', { 'if-none-match': '*' }, 304],
    ['/nothing', {}, 404],
    ['/docs', {}, 307],
  ])('is on %s with %j, a %i', async (path, headers, status) => {
    const { response } = await serve(path, headers)
    expect(response.status).toBe(status)
    expect(response.headers.get('x-own')).toBe('yes')
    expect(response.headers.get('x-content-type-options')).toBeNull()
  })

  it.each([
    ['POST', {}, 405],
    ['GET', { 'if-match': '"x"' }, 412],
    ['GET', { range: 'bytes=9999-' }, 416],
  ])('is not on a failure: %s with %j, a %i', async (method, headers, status) => {
    const { response } = await serve('/robots.txt', headers, method)
    expect(response.status).toBe(status)
    expect(response.headers.get('x-own')).toBeNull()
  })

  it('is the type of the parts of a multipart body, not of the body', async () => {
    const { response, body } = await serve('/big.bin', { range: 'bytes=0-0,500-500' })
    expect(response.headers.get('content-type')).toMatch(/^multipart\/byteranges; boundary=/)
    expect(body.match(/Content-Type: text\/x-own\r\n/g)).toHaveLength(2)
  })
})
