import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BYPASS_HEADERS } from '../../src/proxy/request-headers.ts'
import { type Backend, startBackend, valuesOf } from '../support/backend.ts'
import { type Asked, type Forwarder, PUBLIC_HOST, startForwarder } from './forwarder.ts'

let forwarder: Forwarder
let backend: Backend

beforeAll(async () => {
  forwarder = await startForwarder()
  backend = await startBackend((request, response) => {
    request.resume().on('end', () => response.end('ok'))
  })
})

afterAll(async () => {
  await forwarder.stop()
  await backend.stop()
})

/** What the backend sees of a header. */
async function seen(name: string, asked: Omit<Asked, 'services'>): Promise<string[]> {
  await forwarder.send({ services: [{ prefix: '/', origins: [backend.origin] }], ...asked })
  return valuesOf(backend.received.at(-1)?.rawHeaders ?? [], name)
}

describe('what a client may not tell a backend', () => {
  it.each([
    ['Proxy-Authorization', 'Basic abc'],
    ['Proxy-Connection', 'keep-alive'],
    ['Keep-Alive', 'timeout=5'],
    ['TE', 'trailers'],
    ['Upgrade', 'h2c'],
    ['Expect', '100-continue'],
    ['Forwarded', 'for=10.0.0.1'],
    ['X-Real-IP', '10.0.0.1'],
    ['X-Forwarded-For', '10.0.0.1'],
    ['X-Forwarded-Port', '1'],
    ['X-Forwarded-Anything', '1'],
    ['X-Original-URL', '/admin'],
    ['X-Rewrite-URL', '/admin'],
    ['X-HTTP-Method-Override', 'DELETE'],
    ['X-HTTP-Method', 'DELETE'],
    ['X-Method-Override', 'DELETE'],
    ['True-Client-IP', '10.0.0.1'],
    ['Cf-Access-Authenticated-User-Email', 'boss@example.com'],
    ['Cf-Access-Client-Id', 'x'],
    ['X-Client-IP', '10.0.0.1'],
    ['X-Cluster-Client-IP', '10.0.0.1'],
    ['Client-IP', '10.0.0.1'],
    // Becomes the variable HTTP_PROXY where headers become variables (CVE-2016-5385).
    ['Proxy', 'http://evil.example'],
    // The same to a backend that reads headers as variables.
    ['X_Forwarded_For', '10.0.0.1'],
    ['X-Forwarded_For', '10.0.0.1'],
    ['X_Real_IP', '10.0.0.1'],
    ['X_Original_URL', '/admin'],
    ['Holo_Visitor', 'somebody'],
    ['Transfer_Encoding', 'chunked'],
    ['Holo-Pin', '0.0.6-dev'],
    ['Holo-Visitor', 'somebody'],
    ['Holo-Anything', '1'],
  ])('%s: %s', async (name, value) => {
    expect(await seen(name, { headers: [[name, value]] })).not.toContain(value)
  })

  it('the headers that its Connection header names', async () => {
    const headers = [
      ['Connection', 'X-Secret , x-other'],
      ['X-Secret', '1'],
      ['X-Other', '2'],
    ] as const
    expect(await seen('X-Secret', { headers })).toEqual([])
    expect(await seen('X-Other', { headers })).toEqual([])
  })
})

