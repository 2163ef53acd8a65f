// Ways to make an old version run in a page of today. Visitors had `v0`; `v1` has none of its files and
// answers every page that is opened. What an open page of `v0` needs is served, and is tried here too.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PreviewSite, startPreviewSite } from './previews.ts'
import { askRaw, headerOf } from './raw-socket.ts'

let site: PreviewSite
beforeAll(async () => {
  site = await startPreviewSite()
})
afterAll(() => site.stop())

const dest = (name: string, mode = 'no-cors') => [
  `Sec-Fetch-Dest: ${name}`,
  `Sec-Fetch-Mode: ${mode}`,
]
const page = (name: string) => dest(name, 'navigate')
const FETCH = dest('empty', 'cors')
const SANDBOX = "sandbox; script-src 'none'"

/** Each name with what is asked for and how. */
const REFUSED: readonly (readonly [name: string, path: string, lines: readonly string[]])[] = [
  ['an old page opened', '/old.html', page('document')],
  ['an old page opened under its address', '/old', page('document')],
  ['an old page in an iframe', '/old.html', page('iframe')],
  ['an old page in a frame', '/old', page('frame')],
  ['an old page in an embed', '/old.html', page('embed')],
  ['an old page in an object', '/old.html', page('object')],
  ['an old page in a fenced frame', '/old.html', page('fencedframe')],
  ['an old page by fetch', '/old.html', FETCH],
  ['an old page as an image', '/old.html', dest('image')],
  ['an old page for who does not say what it wants', '/old.html', []],
  ['an old page for who accepts HTML', '/old.html', ['Accept: text/html,*/*']],
  ['an old page fetched ahead', '/old.html', [...FETCH, 'Sec-Purpose: prefetch']],
  ['an old page that is called hashed', '/old-hashed.html', FETCH],
  ['an old XHTML page as a script', '/old.xhtml', dest('script')],
  ['an old SVG opened', '/old.svg', page('document')],
  ['an old SVG that is called hashed, opened', '/old-hashed.svg', page('document')],
  ['an old SVG in an object', '/old.svg', page('object')],
  ['an old SVG in an iframe', '/old-hashed.svg', page('iframe')],
  ['an old SVG for who does not say what it wants', '/old-hashed.svg', []],
  ['an old SVG fetched ahead', '/old.svg', [...FETCH, 'Sec-Purpose: prefetch']],
  ['an old SVG fetched ahead as a browser of before', '/old.svg', [...FETCH, 'Purpose: prefetch']],
  ['an old SVG as a script', '/old.svg', dest('script')],
  ['old XML with its style sheet, opened', '/old.xml', page('document')],
  ['old XML for who does not say what it wants', '/old.xml', []],
  ['an old XSLT', '/old.xsl', dest('xslt', 'same-origin')],
  ['an old PDF in an embed', '/old.pdf', page('embed')],
  ['an old PDF for who does not say what it wants', '/old.pdf', []],
  ['an old archive of pages', '/old.mhtml', FETCH],
  ['an old message', '/old.eml', FETCH],
  ['an old file of two types, one of them HTML', '/old-two-types', FETCH],
  ['an old file whose type is none', '/old-no-type', dest('image')],
  ['an old service worker', '/sw.js', dest('serviceworker', 'same-origin')],
  ['an old service worker of a browser without metadata', '/sw.js', ['Service-Worker: script']],
  ['an old web app manifest', '/old.webmanifest', dest('manifest', 'cors')],
  ['an old web app manifest by fetch', '/old.webmanifest', FETCH],
  ['old speculation rules', '/old.json', dest('speculationrules', 'cors')],
  ['an old file for a destination of tomorrow', '/old.js', dest('hologram')],
  ['an old script opened', '/old.js', page('document')],
  ['an old text opened', '/old-dressed.txt', page('document')],
  ['an old text opened without metadata', '/old-dressed.txt', ['Accept: text/html,*/*;q=0.8']],
  ['an old script opened without metadata', '/old.js', ['Accept: text/html']],
  ['an old text opened through a service worker', '/old-dressed.txt', page('empty')],
  ['an old robots.txt', '/robots.txt', []],
  ['an old statement about the site', '/.well-known/assetlinks.json', []],
  ['an old redirect', '/old-moved.js', dest('script')],
]

