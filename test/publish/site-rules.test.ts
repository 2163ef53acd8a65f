import { describe, expect, it } from 'vitest'
import type { ManifestConfig } from '../../src/core/site/manifest-config.ts'
import { type SurveyOptions, surveyFolder } from '../../src/publish/survey.ts'
import { makeFolder } from './folder.ts'

const PAGES = {
  'index.html': 'home',
  'app/index.html': 'app',
  'app/main.js': 'code',
  'about.html': '',
}

async function publish(
  files: Readonly<Record<string, string>>,
  htmlHandling: ManifestConfig['htmlHandling'] = 'auto-trailing-slash',
  more: Partial<SurveyOptions> = {},
) {
  const options = { folder: makeFolder(files), retained: [], htmlHandling, ...more }
  const survey = await surveyFolder(options, () => {})
  const find = (path: string) => survey.files.find((file) => file.path === path)
  return { warnings: survey.warnings, config: survey.config, find }
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
      '_headers line 2 is ignored, because it must identify the bytes, so Holo sets it itself: ETag: x',
      '_redirects line 1 is ignored, because 404 is not one of the statuses 200, 301, 302, 303, 307, 308: /a /b 404',
    ])
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
      `_redirects line 1 is ignored, because there is no file at ${to}: /there ${to} 200`,
    ])
  })

  it.each([
    ['/:page /index.html 200', '/about.html'],
    ['/app/* /app/ 200!', '/app/main.js'],
  ])('of everything to one page is no way to hide files: %s', async (line, hidden) => {
    const { config, warnings } = await publish({ ...PAGES, _redirects: line })
    expect(config.redirects).toBeUndefined()
    const to = line.split(' ')[1]
    expect(warnings).toEqual([
      `_redirects line 1 is ignored, because ${hidden} would be answered with ${to}; set "notFound" in holo.json instead: ${line}`,
    ])
  })

  it('of everything to one page is honoured where it hides nothing', async () => {
    const { config, warnings } = await publish({ ...PAGES, _redirects: '/x/* /app/ 200' })
    expect(config.redirects).toHaveLength(1)
    expect(warnings).toEqual([])
  })
})

describe('a single-page app', () => {
  const NOTICE = 'answers when no file matches'

  it.each([
    ['/* /index.html 200', undefined],
    ['/* / 200', undefined],
    ['/* /about 200', '/about.html'],
    ['/* /app/index.html 200', '/app/index.html'],
  ])('is what %s makes, whichever page it names', async (line, appPage) => {
    const { config, warnings } = await publish({ ...PAGES, '404.html': '', _redirects: line })
    expect(config).toMatchObject({ notFound: 'single-page-application' })
    expect(config.appPage).toBe(appPage)
    expect(config.redirects).toBeUndefined()
    expect(warnings).toEqual([
      `_redirects line 1 makes this a single-page app: ${appPage ?? '/index.html'} ${NOTICE}: ${line}`,
    ])
  })

  it.each(['/200.html', '/__spa-fallback.html'])(
    'has its page at %s if there is one',
    async (page) => {
      const { config } = await publish({ ...PAGES, [page.slice(1)]: 'app' })
      expect(config).toMatchObject({ notFound: 'single-page-application', appPage: page })
    },
  )

  it('has the page that the publisher names, or is not published', async () => {
    const { config } = await publish({ ...PAGES, '200.html': '' }, undefined, {
      appPage: 'about.html',
    })
    expect(config).toMatchObject({ notFound: 'single-page-application', appPage: '/about.html' })
    await expect(publish(PAGES, undefined, { appPage: '/gone.html' })).rejects.toThrow(
      '"appPage" names /gone.html, but there is no such file',
    )
  })

  it('is none where the publisher says so', async () => {
    const { config } = await publish({ ...PAGES, '200.html': '' }, undefined, { notFound: 'none' })
    expect(config.notFound).toBe('none')
    expect(config.appPage).toBeUndefined()
    const ruled = { ...PAGES, _redirects: '/* /index.html 200' }
    const { config: other, warnings } = await publish(ruled, undefined, { notFound: 'none' })
    expect(other.notFound).toBe('none')
    expect(warnings).toEqual([
      '_redirects line 1 is ignored, because "notFound" is set to none: /* /index.html 200',
    ])
  })
})

describe('a _redirects file of Netlify', () => {
  it('is read as Netlify reads it, and publishing says why', async () => {
    const { config, warnings } = await publish({
      ...PAGES,
      _redirects: '/old/ /about 301!\n/guide/* /app/:splat\n/about /app/',
    })
    expect(config.redirects).toEqual([
      { from: '/old/', to: '/about', status: 301, anySlash: true },
      { from: '/guide/*', to: '/app/:splat', status: 302, anySlash: true, afterFiles: true },
      { from: '/about', to: '/app/', status: 302, anySlash: true, afterFiles: true },
    ])
    expect(warnings).toEqual([
      '_redirects is read as Netlify reads it, because line 1 has 301!: /old/ is also /old, /guide/* is also /guide, and a file comes before a rule without "!"',
    ])
  })

  it('is one where holo.json says so', async () => {
    const options = { redirectsReading: 'netlify' } as const
    const { config, warnings } = await publish(
      { ...PAGES, _redirects: '/a /b' },
      undefined,
      options,
    )
    expect(config.redirects).toMatchObject([{ anySlash: true }])
    expect(warnings[0]).toContain('as "redirects" in holo.json says')
  })
})

describe('the publisher', () => {
  it('is told which files a redirect hides', async () => {
    const { config, warnings } = await publish({
      ...PAGES,
      _redirects: '/about /gone\n/* /gone',
    })
    expect(config.redirects).toHaveLength(2)
    expect(warnings).toEqual([
      '_redirects line 1 hides /about.html, as redirects come before files: /about /gone',
      '_redirects line 2 hides /about.html, /app/index.html, /app/main.js and 1 more, as redirects come before files: /* /gone',
    ])
  })

  it('is told which pages no shared cache will keep', async () => {
    const text = '/*\n  Cache-Control: public, max-age=60\n/app/*\n  CDN-Cache-Control: max-age=60'
    const { warnings } = await publish({ ...PAGES, _headers: text })
    const because = "a page belongs to one visitor's version"
    expect(warnings).toEqual([
      `_headers line 1 cannot let shared caches store /about.html, /app/index.html, /index.html: ${because}: /*`,
      `_headers line 3 cannot let shared caches store /app/index.html: ${because}: /app/*`,
    ])
  })

  it('is told which files are not kept for ever', async () => {
    const { warnings } = await publish({
      ...PAGES,
      'app/main.8f3a2b1c.js': 'hashed',
      _headers: '/app/*.js\n  Cache-Control: public, max-age=31536000, immutable',
    })
    expect(warnings).toEqual([
      '_headers line 1 applies to /app/main.js without "immutable": the name has no visible hash (if it changes with the content, add --hashed): /app/*.js',
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
