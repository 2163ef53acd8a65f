// Ways to see a preview, or what nobody has yet, on the site that everybody uses. Each is tried under the
// host name of the preview as well, where it must succeed: what is refused here is really there.

import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type PreviewSite, startPreviewSite } from './previews.ts'
import { askRaw, headerOf, type RawAnswer, type RawAsk } from './raw-socket.ts'

let site: PreviewSite
beforeAll(async () => {
  site = await startPreviewSite()
})
afterAll(() => site.stop())

let reached: number
beforeEach(() => {
  reached = countReached()
})

const countReached = () => site.hidden.reduce((sum, { received }) => sum + received.length, 0)

const dest = (name: string, mode = 'cors') => [`Sec-Fetch-Dest: ${name}`, `Sec-Fetch-Mode: ${mode}`]
const PAGE = dest('document', 'navigate')
const SCRIPT = dest('script', 'no-cors')
const FETCH = dest('empty')
const pin = (text: string) => `Holo-Pin: ${text}`
const cookie = (text: string) => `Cookie: holo-pin=${text}`

type Way = readonly [name: string, target: string, asked?: RawAsk]

const PINS: readonly Way[] = [
  ['a header pin to the version', '/feature.json', { lines: [pin('p2'), ...FETCH] }],
  [
    'a header pin to version and environment',
    '/feature.json',
    { lines: [pin('p2@pr-12'), ...FETCH] },
  ],
  ['a header pin under a public name', '/feature.json', { lines: [pin('p2@main'), ...FETCH] }],
  ['a header pin without fetch metadata', '/feature.json', { lines: [pin('p2@pr-12')] }],
  ['a header pin for a script', '/assets/feature.js', { lines: [pin('p2@pr-12'), ...SCRIPT] }],
  ['a query pin', '/feature.json?holo-pin=p2@pr-12', { lines: FETCH }],
  ['a query pin in escapes', '/feature.json?h%6flo-pin=p2%40pr-12', { lines: FETCH }],
  ['two query pins', '/feature.json?holo-pin=v1@main&holo-pin=p2@pr-12', { lines: [] }],
  ['a query pin beside a header pin', '/feature.json?holo-pin=p2', { lines: [pin('nothing')] }],
  ['a cookie pin', '/feature.json', { lines: [cookie('p2@pr-12'), ...FETCH] }],
  ['a cookie pin under a public name', '/feature.json', { lines: [cookie('p2@main'), ...FETCH] }],
  ['two cookies', '/feature.json', { lines: ['Cookie: holo-pin=v9; holo-pin=p2@pr-12'] }],
  ['a pin and a call of the API', '/api/x', { lines: [pin('p2@pr-12'), ...FETCH] }],
  [
    'a pin and a POST to the API',
    '/api/x',
    { method: 'POST', body: 'x', lines: [pin('p2@pr-12')] },
  ],
  ['a pin and a frame', '/feature', { lines: [cookie('p2@pr-12'), ...dest('iframe', 'navigate')] }],
  [
    'a pin and a page fetched ahead',
    '/feature',
    { lines: [cookie('p2@pr-12'), ...PAGE, 'Sec-Purpose: prefetch'] },
  ],
  ['a pin and a page', '/feature', { lines: [cookie('p2@pr-12'), pin('p2@pr-12'), ...PAGE] }],
  ['a pin and a rewrite', '/shown', { lines: [pin('p2@pr-12'), ...FETCH] }],
  ['a pin and a redirect', '/go', { lines: [pin('p2@pr-12')] }],
  ['a pin to its earlier version', '/assets/only-p1.js', { lines: [pin('p1@pr-12'), ...SCRIPT] }],
]

