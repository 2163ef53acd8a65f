// A folder that is not what a build makes is noticed before anything is read or sent.

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findMistake } from '../../src/cli/build-folder.ts'
import { makeFolder } from '../publish/folder.ts'

const PAGE = '<!doctype html><script type="module" src="/assets/index-Ck2tQzVx.js"></script>'
const BUILDS = JSON.stringify({ scripts: { build: 'vite build' } })

const look = (files: Readonly<Record<string, string>>, inside = '', prefixes: string[] = []) =>
  findMistake({ path: join(makeFolder(files), inside), named: inside || 'site', prefixes })

describe('a folder that is refused', () => {
  it.each([
    [
      'the source of an app',
      { 'package.json': BUILDS, 'index.html': PAGE },
      '',
      'build script',
      'run the build first',
    ],
    [
      'the source of an app that was built',
      { 'package.json': BUILDS, 'index.html': PAGE, 'dist/index.html': PAGE },
      '',
      'build script',
      'did you mean site/dist?',
    ],
    [
      'a page that loads what no build has made',
      { 'index.html': '<script type="module" src="/src/main.tsx"></script>' },
      '',
      'loads /src/main.tsx',
      'name the folder',
    ],
    [
      'a page with placeholders',
      {
        'package.json': BUILDS,
        'public/index.html': '<link href="%PUBLIC_URL%/i.png">',
        'build/index.html': PAGE,
      },
      'public',
      'placeholders',
      'did you mean build?',
    ],
    [
      'what a build copies from',
      { 'package.json': BUILDS, 'public/robots.txt': '' },
      'public',
      'has no index.html',
      'run the build first',
    ],
    [
      'what is above the site, as Angular has it',
      { 'dist/shop/browser/index.html': PAGE, 'dist/shop/3rdpartylicenses.txt': '' },
      'dist',
      'has no index.html',
      'did you mean dist/shop/browser?',
    ],
    [
      'what is above the site, as Vite has it with a server',
      { 'dist/client/index.html': PAGE, 'dist/server/entry.js': '' },
      'dist',
      'has no index.html',
      'did you mean dist/client?',
    ],
    ['nothing that opens', { 'a.css': '' }, '', 'has no index.html', 'name the folder'],
    [
      'an installed app',
      { 'index.html': PAGE, 'node_modules/x/index.js': '' },
      '',
      'node_modules',
      'name the folder',
    ],
  ] as const)('%s', async (_, files, inside, message, hint) => {
    const mistake = await look(files, inside)
    expect(mistake?.message).toContain(message)
    expect(mistake?.message).toContain(inside || 'site')
    expect(mistake?.hint).toContain(hint)
    expect(mistake?.hint).toContain('--any-folder')
  })
})

it.each([
  ['Astro and React Router', 'client'],
  ['Angular', 'browser'],
  ['Nuxt', 'public'],
])(
  'a folder with server code in it is refused although a server answers at /, as %s has it',
  async (_, client) => {
    const files = { [`out/${client}/assets/a.js`]: '', 'out/server/entry.mjs': '' }
    const mistake = await look(files, 'out', ['/'])
    expect(mistake?.message).toBe(`out holds server code beside ${client}, the folder for browsers`)
    expect(mistake?.hint).toContain(`did you mean out/${client}?`)
  },
)

describe('a folder that is right', () => {
  it.each([
    ['a finished site', { 'index.html': PAGE }, []],
    [
      'a site with a package.json that builds nothing',
      { 'index.html': PAGE, 'package.json': '{"name":"x"}' },
      [],
    ],
    ['files beside a server that answers at /', { 'assets/a.js': '' }, ['/']],
    ['nothing but services', {}, ['/api/']],
    ['a site whose address leads on', { 'en/index.html': PAGE, _redirects: '/ /en/ 302' }, []],
    [
      'a page that is written by hand',
      { 'index.html': '<script type="module" src="/js/main.js"></script>' },
      [],
    ],
  ] as const)('%s', async (_, files, prefixes) => {
    expect(await look(files, '', [...prefixes])).toBeUndefined()
  })
})
