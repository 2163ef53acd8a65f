import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { toContentType } from '../../src/publish/content-type.ts'
import { toCasePath } from '../support/cases.ts'

it.each([
  ['/index.html', 'text/html; charset=utf-8'],
  ['/A/INDEX.HTML', 'text/html; charset=utf-8'],
  ['/app.js', 'text/javascript; charset=utf-8'],
  ['/app.mjs', 'text/javascript; charset=utf-8'],
  ['/app.css', 'text/css; charset=utf-8'],
  ['/app.js.map', 'application/json; charset=utf-8'],
  ['/data.json', 'application/json; charset=utf-8'],
  ['/app.webmanifest', 'application/manifest+json; charset=utf-8'],
  ['/logo.svg', 'image/svg+xml; charset=utf-8'],
  ['/feed.xml', 'application/xml; charset=utf-8'],
  ['/robots.txt', 'text/plain; charset=utf-8'],
  ['/README.md', 'text/markdown; charset=utf-8'],
  ['/table.csv', 'text/csv; charset=utf-8'],
  ['/app.wasm', 'application/wasm'],
  ['/paper.pdf', 'application/pdf'],
  ['/favicon.ico', 'image/x-icon'],
  ['/cat.webp', 'image/webp'],
  ['/cat.avif', 'image/avif'],
  ['/a.b/font.woff2', 'font/woff2'],
  ['/song.mp3', 'audio/mpeg'],
  ['/film.mp4', 'video/mp4'],
  ['/.well-known/apple-app-site-association', 'application/json; charset=utf-8'],
  ['/a.html/LICENSE', 'application/octet-stream'],
  ['/archive.unknown', 'application/octet-stream'],
  ['/name.', 'application/octet-stream'],
  ['/name.constructor', 'application/octet-stream'],
])('serves %s as %s', (path, type) => {
  expect(toContentType(path)).toBe(type)
})

/** Formats of one program, without a registered type, which nothing in a browser opens by its type. */
const RIGHTLY_UNKNOWN = [
  'file.basis',
  'file.br',
  'file.data',
  'file.exe',
  'file.gem',
  'file.ipa',
  'file.iso',
  'file.msi',
  'file.ply',
]

it('knows the types of all names that people were seen to publish', () => {
  const names = readFileSync(toCasePath('types.txt'), 'utf8').trim().split('\n')
  const unknown = names.filter((name) => {
    // What has no extension is told by its content.
    const content = name.includes('.') ? undefined : Buffer.from('text')
    return toContentType(`/${name}`, content) === 'application/octet-stream'
  })
  expect(unknown).toEqual(RIGHTLY_UNKNOWN)
})

describe('below /.well-known/ and without an extension', () => {
  it.each([
    ['openid-configuration', 'application/json; charset=utf-8'],
    ['jwks', 'application/jwk-set+json; charset=utf-8'],
    ['webfinger', 'application/jrd+json; charset=utf-8'],
    ['matrix/client', 'application/json; charset=utf-8'],
    ['host-meta', 'application/xrd+xml; charset=utf-8'],
    ['acme-challenge/Zx9_k', 'text/plain; charset=utf-8'],
    ['apple-developer-merchantid-domain-association', 'text/plain; charset=utf-8'],
  ])('%s is %s', (name, type) => {
    expect(toContentType(`/.well-known/${name}`)).toBe(type)
  })

  it('what nobody has heard of is JSON or text where its content is', () => {
    const typeOf = (text: string) => toContentType('/.well-known/new', Buffer.from(text))
    expect(typeOf('{"a": 1}')).toBe('application/json; charset=utf-8')
    expect(typeOf('hello')).toBe('text/plain; charset=utf-8')
    expect(typeOf('\u0000\u0001')).toBe('application/octet-stream')
  })
})

describe('a charset that the file declares', () => {
  it.each([
    [
      '/a.xml',
      '<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
      'application/xml; charset=iso-8859-1',
    ],
    [
      '/a.svg',
      "<?xml version='1.0' encoding='windows-1252'?><svg/>",
      'image/svg+xml; charset=windows-1252',
    ],
    [
      '/a.rss',
      '<?xml version="1.0" encoding="Shift_JIS"?><rss/>',
      'application/rss+xml; charset=shift_jis',
    ],
    ['/a.html', '<!doctype html><meta charset="iso-8859-15">', 'text/html; charset=iso-8859-15'],
    [
      '/a.html',
      '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">',
      'text/html; charset=windows-1251',
    ],
    ['/a.css', '@charset "iso-8859-1";', 'text/css; charset=iso-8859-1'],
  ])('counts in %s: %s', (path, text, type) => {
    expect(toContentType(path, Buffer.from(text))).toBe(type)
  })

  it('is UTF-16 by its byte order mark alone', () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('<a/>', 'utf16le')])
    expect(toContentType('/a.xml', bytes)).toBe('application/xml; charset=utf-16le')
    const lying = Buffer.from('<?xml version="1.0" encoding="UTF-16"?><a/>')
    expect(toContentType('/a.xml', lying)).toBe('application/xml; charset=utf-8')
  })

  it.each([
    ['/a.xml', '<?xml version="1.0"?><a/>'],
    ['/a.xml', '<?xml version="1.0" encoding="x-nonsense"?><a/>'],
    ['/a.svg', '<svg encoding="iso-8859-1"/>'],
  ])('is UTF-8 where there is none: %s %s', (path, text) => {
    expect(toContentType(path, Buffer.from(text))).toMatch(/; charset=utf-8$/)
  })
})
