// What pages say of themselves: measured on the home pages that frameworks write.

import { describe, expect, it } from 'vitest'
import { isSinglePageApp, listLoads, type PageMarkup, readPage } from '../../src/publish/pages.ts'

const pagesOf = (files: Readonly<Record<string, string>>): PageMarkup[] =>
  Object.entries(files).map(([path, html]) => readPage(path, html))

const TEXT =
  '<p>Many words about a product that everybody should have, and where to buy it.</p>'.repeat(6)
/** As `vite build` writes it for React, Vue, Svelte and Solid. */
const VITE = `<!doctype html><html lang="en"><head><meta charset="UTF-8"/><title>Shop</title>
<script type="module" crossorigin src="/assets/index-Ck2tQzVx.js"></script></head><body><div id="root"></div></body></html>`
const CREATE_REACT_APP = `<!doctype html><html><head><title>React App</title><script defer="defer" src="/static/js/main.8f3a2b1c.js"></script></head>
<body><noscript>You need to enable JavaScript to run this app.</noscript><div id="root"></div></body></html>`
const ANGULAR = `<!doctype html><html data-beasties-container><head><title>Shop</title><base href="/"><style>body{margin:0}</style></head>
<body><app-root></app-root><link rel="modulepreload" href="chunk-ABCDEFG7.js"><script src="polyfills-FFHMD2TL.js" type="module"></script><script src="main-5ZQ3K7XA.js" type="module"></script></body></html>`
const SVELTEKIT_FALLBACK = `<!doctype html><html><head><link href="/_app/immutable/entry/start.DxWcLmqo.js" rel="modulepreload"></head>
<body data-sveltekit-preload-data="hover"><div style="display: contents"><script>{ import("/_app/immutable/entry/start.DxWcLmqo.js") }</script></div></body></html>`
const FLUTTER =
  '<!doctype html><html><head><base href="/"></head><body><script src="flutter_bootstrap.js" async></script></body></html>'
const BLAZOR =
  '<!doctype html><html><body><div id="app"><svg class="loading-progress"><circle/></svg><div class="loading-progress-text"></div></div><div id="blazor-error-ui">An unhandled error has occurred.<a href="." class="reload">Reload</a></div><script src="_framework/blazor.webassembly.js"></script></body></html>'
const ASTRO = `<!doctype html><html><head><link rel="stylesheet" href="/_astro/index.C3pO5r2D.css"></head><body><h1>Docs</h1>${TEXT}</body></html>`
const NEXT_EXPORT = `<!DOCTYPE html><html><head><script src="/_next/static/chunks/main-app-9f2c6b1d0e3a5748.js" async=""></script></head><body><main>${TEXT}</main></body></html>`

describe('a single-page app', () => {
  it.each([
    ['Vite', VITE],
    ['Create React App', CREATE_REACT_APP],
    ['Angular', ANGULAR],
    ['SvelteKit', SVELTEKIT_FALLBACK],
    ['Flutter', FLUTTER],
    ['Blazor', BLAZOR],
  ])('of %s is seen by its home page, also beside pages of other kinds', (_, home) => {
    expect(isSinglePageApp(pagesOf({ '/index.html': home }))).toBe(true)
    const beside = {
      '/index.html': home,
      '/privacy.html': `<h1>Privacy</h1>${TEXT}`,
      '/silent-renew.html': '<script>parent.postMessage(location.href)</script>',
      '/google0123456789abcdef.html': 'google-site-verification: google0123456789abcdef.html',
      '/200.html': home,
    }
    expect(isSinglePageApp(pagesOf(beside))).toBe(true)
  })

  it('is a folder with one page, whatever that looks like', () => {
    expect(isSinglePageApp(pagesOf({ '/index.html': '<h1>Hello</h1>' }))).toBe(true)
  })
})

describe('a site of many pages', () => {
  it.each([
    ['Astro', ASTRO],
    ['Next (export)', NEXT_EXPORT],
    ['one without any script', '<h1>Home</h1><a href="/about">about</a>'],
  ])('of %s is none', (_, page) => {
    expect(isSinglePageApp(pagesOf({ '/index.html': page, '/about/index.html': page }))).toBe(false)
  })

  it('is none where each page is an app with an entry of its own', () => {
    const about = VITE.replace('index-Ck2tQzVx', 'about-Bt9kYwLm')
    expect(isSinglePageApp(pagesOf({ '/index.html': VITE, '/about/index.html': about }))).toBe(
      false,
    )
  })

  it('is none without a home page', () => {
    expect(isSinglePageApp(pagesOf({ '/docs/index.html': VITE }))).toBe(false)
  })
})

it('reads what a page loads, from its own site only', () => {
  const page = readPage(
    '/docs/index.html',
    `<link rel=stylesheet href='a.css'><link rel="icon" href="/i.png"><script src="https://cdn.example/x.js"></script>
    <!-- <script src="/old.js"></script> --><script type=module src="../m%20n.js"></script>
    <script>import * as route0 from "/assets/root-Ck2tQzVx.js"; import("/assets/entry.client-Bt9kYwLm.js")</script>`,
  )
  expect(page.loads).toEqual([
    '/docs/a.css',
    '/m n.js',
    '/assets/root-Ck2tQzVx.js',
    '/assets/entry.client-Bt9kYwLm.js',
  ])
})

describe('the list of what pages load', () => {
  const toPage = (path: string, files: readonly string[]) =>
    readPage(path, files.map((file) => `<script src="${file}"></script>`).join(''))

  it('has the files that the version serves, of the pages that load any', () => {
    const pages = [toPage('/a.html', ['/x.js', '/gone.js']), toPage('/b.html', ['/gone.js'])]
    expect(listLoads(pages, ['/a.html', '/b.html', '/x.js'])).toEqual({ '/a.html': ['/x.js'] })
    expect(listLoads([toPage('/a.html', [])], ['/a.html'])).toBeUndefined()
  })

  it('has at most 20 files of each of the 20 pages with the shortest paths', () => {
    const scripts = Array.from({ length: 21 }, (_, i) => `/${i}.js`)
    const pages = Array.from({ length: 21 }, (_, i) => toPage(`/${'p'.repeat(i)}.html`, scripts))
    const listed = listLoads(pages.toReversed(), [...scripts, ...pages.map(({ path }) => path)])
    expect(Object.keys(listed ?? {})).toEqual(pages.slice(0, 20).map(({ path }) => path))
    expect(Object.values(listed ?? {})[0]).toEqual(scripts.slice(0, 20))
  })
})