/** What a page of `v0` asks for, and how long it may be kept. */
const SERVED: readonly (readonly [path: string, lines: readonly string[], caching?: string])[] = [
  ['/old.js', dest('script')],
  ['/old.js', dest('script', 'cors')],
  ['/old.js', []],
  ['/old.js', dest('worker', 'same-origin')],
  ['/old.js', dest('sharedworker', 'same-origin')],
  ['/old.js', dest('audioworklet', 'cors')],
  ['/old-hashed.js', dest('script'), 'public, max-age=31536000, immutable'],
  ['/old.css', dest('style')],
  ['/old.json', FETCH],
  ['/old.json', []],
  ['/old.png', dest('image')],
  ['/old.woff2', dest('font', 'cors')],
  ['/old.wasm', FETCH],
  ['/old.svg', dest('image')],
  ['/old.svg', FETCH],
  ['/old-hashed.svg', dest('image')],
  ['/old.xml', FETCH],
  ['/old.pdf', FETCH],
  ['/old-dressed.txt', FETCH],
]

describe('an old version does not run in a new page', () => {
  it('by more than twenty ways', () => expect(REFUSED.length).toBeGreaterThanOrEqual(20))

  it.each(REFUSED)('by %s', async (_, path, lines) => {
    for (const method of ['GET', 'HEAD']) {
      const answer = await askRaw(site.url, path, { method, lines })
      expect(answer.body).not.toContain('OLD')
      const isPage = headerOf(answer, 'content-type')?.startsWith('text/html') ?? false
      // The app of today at an address that was opened, or nothing; nothing is never kept.
      if (method === 'GET' && isPage) expect(answer.body).toBe('<h1>v1</h1>')
      else if (!isPage)
        expect([404, 'no-store']).toEqual([answer.status, headerOf(answer, 'cache-control')])
    }
  })
})

describe('what an open page of the old version asks for', () => {
  const served = SERVED.map(
    ([path, lines, caching = 'private, no-cache']) => [path, lines, caching] as const,
  )
  it.each(served)('is served: %s %j', async (path, lines, caching) => {
    const answer = await askRaw(site.url, path, { lines })
    expect(answer.status).toBe(200)
    expect(answer.body).toContain('OLD')
    expect(headerOf(answer, 'cache-control')).toBe(caching)
    expect(headerOf(answer, 'x-content-type-options')).toBe('nosniff')
  })

  it('may be asked for in parts, and again with its tag', async () => {
    const lines = dest('script')
    const whole = await askRaw(site.url, '/old.js', { lines })
    const part = await askRaw(site.url, '/old.js', { lines: [...lines, 'Range: bytes=1-3'] })
    expect([part.status, part.body]).toEqual([206, 'OLD'])
    const tag = `If-None-Match: ${headerOf(whole, 'etag')}`
    const again = await askRaw(site.url, '/old.js', { lines: [...lines, tag] })
    expect([again.status, headerOf(again, 'cache-control')]).toEqual([304, 'private, no-cache'])
    // A page that is opened gets none of it, whatever its browser has kept.
    const opened = await askRaw(site.url, '/old.svg', { lines: [...page('document'), tag] })
    expect(opened.body).toBe('<h1>v1</h1>')
  })

  it('runs nothing should a browser open it from its cache', async () => {
    for (const path of ['/old.svg', '/old-hashed.svg', '/old.xml', '/old.pdf']) {
      const answer = await askRaw(site.url, path, { lines: FETCH })
      expect(headerOf(answer, 'cache-control')).toBe('private, no-cache')
      const policies = answer.headers.filter(([name]) => name === 'content-security-policy')
      expect(policies.map(([, value]) => value).join(', ')).toContain(SANDBOX)
    }
  })

  it('says what its own rules say of the file, and nothing of the site or of its type', async () => {
    const font = await askRaw(site.url, '/old.woff2', { lines: dest('font', 'cors') })
    expect(headerOf(font, 'access-control-allow-origin')).toBe('*')
    const text = await askRaw(site.url, '/old-dressed.txt', { lines: FETCH })
    expect(headerOf(text, 'content-type')).toBe('text/plain; charset=utf-8')
    for (const name of ['set-cookie', 'clear-site-data', 'refresh']) {
      expect(headerOf(text, name)).toBeUndefined()
    }
    const tag = `If-None-Match: ${headerOf(text, 'etag')}`
    const again = await askRaw(site.url, '/old-dressed.txt', { lines: [...FETCH, tag] })
    expect([again.status, headerOf(again, 'content-type')]).toEqual([304, undefined])
  })
})
