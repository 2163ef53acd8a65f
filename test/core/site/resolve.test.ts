import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeManifest } from '../../../src/core/site/encode-manifest.ts'
import { type Manifest, openManifest } from '../../../src/core/site/manifest.ts'
import type { ManifestConfig } from '../../../src/core/site/manifest-config.ts'
import { resolveFallback, resolveOwn } from '../../../src/core/site/resolve.ts'

function manifestOf(
  paths: readonly string[],
  notFound: ManifestConfig['notFound'] = 'none',
): Manifest {
  const entries = paths.map((path) => ({
    path,
    blob: 'a'.repeat(64),
    size: 1,
    type: 'text/html',
    hashed: false,
    encodings: [],
  }))
  const opened = openManifest(
    encodeManifest(entries, { htmlHandling: 'auto-trailing-slash', notFound }),
  )
  if (!opened.ok) throw new Error(opened.error)
  return opened.value
}

describe('the own file of a path', () => {
  const manifest = manifestOf([
    '/index.html',
    '/about.html',
    '/docs/index.html',
    '/both.html',
    '/both/index.html',
    '/img/a b.png',
    '/100%.txt',
    '/%41.txt',
    '/@me.js',
    '/a;b,c=d+e:f&g$/index.html',
    "/it's.txt",
    '//evil.example/index.html',
  ])

  it.each([
    ['/', '/index.html'],
    ['/about', '/about.html'],
    ['/docs/', '/docs/index.html'],
    ['/both', '/both.html'],
    ['/both/', '/both/index.html'],
    ['/img/a%20b.png', '/img/a b.png'],
    ['/100%25.txt', '/100%.txt'],
    ['/%2541.txt', '/%41.txt'],
    ['/@me.js', '/@me.js'],
    ['/a;b,c=d+e:f&g$/', '/a;b,c=d+e:f&g$/index.html'],
    ["/it's.txt", "/it's.txt"],
  ])('%s is %s', (path, expected) => {
    expect(resolveOwn(manifest, path)).toMatchObject({
      kind: 'file',
      status: 200,
      entry: { path: expected },
    })
  })

  it.each([
    ['/docs', '/docs/'],
    ['/index.html', '/'],
    ['/about.html', '/about'],
    ['/%40me.js', '/@me.js'],
    ['/a%3Bb,c%3Dd+e:f&g$/', '/a;b,c=d+e:f&g$/'],
    ['/a;b,c=d+e:f&g$', '/a;b,c=d+e:f&g$/'],
    ['/it%27s.txt', "/it's.txt"],
    ['/img%2Fa%20b.png', '/img/a%20b.png'],
    ['/img//a%20b.png', '/img/a%20b.png'],
    ['//about', '/about'],
    ['/docs%2F%2Findex', '/docs/'],
  ])('sends %s to its one address %s', (path, expected) => {
    expect(resolveOwn(manifest, path)).toEqual({ kind: 'redirect', path: expected, status: 307 })
  })

  it.each(['/nothing', '/About', '/%FF', '/%FFabout', '//evil.example', '/evil.example//'])(
    '%s is nothing',
    (path) => {
      expect(resolveOwn(manifest, path)).toBeUndefined()
    },
  )

  it('is never at an address with an escaped slash, nor sent to another host', () => {
    const pieces = [
      '/',
      '%2F',
      '%5C',
      'about',
      'docs',
      'index',
      '.html',
      'evil.example',
      '..',
      '%FF',
    ]
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 8 }), (parts) => {
        const intent = resolveOwn(manifest, `/${parts.join('')}`)
        if (intent?.kind === 'file') expect(parts).not.toContain('%2F')
        if (intent?.kind === 'redirect') {
          expect(new URL(intent.path, 'https://holo.example').host).toBe('holo.example')
          // `/index/` leads to `/index`, and that to `/`.
          const next = resolveOwn(manifest, intent.path)
          const last = next?.kind === 'redirect' ? resolveOwn(manifest, next.path) : next
          expect(last).toMatchObject({ kind: 'file' })
        }
      }),
    )
  })
})

describe('the fallback', () => {
  const paths = ['/index.html', '/404.html', '/docs/404.html']
  const page = { method: 'GET', kind: 'document' } as const

  it('is the app for every navigation of a single-page application', () => {
    const manifest = manifestOf(paths, 'single-page-application')
    for (const facts of [page, { method: 'HEAD', kind: 'navigation' }] as const) {
      expect(resolveFallback(manifest, { ...facts, path: '/basket/7' })).toMatchObject({
        status: 200,
        entry: { path: '/index.html' },
      })
    }
  })

  it.each([
    ['/x', '/404.html'],
    ['/docs', '/404.html'],
    ['/docs/', '/docs/404.html'],
    ['/docs/a/b/c', '/docs/404.html'],
    ['/other/a', '/404.html'],
  ])('for %s is the nearest 404 page, %s', (path, expected) => {
    expect(resolveFallback(manifestOf(paths, '404-page'), { ...page, path })).toMatchObject({
      status: 404,
      entry: { path: expected },
    })
  })

  it.each([
    '/search;page=2',
    '/@anna',
    '/%40anna',
    '/a+b',
    '/a,b=c:d&e$',
    "/it's",
    '/it%27s',
    '//evil.example/x',
    '/%2F%2Fevil.example',
    '/%FF',
    '/a//b',
    '/100%25',
  ])('is shown where it was asked for, without a redirect: %s', (path) => {
    for (const [notFound, status] of [
      ['single-page-application', 200],
      ['404-page', 404],
    ] as const) {
      const intent = resolveFallback(manifestOf(paths, notFound), { ...page, path })
      expect(intent).toMatchObject({ kind: 'file', status })
    }
  })

  it.each(['single-page-application', '404-page', 'none'] as const)(
    'is nothing for a script or a form post under %s',
    (notFound) => {
      const manifest = manifestOf(paths, notFound)
      const path = '/assets/gone.js'
      expect(
        resolveFallback(manifest, { method: 'GET', kind: 'subresource', path }),
      ).toBeUndefined()
      expect(
        resolveFallback(manifest, { method: 'POST', kind: 'navigation', path }),
      ).toBeUndefined()
    },
  )

  it('is nothing where the version has no such page', () => {
    const path = '/x'
    expect(resolveFallback(manifestOf(['/a.js'], '404-page'), { ...page, path })).toBeUndefined()
    expect(resolveFallback(manifestOf(paths), { ...page, path })).toBeUndefined()
  })
})
