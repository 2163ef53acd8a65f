import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FOREIGN_FILES } from '../../src/publish/foreign-rules.ts'
import { loadForeignSettings } from '../../src/publish/foreign-settings.ts'
import { surveyFolder } from '../../src/publish/survey.ts'
import { makeFolder } from './folder.ts'

const read = async (files: Readonly<Record<string, string>>, paths: readonly string[] = []) =>
  (await loadForeignSettings(makeFolder(files), paths)).warnings

const json = (settings: unknown) => JSON.stringify(settings)
const EVERYBODY = 'but Holo does not do that: everybody can get'

describe('the settings of another host', () => {
  it('are reported rule by rule: vercel.json', async () => {
    const settings = {
      redirects: [
        { source: '/old', destination: '/new', permanent: true },
        { source: '/a/:path*', destination: '/b/:path*', statusCode: 301 },
        {
          source: '/team',
          destination: '/login',
          permanent: false,
          missing: [{ type: 'cookie', key: 'session' }],
        },
      ],
      rewrites: [
        { source: '/(.*)', destination: '/index.html' },
        { source: '/api/:path*', destination: 'https://api.example.com/:path*' },
      ],
      headers: [{ source: '/(.*)', headers: [{ key: 'x-frame-options', value: 'DENY' }] }],
      routes: [{ src: '/private/.*', status: 401 }],
      cleanUrls: true,
      buildCommand: 'vite build',
    }
    expect(await read({ 'vercel.json': json(settings) })).toEqual([
      `NOT PROTECTED: vercel.json redirects[2] asked for a cookie or a header, ${EVERYBODY} /team`,
      `NOT PROTECTED: vercel.json routes[0] kept people out, ${EVERYBODY} /private/.*`,
      'vercel.json redirects[0] (/old to /new) is not followed: write "/old /new 308" into _redirects',
      'vercel.json redirects[1] (/a/:path* to /b/:path*) is not followed: write it into _redirects',
      'vercel.json redirects[2] (/team to /login) is not followed: write "/team /login 307" into _redirects',
      'vercel.json rewrites[0] (/(.*) to /index.html) is not followed: for a single-page app set "notFound": "single-page-application" in holo.json',
      'vercel.json rewrites[1] (/api/:path* to https://api.example.com/:path*) is not followed: a backend is a service of the version (--service)',
      'vercel.json headers[0] (/(.*)) is not followed: write its headers into _headers',
      'vercel.json cleanUrls is not read: set "htmlHandling" in holo.json',
    ])
  })

  it('that restrict access in a folder come first, those of Apache and IIS too', async () => {
    const password = 'AuthType Basic\nAuthUserFile /etc/passwords\nRequire valid-user\n'
    const files = {
      'index.html': '',
      'team/.htaccess': password,
      'team/index.html': '',
      'drafts/.htaccess': '<IfModule x>\n  deny from all\n</IfModule>',
      'drafts/a.html': '',
      'admin/web.config':
        '<configuration><authorization><deny users="?"/></authorization></configuration>',
      'admin/index.html': '',
      '.htaccess':
        'RewriteEngine On\nRequire all granted\n<FilesMatch "^\\.">\n  Require all denied\n</FilesMatch>',
      'web.config': '<configuration><rewrite/></configuration>',
    }
    const paths = Object.keys(files).filter((path) => path.endsWith('.html'))
    expect(
      await read(
        files,
        paths.map((path) => `/${path}`),
      ),
    ).toEqual([
      `NOT PROTECTED: admin/web.config restricted access, ${EVERYBODY} /admin/*`,
      `NOT PROTECTED: drafts/.htaccess restricted access, ${EVERYBODY} /drafts/*`,
      `NOT PROTECTED: team/.htaccess restricted access, ${EVERYBODY} /team/*`,
    ])
  })

  it('do not restrict access where Netlify answers 404 only if there is no file', async () => {
    const settings = '[[redirects]]\nfrom = "/*"\nto = "/404.html"\nstatus = 404'
    expect(await read({ 'netlify.toml': settings })).toEqual([
      'netlify.toml [[redirects]] 1 (/*) is not followed: for pages that do not exist, add a 404.html',
    ])
  })

  it('are reported rule by rule: netlify.toml', async () => {
    const settings = `
[build]
  publish = "dist"
[[redirects]]
  from = "/old"
  to = "/new"
[[redirects]]
  from = "/admin/*"
  to = "/admin/:splat"
  status = 200
  conditions = {Role = ["admin"]}
[[redirects]]
  from = "/*"
  to = "/index.html"
  status = 200
[[redirects]]
  from = "/hidden/*"
  to = "/404.html"
  status = 404
  force = true
[[headers]]
  for = "/team/*"
  [headers.values]
    Basic-Auth = "anna:secret"
[[edge_functions]]
  path = "/me"
  function = "auth"
`
    const warnings = await read({ 'netlify.toml': settings })
    expect(warnings).toEqual([
      `NOT PROTECTED: netlify.toml [[redirects]] 2 asked for a role, ${EVERYBODY} /admin/*`,
      `NOT PROTECTED: netlify.toml [[redirects]] 4 answered 404, ${EVERYBODY} /hidden/*`,
      `NOT PROTECTED: netlify.toml [[headers]] 1 asked for a password, ${EVERYBODY} /team/*`,
      'netlify.toml [[redirects]] 1 (/old to /new) is not followed: write "/old /new 301" into _redirects',
      'netlify.toml [[redirects]] 3 (/* to /index.html) is not followed: for a single-page app set "notFound": "single-page-application" in holo.json',
      'netlify.toml [[headers]] 1 (/team/*) is not followed: write its headers into _headers',
      'netlify.toml [[edge_functions]] 1 is not run (/me): if it checked who visitors are, nothing does now',
    ])
    expect(warnings.join()).not.toContain('secret')
  })

  it('are reported rule by rule: firebase.json', async () => {
    const settings = {
      hosting: {
        public: 'dist',
        ignore: ['firebase.json', '**/.*', 'drafts/**', '**/*.map'],
        redirects: [{ source: '/old', destination: '/new', type: 301 }],
        rewrites: [{ source: '/api/**', function: 'api' }],
        headers: [{ source: '**/*.js', headers: [] }],
        trailingSlash: false,
      },
      firestore: { rules: 'firestore.rules' },
    }
    const paths = ['/index.html', '/drafts/a.html', '/assets/main.js.map']
    expect(await read({ 'firebase.json': json(settings) }, paths)).toEqual([
      `NOT PROTECTED: firebase.json hosting.ignore left files out, ${EVERYBODY} /drafts/a.html, /assets/main.js.map`,
      'firebase.json hosting.redirects[0] (/old to /new) is not followed: write "/old /new 301" into _redirects',
      'firebase.json hosting.rewrites[0] (/api/**) is not followed: a backend is a service of the version (--service)',
      'firebase.json hosting.headers[0] (**/*.js) is not followed: write its headers into _headers',
      'firebase.json trailingSlash is not read: set "htmlHandling" in holo.json',
    ])
    const several = { hosting: [{ target: 'a', redirects: [{ source: '/x', destination: '/y' }] }] }
    expect((await read({ 'firebase.json': json(several) }))[0]).toContain('hosting[0].redirects[0]')
  })

  it('are reported rule by rule: staticwebapp.config.json', async () => {
    const settings = {
      routes: [
        { route: '/admin/*', allowedRoles: ['admin', 'owner'] },
        { route: '/open/*', allowedRoles: ['anonymous', 'authenticated'] },
        { route: '/old', redirect: '/new', statusCode: 301 },
        { route: '/.git/*', statusCode: 404 },
      ],
      navigationFallback: { rewrite: '/app.html' },
      networking: { allowedIpRanges: ['10.0.0.0/8'] },
      globalHeaders: { 'x-a': '1' },
      responseOverrides: { '404': { rewrite: '/404.html' } },
    }
    expect(await read({ 'staticwebapp.config.json': json(settings) })).toEqual([
      `NOT PROTECTED: staticwebapp.config.json routes[0] asked for the role admin or owner, ${EVERYBODY} /admin/*`,
      `NOT PROTECTED: staticwebapp.config.json routes[3] answered 404, ${EVERYBODY} /.git/*`,
      `NOT PROTECTED: staticwebapp.config.json networking.allowedIpRanges let in some addresses only, ${EVERYBODY} every page`,
      'staticwebapp.config.json routes[2] (/old to /new) is not followed: write "/old /new 301" into _redirects',
      'staticwebapp.config.json navigationFallback is not read: for a single-page app with /app.html set "notFound": "single-page-application" and "appPage": "/app.html" in holo.json',
      'staticwebapp.config.json responseOverrides.404 is not followed: name the page 404.html instead',
      'staticwebapp.config.json globalHeaders (/*) is not followed: write its headers into _headers',
    ])
  })

  it.each(FOREIGN_FILES)('that cannot be read are told of: %s', async (name) => {
    const [warning, ...others] = await read({ [name]: '{ "redirects": [' })
    expect(others).toEqual([])
    expect(warning).toContain(`${name} cannot be read (`)
    expect(warning).toContain('check whether it restricted access to pages')
  })

  it.each(['[]', 'null', '{"hosting":5,"routes":"x","redirects":{"a":1},"headers":[null,7]}'])(
    'may hold anything at all: %s',
    async (content) => {
      for (const name of ['vercel.json', 'firebase.json', 'staticwebapp.config.json']) {
        expect(Array.isArray(await read({ [name]: content }))).toBe(true)
      }
    },
  )

  it.each(['package.json', 'holo.json'])(
    'are found in the project around the folder, up to its %s',
    async (marker) => {
      const root = makeFolder({
        'vercel.json': json({ redirects: [{ source: '/above', destination: '/x' }] }),
        [`project/${marker}`]: '{}',
        'project/netlify.toml': '[[redirects]]\nfrom = "/old"\nto = "/new"',
        'project/_redirects': '/a /b',
        'project/dist/browser/index.html': '',
      })
      const folder = join(root, 'project/dist/browser')
      const { warnings, netlify } = await loadForeignSettings(folder, [])
      expect(netlify).toBe('../../netlify.toml')
      expect(warnings).toEqual([
        '../../netlify.toml [[redirects]] 1 (/old to /new) is not followed: write "/old /new 301" into _redirects',
        '../../_redirects is not read, because it is outside the published folder: copy it there',
      ])
      mkdirSync(join(root, '.git'))
      expect((await loadForeignSettings(folder, [])).warnings.join()).toContain('/above to /x')
    },
  )

  it('are not served, and come first in what publishing says', async () => {
    const files = Object.fromEntries(FOREIGN_FILES.map((name) => [name, '']))
    const role = json({ routes: [{ route: '/admin/*', allowedRoles: ['admin'] }] })
    const folder = makeFolder({
      ...files,
      'index.html': '',
      '.hidden': '',
      'staticwebapp.config.json': role,
      'sub/vercel.json': '{}',
    })
    const { files: served, warnings } = await surveyFolder(
      { folder, hashedGlobs: [], retained: [] },
      () => {},
    )
    expect(served.map(({ path }) => path)).toEqual(['/index.html', '/sub/vercel.json'])
    expect(warnings[0]).toMatch(/^NOT PROTECTED: staticwebapp\.config\.json routes\[0\]/)
  })

  it('make _redirects one of Netlify where there is a netlify.toml', async () => {
    const folder = makeFolder({ 'index.html': '', 'netlify.toml': '', _redirects: '/guide/* /x' })
    const { config, warnings } = await surveyFolder(
      { folder, hashedGlobs: [], retained: [] },
      () => {},
    )
    expect(config.redirects).toMatchObject([{ anySlash: true }])
    expect(warnings[0]).toContain('is read as Netlify reads it, because there is netlify.toml')
  })
})
