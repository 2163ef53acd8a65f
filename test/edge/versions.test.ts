import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ask, DOCUMENT, Profile } from '../support/http-client.ts'
import { startTwoVersions, type TwoVersions } from '../support/two-versions.ts'

let holo: TwoVersions
beforeAll(async () => {
  holo = await startTwoVersions()
})
afterAll(() => holo.stop())

/** A profile whose visitor is in the environment. */
async function profileOn(environment: string): Promise<Profile> {
  for (;;) {
    const profile = new Profile(holo.url)
    const { headers } = await profile.open('/')
    if (headers['holo-environment'] === environment) return profile
  }
}

describe('one URL, two versions', () => {
  it('gives 2,000 fresh visitors the canary in 5 % of cases, and every tenth the same 20 times more', async () => {
    let canary = 0
    const visit = async (visitor: number) => {
      const profile = new Profile(holo.url)
      const first = await profile.open('/')
      expect(first.status).toBe(200)
      const { 'holo-version': version, 'holo-bucket': bucket } = first.headers
      expect(first.body).toBe(`<h1>version ${version?.slice(1)}</h1>`)
      if (first.headers['holo-environment'] === 'canary') canary += 1
      if (visitor % 10 > 0) return
      for (let i = 0; i < 20; i++) {
        const again = await (i % 2 === 0 ? profile.open('/') : profile.fetch('/app.js'))
        expect(again.headers['holo-version']).toBe(version)
        expect(again.headers['holo-bucket']).toBe(bucket)
      }
    }
    for (let from = 0; from < 2000; from += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, i) => visit(from + i)))
    }
    // Binomial(2000, 0.05) is outside 60 to 145 less than once in ten thousand runs.
    expect(canary).toBeGreaterThanOrEqual(60)
    expect(canary).toBeLessThanOrEqual(145)
  })

  it.each(['main', 'canary'])(
    'gives a page of %s its own files and its own backend',
    async (name) => {
      const profile = await profileOn(name)
      const id = name === 'main' ? '1' : '2'
      expect((await profile.fetch('/app.js')).body).toBe(`plain ${id}`)
      expect((await profile.fetch(`/assets/app-${id}.js`)).body).toBe(`hashed ${id}`)
      expect(JSON.parse((await profile.fetch('/api/x?y=1')).body)).toEqual({
        backend: id,
        url: '/api/x?y=1',
      })
      const posted = await profile.fetch('/api/orders', { method: 'POST', body: '{}' })
      expect(JSON.parse(posted.body)).toMatchObject({ backend: id })
    },
  )

  it('shows a page of the app at every address that is opened, and never where a script is missing', async () => {
    const profile = await profileOn('main')
    expect((await profile.open('/product/7')).body).toBe('<h1>version 1</h1>')
    const missing = await profile.fetch('/assets/gone-1234.js')
    expect(missing.status).toBe(404)
    expect(missing.headers['cache-control']).toBe('no-store')
    expect(missing.headers['content-type']).toBe('application/problem+json')
  })

  it('tells backends who is served, and keeps its own cookies and pins from them', async () => {
    const profile = await profileOn('canary')
    holo.seen.length = 0
    await profile.fetch('/api/me?a=1&holo-pin=v2@canary', {
      headers: { 'holo-visitor': 'forged', 'holo-version': 'forged', 'holo-pin': 'v2' },
    })
    expect(holo.seen[0]).toMatchObject({
      url: '/api/me?a=1',
      headers: {
        'holo-version': 'v2',
        'holo-environment': 'canary',
        'holo-visitor': profile.cookies['holo-visitor'],
      },
    })
    expect(holo.seen[0]?.headers).not.toHaveProperty('holo-pin')
    expect(holo.seen[0]?.headers.cookie ?? '').not.toContain('holo-')
  })
})

