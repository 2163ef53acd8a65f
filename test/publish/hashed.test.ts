import { describe, expect, it } from 'vitest'
import { encodeManifest } from '../../src/core/site/encode-manifest.ts'
import { openManifest } from '../../src/core/site/manifest.ts'
import { loadBuildLists, parseAssetList, parseViteManifest } from '../../src/publish/build-lists.ts'
import { compileHashedTest, findContradiction, looksHashed } from '../../src/publish/hashed.ts'
import { readPage } from '../../src/publish/pages.ts'
import { walkFolder } from '../../src/publish/walk.ts'
import { makeFolder } from './folder.ts'

describe('a name by itself', () => {
  it.each([
    '/static/js/main.8f3a2b1c.js',
    '/static/js/2.a1b2c3d4.chunk.js',
    '/static/js/2.a1b2c3d4.chunk.js.LICENSE.txt',
    '/static/css/main.0f4c9a2e.css.map',
    '/app-1b5c0d3e9f7a8b2c4d6e.js',
    '/_next/static/chunks/4bd1b696-100b9d70ed4e49c1.js',
    '/4f2a9c0e1b7d8f3a5c6e.bundle.js',
    '/main-7HZ5M4KL.js',
    '/assets/index-B4xT9zQ2.js',
    '/assets/inter-latin-D8s0_kP3.woff2',
    '/_astro/page.C3pO5r2D.css',
    '/assets/index-CuSlZxMn.js',
    '/assets/index-Dl-3uRaW.js',
  ])('counts %s as hashed', (path) => {
    expect(looksHashed(path)).toBe(true)
  })

  it.each([
    '/index.html',
    '/app.js',
    '/jquery-3.7.1.min.js',
    '/bootstrap-5.3.3.bundle.min.js',
    '/logo-1234567890.png',
    '/report-20240101.pdf',
    '/report-2024-01-01T120000.pdf',
    '/swagger-ui-bundle.js',
    '/swagger-ui-standalone-preset.js',
    '/swagger-ui-es-bundle-core.js.map',
    '/component-playground.js',
    '/component-PlayGround.js',
    '/photo-1920x1080.jpg',
    '/hero-iphone14pro.png',
    '/hero-iPhone4S.png',
    '/banner-PICTURE2.png',
    '/slides-Q3Report2024.pdf',
    '/module-facade01.js',
    '/notes-deadbeef.txt',
    '/defaced.js',
    '/main.8f3a2b1c.html',
    '/8f3a2b1c/app.js',
    '/8f3a2b1c.js',
    '/upload-550e8400-e29b-41d4-a716-446655440abc.png',
    '/favicon-32x32.png',
    '/data-8f3a2b1c',
    '/chunk-vendors.js',
    '/index-BbCamelCase.js',
    '/main-elements.js',
    '/main-Elements.js',
    '/main-ELEMENTS.js',
    '/assets/index-20260114.js',
    '/assets/build-12345678.js',
    '/css/font-awesome.min.css',
    '/js/bootstrap-datetimepicker.js',
    '/data/550e8400-e29b-41d4-a716-446655440000.json',
    '/img/550e8400e29b41d4a716446655440abc.png',
    '/data/items-8f3a2b1c.json',
    '/CRS.EPSG4326.js',
  ])('does not count %s', (path) => {
    expect(looksHashed(path)).toBe(false)
  })
})

