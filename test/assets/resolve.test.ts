import { describe, expect, it } from 'vitest'
import { resolveFallback, resolveOwn } from '../../src/assets/resolve.ts'
import {
  encodeManifest,
  type Manifest,
  type ManifestConfig,
  openManifest,
} from '../../src/core/manifest.ts'

function manifestOf(paths: string[], notFound: ManifestConfig['notFound'] = 'none'): Manifest {
  const entries = paths.map((path) => ({
    path,
    blob: 'a'.repeat(64),
    size: 1,
    type: 'text/html',
    hashed: false,
    encodings: [],
  }))
  const opened = openManifest(encodeManifest(entries, { notFound }))
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
    '//evil.example/index.html',
  ])

  it.each([
    ['/', '/index.html'],
    ['/index.html', '/index.html'],
    ['/about', '/about.html'],
    ['/docs/', '/docs/index.html'],
    ['/both', '/both.html'],
    ['/both/', '/both/index.html'],
    ['/img/a%20b.png', '/img/a b.png'],
    ['/100%25.txt', '/100%.txt'],
  ])('%s is %s', (path, expected) => {
    expect(resolveOwn(manifest, path)).toMatchObject({
      kind: 'file',
      status: 200,
      entry: { path: expected },
    })
  })

  it('sends a directory without its slash to the one with it', () => {
    expect(resolveOwn(manifest, '/docs')).toEqual({ kind: 'redirect', path: '/docs/', status: 307 })
  })

  it.each(['/nothing', '/about/', '/img%2Fa%20b.png', '/%FF', '/About', '//evil.example'])(
    '%s is nothing',
    (path) => {
      expect(resolveOwn(manifest, path)).toBeUndefined()
    },
  )
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
    ['/%FF', '/404.html'],
  ])('for %s is the nearest 404 page, %s', (path, expected) => {
    expect(resolveFallback(manifestOf(paths, '404-page'), { ...page, path })).toMatchObject({
      status: 404,
      entry: { path: expected },
    })
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
