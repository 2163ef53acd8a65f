// A shadow on real servers that count: what is copied and how, what visitors notice of it (nothing), and what
// the report says.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { shopServer } from '../../examples/shop/releases.ts'
import { startBackend as startProgram } from '../../scripts/local/backend-process.ts'
import { startEdge } from '../../scripts/local/edge.ts'
import type { AssignmentsDocument } from '../../src/document/schema.ts'
import type { ShadowDocument } from '../../src/document/shadow.ts'
import type { ShadowPair } from '../../src/wire/shadow.ts'
import { type Backend, type Received, startBackend, valuesOf } from '../support/backend.ts'
import { holo } from '../support/cli.ts'
import { type Ask, ask } from '../support/http-client.ts'
import { publishVersion } from '../support/published.ts'

const TOKEN = 'holo-shadow-0123456789abcdef0123456789abcdef'
const SIDES = ['base', 'shadow'] as const
type Side = (typeof SIDES)[number]
const VERSION_OF: Readonly<Record<Side, string>> = { base: 'v1', shadow: 'v2' }

const ITEMS = [
  { name: 'chair', price: 49.5 },
  { name: 'table', price: 120 },
]
let asked = 0
/** Copies that the shadow still answers, or does not answer. */
let open = 0

/** What both backends answer; the shadow has a wrong price, another header, and another order. */
function answer(side: Side, { url = '' }: IncomingMessage, response: ServerResponse): void {
  const isShadow = side === 'shadow'
  if (isShadow) {
    open += 1
    response.on('close', () => {
      open -= 1
    })
  }
  if (url.startsWith('/api/items')) {
    const items = isShadow ? [{ name: 'table', price: 119 }, ITEMS[0]] : ITEMS
    response.writeHead(200, {
      'content-type': 'application/json',
      'cache-control': isShadow ? 'no-store' : 'max-age=60',
    })
    // A number of the moment is noise.
    asked += 1
    response.end(JSON.stringify({ items, served: asked }))
  } else if (isShadow && url.startsWith('/api/down')) response.destroy()
  else if (isShadow && url.startsWith('/api/slow')) return
  else if (isShadow && url.startsWith('/api/garbage')) {
    response.socket?.end('no HTTP at all\r\n\r\n')
  } else if (isShadow && url.startsWith('/api/huge')) {
    response.writeHead(200, { 'content-type': 'text/plain' })
    const send = () => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    }
    response.on('drain', send).on('close', () => response.off('drain', send))
    send()
  } else response.writeHead(200, { 'content-type': 'text/plain' }).end('the same')
}

let edge: Awaited<ReturnType<typeof startEdge>>
const backends = {} as Record<Side, Backend>
/** The example's backend, and the one that is to take its place. */
const shops = {} as Record<'b' | 'dark', Awaited<ReturnType<typeof startProgram>>>
let document: AssignmentsDocument