const LOOK_UPS: readonly Way[] = [
  ['a script', '/assets/feature.js', { lines: SCRIPT }],
  ['a script, without fetch metadata', '/assets/feature.js'],
  ['a style', '/assets/feature.css', { lines: dest('style', 'no-cors') }],
  ['a font', '/feature.woff2', { lines: dest('font') }],
  ['data', '/feature.json', { lines: FETCH }],
  ['the head of data', '/feature.json', { method: 'HEAD' }],
  ['a range of data', '/feature.json', { lines: ['Range: bytes=0-5'] }],
  ['data if it has changed', '/feature.json', { lines: ['If-None-Match: *'] }],
  ['data if it is there', '/feature.json', { lines: ['If-Match: *'] }],
  ['data, in escapes', '/%66eature%2ejson'],
  ['data, behind dots', '/x/../feature.json'],
  ['data, behind escaped dots', '/x/%2e%2e/feature.json'],
  ['data, behind a backslash', '/.\\feature.json'],
  ['data, with a query', '/feature.json?v=2'],
  ['an SVG image', '/feature.svg', { lines: dest('image', 'no-cors') }],
  ['an SVG document', '/feature.svg', { lines: PAGE }],
  ['an SVG without fetch metadata', '/feature.svg'],
  ['an SVG in an object', '/feature.svg', { lines: dest('object', 'navigate') }],
  ['XML', '/feature.xml', { lines: FETCH }],
  ['a PDF', '/feature.pdf', { lines: dest('embed', 'navigate') }],
  ['a page by fetch', '/feature', { lines: FETCH }],
  ['a page in a frame', '/feature', { lines: dest('iframe', 'navigate') }],
  ['a page', '/feature', { lines: PAGE }],
  ['a page for who accepts HTML', '/feature', { lines: ['Accept: text/html'] }],
  ['a route of its app', '/new/route', { lines: PAGE }],
  ['its service worker', '/sw.js', { lines: dest('serviceworker', 'same-origin') }],
  ['a script that runs as a worker', '/sw.js', { lines: dest('worker', 'same-origin') }],
  ['its web app manifest', '/app.webmanifest', { lines: dest('manifest') }],
  ['what machines look for', '/.well-known/feature.json'],
  ['a rewrite', '/shown', { lines: FETCH }],
  ['a redirect', '/go', { lines: PAGE }],
  ['a file of its earlier version', '/assets/only-p2.js', { lines: SCRIPT }],
]

const OTHERS: readonly Way[] = [
  ['a fallback of a service that is down', '/down/x', { lines: FETCH }],
  [
    'a crawler',
    '/feature',
    { lines: [...PAGE, 'User-Agent: Mozilla/5.0 (compatible; Googlebot/2.1)'] },
  ],
  ['a crawler for a file', '/feature.json', { lines: ['User-Agent: Googlebot/2.1'] }],
  ['a forwarded host', '/feature.json', { lines: ['X-Forwarded-Host: pr-12.example'] }],
  [
    'a forwarded host by the standard',
    '/feature.json',
    { lines: ['Forwarded: host=pr-12.example'] },
  ],
  [
    'an original host',
    '/feature.json',
    { lines: ['X-Original-Host: pr-12.example', 'X-Host: pr-12.example'] },
  ],
  ['an absolute target', 'http://pr-12.example/feature.json'],
  [
    'a claim to the environment',
    '/feature.json',
    { lines: ['Holo-Environment: pr-12', 'Holo-Version: p2'] },
  ],
  ['a claim to a grant', '/feature.json', { lines: ['Holo-Grants: pr-12', 'Holo-Preview: p2'] }],
  [
    'an origin and a referrer',
    '/feature.json',
    { lines: ['Origin: http://pr-12.example', 'Referer: http://pr-12.example/'] },
  ],
]

/** Host names that are almost that of the preview. */
const HOSTS = [
  'pr-12.example.shop.example',
  'xpr-12.example',
  'pr-12',
  'www.pr-12.example',
  'pr-12.example..',
  'pr-12_example',
  'pr-12.example, shop.example',
  'shop.example@pr-12.example.shop.example',
  'pr-12.example%2eshop.example',
]

const ways = [...PINS, ...LOOK_UPS, ...OTHERS].map(
  ([name, target, asked = {}]) => [name, target, asked] as const,
)

/** Nothing of an answer tells that there is a preview. */
function expectNothingOf(answer: RawAnswer) {
  expect(answer.body).not.toContain('HIDDEN')
  expect(headerOf(answer, 'x-hidden')).toBeUndefined()
  // An id is made by chance, and may have any letters.
  const told = JSON.stringify(answer.headers).replace(/holo-visitor=[\w-]{22}/, '')
  expect(told).not.toMatch(/pr-12|staging|secret|p[12]\b|q1|s1/)
  expect(countReached()).toBe(reached)
}