describe('what Vite listed', () => {
  const list = {
    'index.html': {
      file: 'assets/index-BqXhYzWk.js',
      name: 'index',
      src: 'index.html',
      isEntry: true,
      css: ['assets/index-D_k-2sAx.css'],
      assets: ['assets/logo-CaBcDeFg.svg', 'plain-picture.svg'],
    },
    'src/lazy.tsx': { file: 'assets/lazy.js', name: 'lazy', src: 'src/lazy.tsx' },
    '_shared-component.js': { file: 'shared-component.js', name: 'shared-component' },
    '_named.js': { file: 'chunk-MyPlayGround.js', name: 'chunk-MyPlayGround' },
    'style.css': { file: 'assets/style.BqXhYzWk.css', src: 'style.css', names: ['style.css'] },
  }

  it('is hashed where its name carries a hash, and only there', () => {
    expect(Object.fromEntries(parseViteManifest(list))).toEqual({
      '/assets/index-BqXhYzWk.js': true,
      '/assets/index-D_k-2sAx.css': true,
      '/assets/logo-CaBcDeFg.svg': true,
      '/plain-picture.svg': false,
      '/assets/lazy.js': false,
      '/shared-component.js': false,
      '/chunk-MyPlayGround.js': false,
      '/assets/style.BqXhYzWk.css': true,
    })
  })

  it('is read from the folder of the build', async () => {
    const folder = makeFolder({ '.vite/manifest.json': JSON.stringify(list) })
    const { hashed, warnings } = await loadBuildLists(folder, [])
    expect(hashed.size).toBe(8)
    expect(warnings).toEqual([])
  })

  it.each(['{', '[]', 'null', '{"a":{}}', '{"a":1}'])(
    'is left aside with a warning when it says %s',
    async (text) => {
      const folder = makeFolder({ '.vite/manifest.json': text })
      const { hashed, warnings } = await loadBuildLists(folder, [])
      expect(hashed.size).toBe(0)
      expect(warnings).toEqual([expect.stringContaining('detected from the names alone')])
    },
  )

  it('need not be there', async () => {
    expect(await loadBuildLists(makeFolder(), [])).toEqual({ hashed: new Map(), warnings: [] })
  })
})

describe('a folder or a name by which a tool is known', () => {
  const isHashed = compileHashedTest([], { listed: new Map(), pages: [] })

  it.each([
    '/_app/immutable/nodes/2.DxWcLmqo.js',
    '/docs/_app/immutable/chunks/Cw9sRnTe.js',
    '/_next/static/media/9f2c6b1d0e3a5748-s.p.woff2',
    '/_next/static/J8sKd02ksLq9fjw0aQzXy/_ssgManifest.js',
    '/_nuxt/Bq3TzLkP.js',
    '/_nuxt/builds/meta/550e8400-e29b-41d4-a716-446655440000.json',
    '/_framework/dotnet.native.x1k8q0zv3m.wasm',
    '/static/js/main.abcdef12.js',
    '/static/js/main.12345678.js',
    '/main-ABCDEFG7.js',
    '/chunk-QWERTYUI.js',
  ])('has %s hashed', (path) => {
    expect(isHashed(path)).toBe(true)
  })

  it.each([
    '/_nuxt/builds/latest.json',
    '/_nuxt/entry.js',
    '/_app/version.json',
    '/_framework/blazor.webassembly.js',
    '/_framework/mycompany.components.wasm',
    '/static/js/report.20260114.js',
    '/_astro/page.html',
  ])('does not have %s hashed', (path) => {
    expect(isHashed(path)).toBe(false)
  })
})

describe('what the pages load', () => {
  const html = '<script type="module" crossorigin src="/assets/index-Ck-2tQzV.js"></script>'
  const isHashed = compileHashedTest([], {
    listed: new Map(),
    pages: [readPage('/index.html', html)],
  })

  it('says how the other files of its folder are named', () => {
    expect(isHashed('/assets/Settings-BtRkYwLm.js')).toBe(true)
    // Too little of a hash to be one by itself.
    expect(looksHashed('/assets/Lazy-Rebuildo.js')).toBe(false)
    expect(isHashed('/assets/Lazy-xReBuild.js')).toBe(true)
  })

  it('does not make hashes of words, nor of what lies elsewhere', () => {
    expect(isHashed('/assets/my-elements.svg')).toBe(false)
    expect(isHashed('/assets/app-PlayGround.js')).toBe(false)
    expect(isHashed('/other/Lazy-xReBuild.js')).toBe(false)
  })

  it('may lie below another address that the page names as its base', () => {
    const page = readPage(
      '/app/index.html',
      '<base href="/v/"><link rel=modulepreload href="a.js">',
    )
    expect(page.loads).toEqual(['/v/a.js'])
  })
})

