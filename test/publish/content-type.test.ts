import { expect, it } from 'vitest'
import { toContentType } from '../../src/publish/content-type.ts'

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