describe('a preview is not seen on the site', () => {
  it('by more than forty ways', () => expect(ways.length).toBeGreaterThanOrEqual(40))

  it.each(ways)('by %s', async (_, target, asked) => {
    expectNothingOf(await askRaw(site.url, target, { ...asked, host: 'shop.example' }))
  })

  it.each(HOSTS)('by the host name %s', async (host) => {
    for (const lines of [PAGE, FETCH, [pin('p2@pr-12')]]) {
      expectNothingOf(await askRaw(site.url, '/feature.json', { host, lines }))
    }
  })

  it.each(['q1', 'q1@staging', 's1', 's1@secret', 'q1@main', 's1@main'])(
    'nor is what nobody has yet, by the pin %s',
    async (text) => {
      for (const lines of [[pin(text)], [cookie(text)], [pin(text), ...SCRIPT]]) {
        for (const target of [
          '/assets/only-q1.js',
          '/assets/only-s1.js',
          '/api/x',
          '/feature.json',
        ]) {
          expectNothingOf(await askRaw(site.url, target, { lines }))
        }
      }
    },
  )

  it('and a pin that names its environment tells nothing of it', async () => {
    for (const name of ['pr-12', 'staging', 'secret', 'nothing']) {
      const answer = await askRaw(site.url, '/api/x', { lines: [pin(`v1@${name}`)] })
      expect(headerOf(answer, 'holo-environment')).toBe('main')
      expect(JSON.parse(answer.body)).toEqual({ backend: 'v1', environment: 'main' })
    }
  })
})

describe('under its own host name', () => {
  const host = 'pr-12.example'
  const at = (target: string, asked: RawAsk = {}) => askRaw(site.url, target, { ...asked, host })

  it.each(ways.filter(([, target]) => target.startsWith('/')))(
    'the preview is there: by %s',
    async (_, target, asked) => {
      const answer = await at(target, asked)
      expect(answer.status).toBeLessThan(500)
      const text = `${answer.body} ${headerOf(answer, 'holo-version')}`
      expect(text).toMatch(/HIDDEN p[12]|p[12]$/)
    },
  )

  it.each(['PR-12.example', 'pr-12.example.', 'pr-12.example:8080'])(
    'also as %s',
    async (spelling) => {
      const answer = await askRaw(site.url, '/', { host: spelling, lines: PAGE })
      expect(answer.body).toBe('<h1>HIDDEN p2</h1>')
    },
  )

  it('its page is whole: its API, its files, its pin', async () => {
    const page = await at('/new/route', { lines: PAGE })
    expect(page.body).toBe('<h1>HIDDEN p2</h1>')
    const pinned = page.headers.filter(([, value]) => value.includes('holo-pin=p2@pr-12'))
    expect(pinned.length).toBeGreaterThan(0)
    const lines = [cookie('p2@pr-12'), ...FETCH]
    expect(JSON.parse((await at('/api/x', { lines })).body)).toEqual({
      backend: 'HIDDEN p2',
      environment: 'pr-12',
    })
    expect((await at('/feature.json', { lines })).body).toBe('{"is":"HIDDEN p2"}')
    expect((await at('/down/x', { lines })).body).toContain('HIDDEN p2')
  })

  it('a page that was open before the last push keeps its version, and the files of it', async () => {
    const lines = [cookie('p1@pr-12'), ...FETCH]
    const { body } = await at('/api/x', { lines })
    expect(JSON.parse(body)).toEqual({ backend: 'HIDDEN p1', environment: 'pr-12' })
    expect((await at('/feature.json', { lines })).body).toBe('{"is":"HIDDEN p1"}')
    // Another tab has moved the cookie since.
    const moved = [cookie('p2@pr-12'), ...SCRIPT]
    expect((await at('/assets/only-p1.js', { lines: moved })).body).toBe('"HIDDEN p1"')
  })

  it('nothing of other previews, of what nobody has, or of what is restricted is seen', async () => {
    for (const id of ['q1', 's1']) {
      for (const lines of [SCRIPT, [pin(id)], [pin(`${id}@pr-12`)]]) {
        const { body } = await at(`/assets/only-${id}.js`, { lines })
        expect(body).not.toContain(`HIDDEN ${id}`)
      }
    }
  })
})

describe('the end of a preview', () => {
  it('takes it out of reach within seconds, under its old host name too', async () => {
    const { 'pr-12': _, ...environments } = site.document.environments
    const { v1, ...versions } = site.document.versions
    const services = v1?.services?.map(({ fallback: __, ...service }) => service)
    if (!v1 || !services) throw new TypeError('v1 is in the document')
    await site.put({ environments, versions: { ...versions, v1: { ...v1, services } } })
    const asked = { host: 'pr-12.example', lines: [cookie('p2@pr-12'), ...FETCH] }
    await vi.waitFor(async () => {
      const answer = await askRaw(site.url, '/feature.json', asked)
      expect(answer.body).not.toContain('HIDDEN')
    }, 30_000)
    reached = countReached()
    for (const target of ['/', '/api/x', '/assets/only-p1.js', '/assets/feature.js', '/go']) {
      for (const lines of [PAGE, FETCH, SCRIPT, [pin('p2@pr-12')], [pin('p1')]]) {
        expectNothingOf(await askRaw(site.url, target, { ...asked, lines }))
      }
    }
  })
})
