import { describe, expect, it } from 'vitest'
import { normalisePath } from '../../src/core/path.ts'
import { compileRedirects, type RedirectRule } from '../../src/core/site/rules.ts'

const rule = (from: string, to: string, status: RedirectRule['status'] = 301): RedirectRule => ({
  from,
  to,
  status,
})

const follow = (rules: readonly RedirectRule[], path: string) => {
  const found = compileRedirects(rules)(path)
  return found && found.to + found.search + found.hash
}

describe('a redirect', () => {
  it.each([
    ['/old', '/new', '/old', '/new'],
    ['/old', '/new', '/older', undefined],
    ['/blog/*', '/news/:splat', '/blog/2026/x', '/news/2026/x'],
    ['/blog/*', '/news/:splat', '/blog/', '/news/'],
    ['/:y/:slug', '/:slug-:y', '/2026/hi', '/hi-2026'],
    ['/u/:id', '/user?id=:id#u-:id', '/u/7', '/user?id=7#u-7'],
    ['/ü/*', '/ä b/:splat', '/%C3%BC/x', undefined],
    ['/%C3%BC/*', '/ä/:splat', '/%C3%BC/x', '/%C3%A4/x'],
    ['/a', 'https://other.example', '/a', 'https://other.example/'],
    [
      '/a/*',
      'https://other.example:8443/x/:splat?y=1',
      '/a/b//c',
      'https://other.example:8443/x/b//c?y=1',
    ],
    ['/a/*', '/x//:splat', '/a//b', '/x/b'],
    ['/wiki/:page', '/wiki/Special:Search', '/wiki/x', '/wiki/Special:Search'],
  ])('%s to %s leads %s to %s', (from, to, path, expected) => {
    expect(follow([rule(from, to)], path)).toBe(expected)
  })

  it('is that of the first rule that fits, with and without wildcards', () => {
    const rules = [rule('/a', '/1'), rule('/*', '/2'), rule('/b', '/3'), rule('/a', '/4')]
    expect(follow(rules, '/a')).toBe('/1')
    expect(follow(rules, '/b')).toBe('/2')
    expect(follow([rule('/:x/y', '/2'), ...rules], '/b')).toBe('/2')
    expect(follow([rule('/b', '/3'), rule('/*', '/2')], '/b')).toBe('/3')
  })

  it('never leads to where the request is', () => {
    expect(follow([rule('/a', '/a')], '/a')).toBeUndefined()
    expect(follow([rule('/*', '/:splat')], '/a/b')).toBeUndefined()
    expect(follow([rule('/:x', '/a'), rule('/a', '/b')], '/a')).toBe('/b')
    expect(follow([rule('/*', '/a?x=1#y')], '/a')).toBeUndefined()
    expect(follow([rule('/a', '/a'), rule('/*', '/b')], '/a')).toBe('/b')
  })

  it.each([
    ['/old/', '/new', '/old', '/new'],
    ['/old/', '/new', '/old/', '/new'],
    ['/old', '/new', '/old/', '/new'],
    ['/guide/*', '/docs/:splat', '/guide', '/docs/'],
    ['/guide/*', '/docs/:splat', '/guide/', '/docs/'],
    ['/guide/*', '/docs/:splat', '/guide/a/', '/docs/a/'],
    ['/guide/*', '/docs/:splat', '/guides', undefined],
    ['/blog/:slug', '/news/:slug', '/blog/a/', '/news/a'],
    ['/', '/new', '/', '/new'],
    ['/old/', '/new', '/old//', undefined],
  ])(
    'of Netlify (%s to %s) leads %s to %s, with and without a slash',
    (from, to, path, expected) => {
      expect(follow([{ ...rule(from, to), anySlash: true }], path)).toBe(expected)
    },
  )

  it('of Netlify is that of the first rule, in whichever spelling', () => {
    const rules = [rule('/a/', '/1'), rule('/a', '/2')].map((one) => ({
      ...one,
      anySlash: true as const,
    }))
    expect(follow(rules, '/a')).toBe('/1')
    expect(follow(rules, '/a/')).toBe('/1')
  })

  it('is found among as many as a site may have', () => {
    const fixed = Array.from({ length: 2_000 }, (_, n) => rule(`/old/${n}`, `/new/${n}`))
    const find = compileRedirects([...fixed, rule('/old/*', '/gone')])
    expect(find('/old/1999')?.to).toBe('/new/1999')
    expect(find('/old/2000')?.to).toBe('/gone')
  })
})

/** What follows `/go/`: each is one that some server or browser has been led off its site with. */
const SPLATS = [
  '/evil.example',
  '//evil.example',
  '///evil.example/',
  '\\evil.example',
  '\\\\evil.example',
  '/\\evil.example',
  '\\/evil.example',
  '%2F%2Fevil.example',
  '%2f%2fevil.example',
  '%5C%5Cevil.example',
  '%5cevil.example',
  '/%5cevil.example',
  '/%2Fevil.example',
  '%252F%252Fevil.example',
  '/%09/evil.example',
  '%09//evil.example',
  '%0A/evil.example',
  '%0D%0ALocation:%20https://evil.example',
  '%0d%0a%0d%0a<script>',
  '%00//evil.example',
  '/%00/evil.example',
  'https://evil.example',
  'https:/evil.example',
  'https:evil.example',
  'HTTPS:%2F%2Fevil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  '@evil.example',
  ':@evil.example',
  ':443@evil.example',
  '.evil.example',
  '../..//evil.example',
  '..%2f..%2f%2fevil.example',
  '%2e%2e//evil.example',
  './/evil.example',
  './/../..//evil.example',
  '/..//evil.example',
  '/;//evil.example',
  '/%3F//evil.example',
  '/%23//evil.example',
  '/%E3%80%82evil.example',
  '/%EF%BC%8Fevil.example',
  '/%20/evil.example',
  '/%7F/evil.example',
  '/%C0%AF/evil.example',
  '/evil.example%2f..',
  '[::1]',
  ':splat',
  '*',
  '',
] as const

const TARGETS = [
  '/:splat',
  '/x/:splat',
  '/x:splat',
  '/x/../:splat',
  '/./:splat',
  '/.:splat',
  '/..:splat',
  '/:splat/x',
  '/:splat:splat',
] as const

describe('whatever a splat holds', () => {
  const cases = TARGETS.flatMap((to) => SPLATS.map((splat) => [to, splat] as const))

  it.each(cases)('%s stays on the site with %s', (to, splat) => {
    const url = new URL(`https://shop.example/go/${splat}`)
    const path = normalisePath(url)
    // A path with a NUL is refused before anybody looks for a redirect.
    if (path === undefined) return expect(splat).toContain('%00')
    for (const from of ['/go/*', '/*']) {
      const location = follow([rule(from, to)], path)
      if (location === undefined) continue
      expect(location).toMatch(/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/)
      expect(new URL(location, url).origin).toBe('https://shop.example')
    }
  })

  it.each(SPLATS)('the host of a URL stays as it was written with %s', (splat) => {
    const path = normalisePath(new URL(`https://shop.example/go/${splat}`))
    if (path === undefined) return
    for (const to of ['https://other.example/:splat', 'https://other.example?:splat']) {
      const location = follow([rule('/go/*', to)], path)
      if (location !== undefined) expect(new URL(location).origin).toBe('https://other.example')
    }
  })
})