describe('the pin', () => {
  it('keeps a tab whole when traffic moves, and lets the next page move', async () => {
    const tab = await profileOn('main')
    const other = await profileOn('main')
    const before = holo.document
    await holo.put({ traffic: { main: 0, canary: 100 } })
    await vi.waitFor(
      async () => expect((await other.open('/')).headers['holo-version']).toBe('v2'),
      20_000,
    )
    expect(JSON.parse((await tab.fetch('/api/x')).body)).toMatchObject({ backend: '1' })
    expect((await tab.fetch('/app.js')).body).toBe('plain 1')
    expect((await tab.fetch('/assets/app-1.js')).body).toBe('hashed 1')
    expect((await tab.open('/')).body).toBe('<h1>version 2</h1>')
    expect(JSON.parse((await tab.fetch('/api/x')).body)).toMatchObject({ backend: '2' })
    // The tab that stayed open elsewhere on version 1 still finds its hashed script.
    expect((await tab.fetch('/assets/app-1.js')).body).toBe('hashed 1')
    await holo.put({ traffic: before.traffic })
    await vi.waitFor(
      async () => expect((await tab.open('/')).headers['holo-version']).toBe('v1'),
      20_000,
    )
  })

  it('is set on a 200 and a 304 of a document, and moved by nothing else', async () => {
    const { cookies, headers } = await ask(holo.url, '/', { headers: DOCUMENT })
    expect(cookies['holo-pin']).toMatch(/^v[12]@(main|canary)$/)
    const visitor = `holo-visitor=${cookies['holo-visitor']}`
    const conditional = { ...DOCUMENT, cookie: visitor, 'if-none-match': String(headers.etag) }
    const notModified = await ask(holo.url, '/', { headers: conditional })
    expect(notModified.status).toBe(304)
    expect(notModified.cookies['holo-pin']).toBe(cookies['holo-pin'])
    const others = {
      'a frame': ['/', { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' }],
      'a prefetch that follows one': [
        '/',
        { ...DOCUMENT, 'sec-purpose': 'prefetch', cookie: 'holo-pin=v2@canary' },
      ],
      'a script': ['/app.js', { 'sec-fetch-dest': 'script' }],
      'a call': ['/api/x', { 'sec-fetch-dest': 'empty' }],
      'a document that is not there': ['/api/x?status=404', DOCUMENT],
      'a document that failed': ['/api/x?status=500', DOCUMENT],
      'a crawler': ['/', { ...DOCUMENT, 'user-agent': 'Googlebot/2.1' }],
    } as const
    for (const [what, [path, sent]] of Object.entries(others)) {
      const answer = await ask(holo.url, path, { headers: sent })
      expect(answer.cookies, what).not.toHaveProperty('holo-pin')
    }
    const post = await ask(holo.url, '/api/x', { method: 'POST', headers: DOCUMENT })
    expect(post.cookies).not.toHaveProperty('holo-pin')
  })

  it('is followed by frames, form posts and prefetches', async () => {
    const cookie = 'holo-pin=v2@canary; holo-visitor=AAAAAAAAAAAAAAAAAAAAAA'
    const frame = { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate', cookie }
    expect((await ask(holo.url, '/', { headers: frame })).body).toBe('<h1>version 2</h1>')
    const prefetch = { ...DOCUMENT, 'sec-purpose': 'prefetch', cookie }
    expect((await ask(holo.url, '/', { headers: prefetch })).body).toBe('<h1>version 2</h1>')
    const form = await ask(holo.url, '/api/x', { method: 'POST', headers: { ...DOCUMENT, cookie } })
    expect(JSON.parse(form.body)).toMatchObject({ backend: '2' })
  })

  it('in a header outranks one in the query, and that the cookie', async () => {
    const cookie = 'holo-pin=v1@main'
    const call = (path: string, headers = {}) =>
      ask(holo.url, path, { headers: { cookie, ...headers } })
    expect((await call('/app.js')).body).toBe('plain 1')
    expect((await call('/app.js?holo-pin=v2')).body).toBe('plain 2')
    expect((await call('/app.js?holo-pin=v2', { 'holo-pin': 'v1@main' })).body).toBe('plain 1')
  })
})

describe('a version that no public environment ever pointed at', () => {
  const attempts: [string, string, Record<string, string>][] = [
    ['a pin header', '/app.js', { 'holo-pin': 'v3' }],
    ['a pin header with its environment', '/app.js', { 'holo-pin': 'v3@secret' }],
    ['a pin header with a public environment', '/app.js', { 'holo-pin': 'v3@main' }],
    ['a pin header in other letters', '/app.js', { 'holo-pin': 'V3@SECRET' }],
    ['a pin query', '/app.js?holo-pin=v3', {}],
    ['a pin query with its environment', '/app.js?holo-pin=v3%40secret', {}],
    ['two pin queries', '/app.js?holo-pin=v1&holo-pin=v3', {}],
    ['a pin cookie', '/app.js', { cookie: 'holo-pin=v3@secret' }],
    ['two pin cookies', '/app.js', { cookie: 'holo-pin=v1; holo-pin=v3' }],
    ['a version header', '/app.js', { 'holo-version': 'v3' }],
    ['an environment header', '/app.js', { 'holo-environment': 'secret' }],
    ['a bucket header', '/app.js', { 'holo-bucket': '10000' }],
    ['a preview header', '/app.js', { 'holo-preview': 'secret' }],
    ['a visitor of its name', '/app.js', { cookie: 'holo-visitor=secret' }],
    ['its host name', '/app.js', { host: 'secret.example.com' }],
    ['its host name, forwarded', '/app.js', { 'x-forwarded-host': 'secret.example.com' }],
    [
      'a frame with a pin',
      '/',
      { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate', 'holo-pin': 'v3' },
    ],
    ['a document with a pin', '/', { ...DOCUMENT, 'holo-pin': 'v3@secret', cookie: 'holo-pin=v3' }],
    ['an API call with a pin', '/api/x', { 'holo-pin': 'v3@secret' }],
    ['the name of its hashed script', '/assets/app-3.js', {}],
    ['the name of its hashed script and a pin', '/assets/app-3.js', { 'holo-pin': 'v3@secret' }],
    ['its manifest', '/manifests/', {}],
    ['a path that climbs', '/%2e%2e/v3/app.js', { 'holo-pin': 'v3' }],
  ]
  it.each(attempts)('is not reached by %s', async (_, path, headers) => {
    const { body, headers: answered } = await ask(holo.url, path, { headers })
    expect(body).not.toMatch(/version 3|plain 3|hashed 3|"backend":"3"/)
    expect(answered['holo-version']).toMatch(/^v[12]$/)
    expect(JSON.stringify(answered)).not.toContain('secret')
  })
})

describe('while nothing is published', () => {
  it('says so, with the time to come back', async () => {
    const empty = await startTwoVersions()
    const kv = await empty.edge.miniflare.getKVNamespace('ASSIGNMENTS')
    await kv.delete('assignments')
    const { status, headers, body } = await ask(empty.url, '/', { headers: DOCUMENT })
    expect(status).toBe(503)
    expect(headers['retry-after']).toBe('5')
    expect(JSON.parse(body)).toMatchObject({ code: 'nothing_published', status: 503 })
    await empty.stop()
  })
})