describe('what a list of the build names', () => {
  it.each([
    [
      '/importmap.json',
      { imports: { app: './assets/app-Ck2tQzVx.js' } },
      '/assets/app-Ck2tQzVx.js',
    ],
    [
      '/asset-manifest.json',
      { files: { 'main.js': '/js/main.8f3a2b1c.js' } },
      '/js/main.8f3a2b1c.js',
    ],
    [
      '/assets/.manifest.json',
      { 'app.js': { digested_path: 'app-0f4c9a2e.js' } },
      '/assets/app-0f4c9a2e.js',
    ],
    [
      '/static/staticfiles.json',
      { paths: { 'a.json': 'a.3b1f9c20aa5e.json' } },
      '/static/a.3b1f9c20aa5e.json',
    ],
    [
      '/cache_manifest.json',
      { digests: { 'app-d41d8cd98f00b204e9800998ecf8427e.js': {} } },
      '/app-d41d8cd98f00b204e9800998ecf8427e.js',
    ],
  ])('is hashed by the word of %s', (path, list, expected) => {
    expect([...parseAssetList(JSON.stringify(list), path)]).toEqual([expected])
  })

  it.each(['importmap.json', 'assets/.manifest.json'])(
    'is read from the folder of the build, for the files that are there: %s',
    async (place) => {
      const list = { imports: { a: '/assets/d-4a1b2c3d.json', b: '/assets/gone-4a1b2c3d.json' } }
      const folder = makeFolder({ [place]: JSON.stringify(list), 'assets/d-4a1b2c3d.json': '{}' })
      const { files } = await walkFolder(folder)
      const { hashed } = await loadBuildLists(folder, files)
      expect([...hashed]).toEqual([['/assets/d-4a1b2c3d.json', true]])
      const of = (listed: typeof hashed) => compileHashedTest([], { listed, pages: [] })
      const path = '/assets/d-4a1b2c3d.json'
      expect([of(hashed)(path), of(new Map())(path)]).toEqual([true, false])
    },
  )

  it('is not where no hash is in the name, and never in a web app manifest', () => {
    expect(parseAssetList('{"a.js":"/a.js","b":"/b-elements.js"}', '/manifest.json').size).toBe(0)
    const app = { name: 'x', icons: [{ src: '/icon-8f3a2b1c.png' }] }
    expect(parseAssetList(JSON.stringify(app), '/manifest.json').size).toBe(0)
    expect(parseAssetList('{', '/importmap.json').size).toBe(0)
  })
})

describe('compileHashedTest', () => {
  it("asks the globs, then the bundler's word, then the name", () => {
    const bundled = new Map([
      ['/a-BqXhYzWk.js', true],
      ['/main.8f3a2b1c.js', false],
      ['/immutable/main.js', false],
    ])
    const isHashed = compileHashedTest(['/immutable/**'], { listed: bundled, pages: [] })
    expect(isHashed('/immutable/main.js')).toBe(true)
    expect(isHashed('/a-BqXhYzWk.js')).toBe(true)
    expect(isHashed('/main.8f3a2b1c.js')).toBe(false)
    expect(isHashed('/other.8f3a2b1c.js')).toBe(true)
    expect(isHashed('/other.js')).toBe(false)
  })
})

describe('findContradiction', () => {
  it('names the version that has the same path with other bytes', () => {
    const versionOf = (id: string, blob: string) => {
      const entry = { path: '/a.js', blob, size: 1, type: '', hashed: true, encodings: [] }
      const opened = openManifest(
        encodeManifest([entry], { htmlHandling: 'none', notFound: 'none' }),
      )
      if (!opened.ok) throw new Error(opened.error)
      return { id, manifest: opened.value }
    }
    const [one, two] = ['1'.repeat(64), '2'.repeat(64)] as const
    const retained = [versionOf('1.0.0', one), versionOf('2.0.0', two)]
    expect(findContradiction('/a.js', one, retained)?.id).toBe('2.0.0')
    expect(findContradiction('/a.js', one, retained.slice(0, 1))).toBeUndefined()
    expect(findContradiction('/b.js', one, retained)).toBeUndefined()
  })
})