describe('a header by which frameworks are bypassed', () => {
  const names = BYPASS_HEADERS.map((name) => name.replace('*', 'subrequest'))

  it.each([
    ...names,
    ...names.map((name) => name.toUpperCase()),
    ...names.map((name) => name.replaceAll('-', '_')),
    'x-middleware-rewrite',
    'x-middleware-override-headers',
    'x-middleware-request-x-user',
    'x-middleware-prefetch-and-more',
    'x-invoke-path',
    'x-invoke-status',
    'x-opennext-initial-url',
  ])('reaches no backend: %s', async (name) => {
    const value = 'middleware:middleware:middleware:middleware:middleware'
    expect(await seen(name, { headers: [[name, value]] })).toEqual([])
  })

  it.each([
    'x-middleware-prefetch',
    'x-nextjs-data',
    'next-router-state-tree',
    'rsc',
    'x-sveltekit-action',
  ])('is none that a page of the framework itself sends: %s', async (name) => {
    expect(await seen(name, { headers: [[name, '1']] })).toEqual(['1'])
  })

  it('does not reach a bound Worker either', async () => {
    const services = [{ prefix: '/', origins: ['service:ECHO'] }]
    const headers = [['X-Middleware-Subrequest', 'middleware']] as const
    const answer = await forwarder.send({ services, headers })
    expect(JSON.parse(String(answer.body)).headers).not.toContain('x-middleware-subrequest')
  })

  it('stands in docs/security.md, each of them', () => {
    const docs = readFileSync(new URL('../../docs/security.md', import.meta.url), 'utf8')
    const missing = BYPASS_HEADERS.filter((name) => !docs.includes(`\`${name}\``))
    expect(missing).toEqual([])
  })
})

describe('what a backend is told', () => {
  it.each([
    ['Authorization', 'Bearer abc'],
    ['Content-Type', 'application/json'],
    ['Accept-Language', 'de-DE, de;q=0.9'],
    ['If-None-Match', 'W/"a", "b"'],
    ['Range', 'bytes=0-4'],
    ['Origin', 'https://shop.example.com'],
    ['Sec-Fetch-Mode', 'cors'],
    ['X-Request-Id', 'abc'],
    ['X_Name', 'a name with an underscore'],
    ['X-Name', Buffer.from('Zoë').toString('latin1')],
  ])("the client's own %s, byte for byte", async (name, value) => {
    expect(await seen(name, { headers: [[name, value]] })).toEqual([value])
  })

  it('a replacement character for each byte that is no UTF-8: the platform reads headers as text', async () => {
    const headers = [['X-Name', 'Zo\xeb']] as const
    expect(await seen('X-Name', { headers })).toEqual([Buffer.from('Zo\ufffd').toString('latin1')])
  })

  it('where the request really came from, whatever the client says', async () => {
    const headers = [
      ['X-Forwarded-For', '10.0.0.1'],
      ['X-Forwarded-Host', 'evil.example'],
      ['X-Forwarded-Proto', 'gopher'],
      ['Forwarded', 'for=10.0.0.1;host=evil.example'],
      ['CF-Connecting-IP', '192.0.2.7'],
    ] as const
    expect(await seen('X-Forwarded-For', { headers })).toEqual(['192.0.2.7'])
    expect(await seen('X-Real-IP', { headers })).toEqual(['192.0.2.7'])
    expect(await seen('X-Forwarded-Host', { headers })).toEqual([PUBLIC_HOST])
    expect(await seen('X-Forwarded-Proto', { headers })).toEqual(['http'])
    expect(await seen('Forwarded', { headers })).toEqual([
      `for=192.0.2.7;host=${PUBLIC_HOST};proto=http`,
    ])
  })

  it("who asks, by Holo's word and not by the client's", async () => {
    const asked = {
      identity: { 'Holo-Version': '0.0.5', 'Holo-Visitor': 'v1' },
      headers: [
        ['Holo-Version', '0.0.6-dev'],
        ['Connection', 'Holo-Visitor'],
      ],
    } as const
    expect(await seen('Holo-Version', asked)).toEqual(['0.0.5'])
    expect(await seen('Holo-Visitor', asked)).toEqual(['v1'])
  })

  it("all cookies but Holo's, those of a second Cookie header too", async () => {
    const headers = [
      ['Cookie', 'a=1; holo-visitor=x'],
      ['Cookie', 'holo-pin=0.0.5; b=2'],
    ] as const
    expect(await seen('Cookie', { headers })).toEqual(['a=1; b=2'])
  })

  it('one Cookie line where the client sent several', async () => {
    const headers = [
      ['Cookie', 'a=1'],
      ['Cookie', 'b=2; c="x, y"'],
      ['Cookie', 'd=4'],
    ] as const
    expect(await seen('Cookie', { headers })).toEqual(['a=1; b=2; c="x, y"; d=4'])
  })
})
