// Pages that are changed on their way: validators, ranges, encodings and lengths are those of what is sent.

import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { createR2Store } from '../../src/assets/store.ts'
import type { Version } from '../../src/core/types.ts'
import type { Env } from '../../src/env.ts'
import { askForWhole, type PageTransform, transformAnswer } from '../../src/http/page-transform.ts'
import { findNonce } from '../../src/preview/bar.ts'
import { publishVersion } from '../support/published.ts'
import { ask, startIsolate } from './assets-isolate.ts'

const { STORE } = env as Env
const PAGE = `<!doctype html><title>shop</title>${'<p>shop</p>'.repeat(50)}`
const ADDED = '<script src="/x.js"></script>'
let version: Version

const transform: PageTransform = {
  mark: 'x1',
  apply: (response) =>
    new HTMLRewriter()
      .onDocument({ end: (end) => void end.append(ADDED, { html: true }) })
      .transform(response),
}

beforeAll(async () => {
  const squeezed = new Blob([PAGE]).stream().pipeThrough(new CompressionStream('gzip'))
  const gzip = new Uint8Array(await new Response(squeezed).arrayBuffer())
  version = await publishVersion(STORE, '1.0.0', {
    '/index.html': { body: PAGE, type: 'text/html; charset=utf-8', encodings: { gzip } },
    '/app.js': { body: 'run()', type: 'text/javascript; charset=utf-8' },
  })
})

const get = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
  const { response, bytes } = await ask(startIsolate(createR2Store(STORE)), version, path, {
    ...{ headers, method, transform },
  })
  return {
    status: response.status,
    headers: response.headers,
    text: new TextDecoder().decode(bytes),
  }
}

describe('a page of a version', () => {
  it('is changed, whatever encoding the client likes, and says no length', async () => {
    const { text, headers } = await get('/', { 'accept-encoding': 'gzip' })
    expect(text).toBe(PAGE + ADDED)
    expect(headers.get('content-encoding')).toBeNull()
    expect(headers.get('content-length')).toBeNull()
    expect(headers.get('accept-ranges')).toBeNull()
    expect(headers.get('etag')).toMatch(/^"[0-9a-f]{32}-x1"$/)
  })

  it('is known again by its own tag, and not by that of the stored file', async () => {
    const tag = (await get('/')).headers.get('etag') ?? ''
    expect(await get('/', { 'if-none-match': tag })).toMatchObject({ status: 304, text: '' })
    const stored = tag.replace('-x1', '')
    expect(await get('/', { 'if-none-match': stored })).toMatchObject({ status: 200 })
    expect((await get('/', { 'if-match': stored })).status).toBe(412)
  })

  it('has no parts, and a head like that of the whole', async () => {
    expect(await get('/', { range: 'bytes=0-3' })).toMatchObject({
      status: 200,
      text: PAGE + ADDED,
    })
    const head = await get('/', {}, 'HEAD')
    expect({ text: head.text, length: head.headers.get('content-length') }).toEqual({
      ...{ text: '', length: null },
    })
    expect(head.headers.get('etag')).toBe((await get('/')).headers.get('etag'))
  })

  it('is the only kind of file that is changed', async () => {
    const { text, headers } = await get('/app.js')
    expect(text).toBe('run()')
    expect(headers.get('etag')).toMatch(/^"[0-9a-f]{32}"$/)
    expect(headers.get('content-length')).toBe('5')
    expect((await get('/app.js', { range: 'bytes=0-2' })).status).toBe(206)
  })
})

describe('a page of a service', () => {
  const answer = (headers: Record<string, string>, status = 200) =>
    transformAnswer(
      new Response('<p>1</p>', { status, headers: { 'content-type': 'text/html', ...headers } }),
      transform,
    )

  it('loses what described its former bytes', async () => {
    const { headers, body } = answer({
      ...{ etag: '"1"', 'last-modified': 'x', digest: 'x', 'content-length': '8', vary: 'accept' },
    })
    expect(await new Response(body).text()).toBe(`<p>1</p>${ADDED}`)
    expect([...headers.keys()].sort()).toEqual(['content-type', 'vary'])
  })

  it('stays as it is where it is a part, or no page', async () => {
    expect(await answer({ 'content-range': 'bytes 0-7/9' }, 206).text()).toBe('<p>1</p>')
    expect(await answer({ 'content-type': 'application/json' }).text()).toBe('<p>1</p>')
  })

  it('is asked for as a whole', () => {
    const headers = { range: 'bytes=0-1', 'if-none-match': '"1"', accept: 'text/html' }
    const asked = askForWhole(new Request('https://shop.example/', { headers }))
    expect(Object.fromEntries(asked.headers)).toEqual({ accept: 'text/html' })
    const plain = new Request('https://shop.example/')
    expect(askForWhole(plain)).toBe(plain)
  })
})

describe('the nonce of a policy', () => {
  it.each([
    [null, undefined],
    ["script-src 'self'", undefined],
    ["default-src 'none'; script-src 'nonce-r4nd0m+/=' 'strict-dynamic'", 'r4nd0m+/='],
    ["script-src 'nonce-\"><script>'", undefined],
  ])('of %j is %j', (policy, nonce) => expect(findNonce(policy)).toBe(nonce))
})
