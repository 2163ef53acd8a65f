import { describe, expect, it } from 'vitest'
import type { ManifestConfig } from '../../src/core/manifest-config.ts'
import { publishFolder } from '../../src/publish/publish.ts'
import { makeFolder } from './folder.ts'
import { optionsFor, useStore } from './store.ts'

const store = useStore()

const PAGES = {
  'index.html': 'home',
  'app/index.html': 'app',
  'app/main.js': 'code',
  'about.html': '',
}

async function publish(
  files: Readonly<Record<string, string>>,
  htmlHandling: ManifestConfig['htmlHandling'] = 'auto-trailing-slash',
) {
  const folder = makeFolder(files)
  const { warnings, record } = await publishFolder(
    store().target,
    optionsFor(folder, { htmlHandling }),
  )
  const { config, find } = await store()
    .readManifest(record.id)
    .then((manifest) => ({
      config: manifest.config,
      find: (path: string) => manifest.find(path),
    }))
  return { warnings, config, find }
}

describe('a version', () => {
  it('has the rules of its two files, and does not serve these', async () => {
    const { config, find, warnings } = await publish({
      ...PAGES,
      _headers: '/*\n  X-A: 1',
      _redirects: '/old /about\n/x/* /y/:splat 301',
    })
    expect(config.headers).toEqual([{ for: '/*', set: [['x-a', '1']], unset: [] }])
    expect(config.redirects).toEqual([
      { from: '/old', to: '/about', status: 302 },
      { from: '/x/*', to: '/y/:splat', status: 301 },
    ])
    expect(warnings).toEqual([])
    expect(find('/_headers')).toBeUndefined()
    expect(find('/_redirects')).toBeUndefined()
  })

  it('without rules has the same manifest as ever', async () => {
    const { config } = await publish({ ...PAGES, _headers: '# none', _redirects: '' })
    expect(config).toEqual({
      htmlHandling: 'auto-trailing-slash',
      notFound: 'none',
    })
  })

  it('is published with the lines that can be honoured, and the others are warned of', async () => {
    const { config, warnings } = await publish({
      ...PAGES,
      _headers: '/*\n  ETag: x\n  X-A: 1',
      _redirects: '/a /b 404\n/old /about',
    })
    expect(config).toMatchObject({
      headers: [{ set: [['x-a', '1']] }],
      redirects: [{ from: '/old' }],
    })
    expect(warnings).toEqual([
      '_headers line 2 is not honoured, because it says which bytes these are: ETag: x',
      '_redirects line 1 is not honoured, because 404 is none of the statuses 200, 301, 302, 303, 307, 308: /a /b 404',
    ])
  })

  it('cannot be published again with other rules under its id', async () => {
    await publish({ ...PAGES, _headers: '/*\n  X-A: 1' })
    await expect(publish({ ...PAGES, _headers: '/*\n  X-A: 2' })).rejects.toThrow(
      '_headers: other rules',
    )
    await expect(
      publish({ ...PAGES, _headers: '/*\n  X-A: 1', _redirects: '/a /b' }),
    ).rejects.toThrow('_redirects: other rules')
  })
})

describe('a rewrite', () => {
  it.each([
    '/about',
    '/about.html',
    '/about/',
    '/app',
    '/app/',
    '/app/index',
    '/app/index.html',
    '/app/main.js',
    '/',
    '/index.html',
  ])('may lead to %s', async (to) => {
    const { config, warnings } = await publish({ ...PAGES, _redirects: `/there ${to} 200` })
    expect(config.redirects).toEqual([{ from: '/there', to, status: 200 }])
    expect(warnings).toEqual([])
  })

  it.each([
    ['/gone', 'auto-trailing-slash'],
    ['/app/main', 'auto-trailing-slash'],
    ['/%FF', 'auto-trailing-slash'],
    ['/about', 'none'],
    ['/app/', 'none'],
  ] as const)('may not lead to %s with %s, where no file is', async (to, htmlHandling) => {
    const { config, warnings } = await publish(
      { ...PAGES, _redirects: `/there ${to} 200` },
      htmlHandling,
    )
    expect(config.redirects).toBeUndefined()
    expect(warnings).toEqual([
      `_redirects line 1 is not honoured, because there is no file at ${to}: /there ${to} 200`,
    ])
  })

  it.each([
    ['/* /index.html 200', '/about.html, /app/index.html, /app/main.js'],
    ['/app/* /app/ 200!', '/app/main.js'],
  ])('of everything to one page is no way to hide files: %s', async (line, hidden) => {
    const { config, warnings } = await publish({ ...PAGES, _redirects: line })
    expect(config.redirects).toBeUndefined()
    const to = line.split(' ')[1]
    expect(warnings).toEqual([
      `_redirects line 1 is not honoured, because ${hidden} would be answered with ${to}; for that see not-found handling: ${line}`,
    ])
  })

  it('of everything to one page is honoured where it hides nothing', async () => {
    const { config, warnings } = await publish({ ...PAGES, _redirects: '/x/* /app/ 200' })
    expect(config.redirects).toHaveLength(1)
    expect(warnings).toEqual([])
  })
})

describe('the publisher', () => {
  it('is told which files a redirect hides', async () => {
    const { config, warnings } = await publish({ ...PAGES, _redirects: '/about /app/\n/* /about' })
    expect(config.redirects).toHaveLength(2)
    expect(warnings).toEqual([
      '_redirects line 1 hides /about.html, as redirects come before files: /about /app/',
      '_redirects line 2 hides /about.html, /app/index.html, /app/main.js and 1 more, as redirects come before files: /* /about',
    ])
  })

  it('is told which pages no shared cache will keep', async () => {
    const text = '/*\n  Cache-Control: public, max-age=60\n/app/*\n  CDN-Cache-Control: max-age=60'
    const { warnings } = await publish({ ...PAGES, _headers: text })
    const because = "a page belongs to one visitor's version, so no shared cache may have it"
    expect(warnings).toEqual([
      `_headers line 1 keeps /about.html, /app/index.html, /index.html in browsers only: ${because}: /*`,
      `_headers line 3 keeps /app/index.html in browsers only: ${because}: /app/*`,
    ])
  })

  it('is told which files are not kept for ever', async () => {
    const { warnings } = await publish({
      ...PAGES,
      'app/main.8f3a2b1c.js': 'hashed',
      _headers: '/app/*.js\n  Cache-Control: public, max-age=31536000, immutable',
    })
    expect(warnings).toEqual([
      '_headers line 1 keeps /app/main.js without "immutable": no hash is seen in the name (where it changes with the content, say so with --hashed): /app/*.js',
    ])
  })

  it('is not told what goes without saying', async () => {
    const { warnings } = await publish({
      ...PAGES,
      _headers: '/*\n  Cache-Control: no-cache\n  X-A: 1\n/app/*.js\n  Cache-Control: max-age=60',
    })
    expect(warnings).toEqual([])
  })
})