async function call(method: string, path: string, json?: unknown, headers = {}) {
  const answered = await ask(edge.url, `/.holo/api${path}`, {
    method,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...headers },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  if (answered.status >= 300) throw new Error(`${method} ${path}: ${answered.body}`)
  return JSON.parse(answered.body)
}

/** Returns when the edge has it, which replies tell by showing the bucket, or not, by turns. */
async function setShadow(shadow: Partial<ShadowDocument>, version = 'v1'): Promise<void> {
  const before = document.revision
  const hasBucket = before % 2 === 0
  const all = { to: 'next', percent: 100, perSecond: 1000, concurrent: 50, ...shadow }
  document = {
    ...document,
    revision: before + 1,
    expose: { response: hasBucket ? ['version', 'bucket'] : ['version'] },
    environments: { ...document.environments, main: { version, shadow: all } },
  }
  await call('PUT', '/assignments', document, { 'if-match': `"${before}"` })
  await vi.waitFor(async () => {
    const { headers } = await fetchOne('/', { headers: { accept: 'text/html' } })
    expect('holo-bucket' in headers).toBe(hasBucket)
  }, PATIENCE)
}

const PATIENCE = { timeout: 30_000, interval: 100 }

const fetchOne = (path: string, options: Ask = {}) =>
  ask(edge.url, path, {
    ...options,
    headers: { 'user-agent': 'Firefox', cookie: 'own=1', 'x-user': 'anna', ...options.headers },
  })
const at = (side: Side, path: string) =>
  backends[side].received.filter(({ url }) => url.startsWith(path))
const copiesAt = (side: Side, path: string) => at(side, path).filter(isMarked)
const isMarked = (request: Received) => valuesOf(request.rawHeaders, 'holo-shadow').includes('1')
const waitForCopies = (path: string, count = 1) =>
  vi.waitFor(() => expect(copiesAt('shadow', path)).toHaveLength(count), PATIENCE)

beforeAll(async () => {
  edge = await startEdge({
    host: '127.0.0.1',
    port: 0,
    direct: true,
    variables: {
      ALLOW_INSECURE_ORIGINS: 'true',
      HOLO_ADMIN_TOKEN: TOKEN,
      CONTROL_REFRESH_MS: '100',
      STALE_AFTER_MS: '300',
      COUNTS_FLUSH_MS: '500',
    },
  })
  const bucket = await edge.miniflare.getR2Bucket('STORE')
  const versions: AssignmentsDocument['versions'] = {}
  const publish = async (id: string, origin: string) => {
    const page = { body: `<h1>${id}</h1>`, type: 'text/html; charset=utf-8' }
    const { manifest } = await publishVersion({ put: (key, value) => bucket.put(key, value) }, id, {
      '/index.html': page,
    })
    versions[id] = { manifest, services: [{ prefix: '/api/', origins: [origin] }] }
  }
  for (const side of SIDES) {
    backends[side] = await startBackend((request, response) => answer(side, request, response))
    await publish(VERSION_OF[side], backends[side].origin)
  }
  for (const release of ['b', 'dark'] as const) {
    shops[release] = await startProgram(shopServer(release), 0)
    await publish(release, shops[release].origin)
  }
  document = {
    schema: 1,
    revision: 1,
    salt: 'shadowed',
    visitor: { header: 'x-user' },
    environments: {
      main: { version: 'v1' },
      next: { version: 'v2', restricted: true },
      dark: { version: 'dark', restricted: true },
    },
    traffic: { main: 100 },
    flags: {
      banner: {
        state: 'ENABLED',
        variants: { on: true, off: false },
        defaultVariant: 'off',
        targeting: { if: [{ '==': [{ var: 'visitor' }, 'anna'] }, 'on', null] },
        backend: true,
      },
      beta: {
        state: 'ENABLED',
        variants: { on: true, off: false },
        defaultVariant: 'off',
        defaults: { environments: { next: 'on' } },
        backend: true,
      },
    },
    versions,
  }
  await call('PUT', '/assignments', document, { 'if-match': '"0"' })
})
afterAll(async () => {
  await edge.dispose()
  for (const side of SIDES) await backends[side]?.stop()
  for (const shop of Object.values(shops)) await shop.stop()
})

describe('a shadow', () => {
  it('gets copies with a mark, a visitor of its own, and no credentials', async () => {
    // By default the base is asked twice for one copy in ten.
    await setShadow({ baseline: 0 })
    const headers = { authorization: 'Bearer secret', 'x-team': 'blue', 'if-none-match': '"1"' }
    await fetchOne('/api/read?q=1&access_token=secret', { headers })
    await waitForCopies('/api/read')
    const [copy] = copiesAt('shadow', '/api/read')
    if (!copy) throw new Error('no copy')
    const [asked] = at('base', '/api/read').filter((request) => !isMarked(request))
    expect(copy.url).toBe('/api/read?q=1')
    expect(valuesOf(copy.rawHeaders, 'x-team')).toEqual(['blue'])
    for (const name of ['authorization', 'cookie', 'x-user', 'if-none-match']) {
      expect(valuesOf(copy.rawHeaders, name), name).toEqual([])
    }
    expect(valuesOf(copy.rawHeaders, 'holo-version')).toEqual(['v2'])
    expect(valuesOf(copy.rawHeaders, 'holo-visitor')[0]).toMatch(/^shadow-[0-9a-f]{16}$/)
    expect(valuesOf(copy.rawHeaders, 'cdn-loop')[0]).toMatch(/^holo-[0-9a-f]+;shadow=1$/)
    const flagsOf = (request: Received | undefined) =>
      valuesOf(request?.rawHeaders ?? [], 'holo-flags')
    expect(flagsOf(copy)).toEqual(['{"banner":true,"beta":true}'])
    expect(flagsOf(asked)).toEqual(['{"banner":true,"beta":false}'])
    // What visitors' own requests carry stays as it is.
    expect(valuesOf(asked?.rawHeaders ?? [], 'authorization')).toEqual(['Bearer secret'])
    // The base is asked again by the same copy.
    await vi.waitFor(() => {
      expect(copiesAt('base', '/api/read').map(({ url }) => url)).toEqual(['/api/read?q=1'])
    }, PATIENCE)
  })

  it('gets neither what was copied before nor what has a body or effects', async () => {
    const none: [string, Ask][] = [
      ['/api/none/marked', { headers: { 'holo-shadow': '1' } }],
      ['/api/none/hops', { headers: { 'cdn-loop': 'holo-0;shadow=1' } }],
      ['/api/none/copied', { headers: { 'holo-copy': '1' } }],
      ['/api/none/post', { method: 'POST', body: 'x', headers: { 'content-length': '1' } }],
      ['/', {}],
    ]
    for (const [path, options] of none) await fetchOne(path, options)
    await fetchOne('/api/after')
    await waitForCopies('/api/after')
    expect(at('shadow', '/api/none')).toEqual([])
    expect(at('base', '/api/none')).toHaveLength(4)
  })

  it('gets a listed method with a short body once, and what is allowed of credentials', async () => {
    await setShadow({
      methods: ['POST'],
      maxBodyBytes: 8,
      credentials: ['authorization'],
      paths: ['/api/posts/**'],
    })
    const post = (path: string, body: string) =>
      fetchOne(path, {
        method: 'POST',
        body,
        headers: { authorization: 'Bearer a', 'content-length': String(body.length) },
      })
    expect((await post('/api/posts/long', '123456789')).body).toBe('the same')
    expect((await post('/api/posts/short', '12345678')).body).toBe('the same')
    await fetchOne('/api/posts/read')
    await post('/api/elsewhere', '1')
    await waitForCopies('/api/posts')
    const [copy] = copiesAt('shadow', '/api/posts')
    expect(copy?.body.toString()).toBe('12345678')
    expect(copy && valuesOf(copy.rawHeaders, 'authorization')).toEqual(['Bearer a'])
    expect(at('base', '/api/posts/short')).toHaveLength(1)
    expect(at('base', '/api/posts/short')[0]?.body.toString()).toBe('12345678')
    expect(at('shadow', '/api/elsewhere')).toEqual([])
  })

  it.each(['down', 'slow', 'garbage', 'huge'])(
    'that is %s changes and delays no reply',
    async (how) => {
      if (how === 'down') await setShadow({ timeoutMs: 1500 })
      for (let i = 0; i < 5; i++) {
        const began = performance.now()
        const reply = await fetchOne(`/api/${how}`)
        expect(performance.now() - began).toBeLessThan(1000)
        expect([reply.status, reply.body]).toEqual([200, 'the same'])
      }
    },
  )

  it('gets no more at a time and in a second than the bounds say, and nothing once it is off', async () => {
    // Those of the tests before count as well, until they are given up.
    await vi.waitFor(() => expect(open).toBe(0), PATIENCE)
    await setShadow({ concurrent: 2, timeoutMs: 3000 })
    await Promise.all(Array.from({ length: 10 }, () => fetchOne('/api/slow/many')))
    await waitForCopies('/api/slow/many', 2)
    await setShadow({ perSecond: 3 })
    const began = performance.now()
    await Promise.all(Array.from({ length: 20 }, () => fetchOne('/api/burst')))
    const seconds = (performance.now() - began) / 1000
    await waitForCopies('/api/burst', 3)
    await sleep(300)
    expect(copiesAt('shadow', '/api/burst').length).toBeLessThanOrEqual(4 + 3 * seconds)
    await setShadow({ repeat: 3 })
    await fetchOne('/api/repeat')
    await waitForCopies('/api/repeat', 3)
    expect(copiesAt('base', '/api/repeat').length).toBeLessThanOrEqual(2)
    await setShadow({ until: Date.now() - 1 })
    await fetchOne('/api/off')
    await setShadow({ since: Date.now() + 3_600_000 })
    await fetchOne('/api/off')
    await setShadow({ off: true })
    await fetchOne('/api/off')
    await sleep(300)
    expect(at('shadow', '/api/off')).toEqual([])
  })

  it('is reported by what it differs in, without the noise', async () => {
    await setShadow({
      baseline: 50,
      compare: { headers: ['cache-control'], unordered: ['items'] },
    })
    for (let i = 0; i < 30; i++) await fetchOne(`/api/items/${i}`)
    const read = async (): Promise<ShadowPair | undefined> =>
      (await call('GET', '/shadow?environment=main')).shadows[0]
    const route = await vi.waitFor(async () => {
      const found = (await read())?.routes.find(({ route }) => route === 'GET /api/items/:id')
      expect(found?.copied).toBe(30)
      return found
    }, PATIENCE)
    const differences = route?.differences.filter(({ isNoise }) => !isNoise) ?? []
    expect(differences.map(({ kind, place, rate }) => [kind, place, rate])).toEqual(
      expect.arrayContaining([
        ['header', 'cache-control', 1],
        ['json', 'items[].price', 1],
      ]),
    )
    expect(differences).toHaveLength(2)
    expect(route?.differences.find(({ isNoise }) => isNoise)?.place).toBe('served')
    const price = differences.find(({ kind }) => kind === 'json')
    expect(price?.examples[0]).toMatchObject({ base: '120', shadow: '119' })
    const pair = await read()
    expect(pair).toMatchObject({ from: 'main', base: 'v1', to: 'next', shadow: 'v2' })
    const failures = pair?.routes.flatMap(({ route, differences }) =>
      differences.map(({ kind, place }) => `${route} ${kind} ${place}`),
    )
    expect(failures).toEqual(
      expect.arrayContaining([
        'GET /api/down failure origin_unreachable',
        'GET /api/slow failure shadow_timeout',
        'GET /api/garbage failure origin_unreachable',
        'GET /api/huge body ',
      ]),
    )
    expect(pair?.skipped).toBeGreaterThan(0)
    // A token for other environments learns nothing of it.
    const limits = { name: 'pr', scopes: ['read'], environments: ['pr-*'] }
    const { token } = await call('POST', '/tokens', limits)
    const headers = { authorization: `Bearer ${token}` }
    expect(await call('GET', '/shadow', undefined, headers)).toMatchObject({ shadows: [] })
  })

  it('of the example: a wrong price and another header are named, another order is not', async () => {
    const compare = { headers: ['cache-control'], unordered: ['entries'] }
    await setShadow({ to: 'dark', compare }, 'b')
    for (let i = 0; i < 10; i++) await fetchOne('/api/catalogue')
    await fetchOne('/api/catalogue/DUNE-CUP')
    const env = { HOLO_URL: edge.url.href, HOLO_TOKEN: TOKEN }
    const report = await vi.waitFor(async () => {
      const { stdout } = await holo(['shadow', 'report', 'main'], { env, columns: 200 })
      expect(stdout).toContain('main (b) → dark (dark)\n  11 copies')
      return stdout
    }, PATIENCE)
    const [shop = ''] = report.split('main (v1)')
    expect(shop.match(/^ {4}(?:json|header|status|body|failure) .*$/gm)?.sort()).toEqual([
      '    header cache-control: 100 %',
      '    header cache-control: 100 %',
      '    json entries[].price.amount: 100 %',
    ])
  })
})
