import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_REMEMBERED_FILES, OwnFiles } from '../../src/assets/own-files.ts'
import { normalisePath } from '../../src/core/path.ts'
import { encodeManifest } from '../../src/core/site/encode-manifest.ts'
import { openManifest } from '../../src/core/site/manifest.ts'
import { HTML_HANDLING, type ManifestConfig } from '../../src/core/site/manifest-config.ts'
import { resolveOwn } from '../../src/core/site/resolve.ts'

const AUTO: ManifestConfig = { htmlHandling: 'auto-trailing-slash', notFound: 'none' }

function toManifest(paths: readonly string[], config: ManifestConfig = AUTO) {
  const entries = [...new Set(paths)].map((path, at) => ({
    path,
    blob: at.toString(16).padStart(64, '0'),
    size: 1,
    type: 'text/html',
    hashed: false,
    encodings: [],
  }))
  const opened = openManifest(encodeManifest(entries, config))
  if (!opened.ok) throw new Error(opened.error)
  return opened.value
}

describe('what was found in a manifest', () => {
  const file = fc.constantFrom(
    '/index.html',
    '/api.html',
    '/api',
    '/api/index.html',
    '/api/x',
    '/api/x.html',
    '/api/a b',
    '/apiary.html',
    '/ap/x',
    '/other/api/x',
    '/caf\u00e9/x',
  )
  const path = fc.constantFrom(
    '/api',
    '/api/',
    '/api/x',
    '/api/x/',
    '/api/x.html',
    '/api/x/index.html',
    '/api//x',
    '/api/a%20b',
    '/api/..%2Findex',
    '/api/index',
    '/caf%C3%A9/x',
  )
  const files = fc.array(file, { maxLength: 4 })

  it('is never a file below a prefix where there is none', () => {
    fc.assert(
      fc.property(files, path, fc.constantFrom(...HTML_HANDLING), (paths, asked, htmlHandling) => {
        const manifest = toManifest(paths, { ...AUTO, htmlHandling })
        const prefix = asked.startsWith('/api') ? '/api/' : '/caf%C3%A9/'
        const normal = normalisePath(new URL(asked, 'https://shop.example')) ?? ''
        if (!new OwnFiles().mayAnswerBelow(manifest, prefix)) {
          expect(resolveOwn(manifest, normal)).toBe(undefined)
        }
      }),
    )
  })

  it('is nothing below a prefix without files, and something where redirects may answer', () => {
    const ownFiles = new OwnFiles()
    const manifest = toManifest(['/index.html', '/assets/app.js'])
    expect(ownFiles.mayAnswerBelow(manifest, '/api/')).toBe(false)
    expect(ownFiles.mayAnswerBelow(manifest, '/assets/')).toBe(true)
    const redirects = [{ from: '/api/*', to: '/', status: 302 as const }]
    const redirecting = manifest.withConfig({ ...AUTO, redirects } as ManifestConfig)
    expect(ownFiles.mayAnswerBelow(redirecting, '/api/')).toBe(true)
  })

  it('is what the manifest says, however often it is asked', () => {
    const ownFiles = new OwnFiles()
    fc.assert(
      fc.property(files, path, (paths, asked) => {
        const manifest = toManifest(paths)
        const expected = resolveOwn(manifest, asked)
        for (const _ of [1, 2]) expect(ownFiles.resolve(manifest, asked)).toEqual(expected)
      }),
    )
  })

  it('is forgotten when there is too much of it, and found again', () => {
    const ownFiles = new OwnFiles()
    const paths = Array.from({ length: MAX_REMEMBERED_FILES + 2 }, (_, at) => `/${at}.js`)
    const manifest = toManifest(paths)
    const first = ownFiles.resolve(manifest, '/0.js')
    expect(ownFiles.resolve(manifest, '/0.js')).toBe(first)
    for (const one of paths) ownFiles.resolve(manifest, one)
    const again = ownFiles.resolve(manifest, '/0.js')
    expect([again === first, again]).toEqual([false, first])
  })
})
