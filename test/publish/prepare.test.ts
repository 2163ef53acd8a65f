// What a folder becomes before anything is sent: which names are relied on, and what the manifest says
// of pages and of what is not there.

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { encodeManifest } from '../../src/core/site/encode-manifest.ts'
import { openManifest } from '../../src/core/site/manifest.ts'
import { MAX_MANIFEST_BYTES } from '../../src/core/site/manifest-limits.ts'
import { encodeHolding } from '../../src/publish/inline-blobs.ts'
import { type PrepareOptions, prepareVersion, refuseTooLarge } from '../../src/publish/prepare.ts'
import { toCasePath } from '../support/cases.ts'
import { makeFolder } from './folder.ts'

const CONFIG = { htmlHandling: 'auto-trailing-slash', notFound: 'none' } as const
const SITE = { 'index.html': 'home', 'assets/main.js': 'code' }

async function prepare(folder: string, more: Partial<PrepareOptions> = {}) {
  const encodedFolder = join(makeFolder(), 'encoded')
  const options = { folder, id: '1.0.0', services: [], retained: [], encodedFolder, ...more }
  const prepared = await prepareVersion(options, () => {}, new AbortController().signal)
  const opened = openManifest(prepared.manifestBytes)
  if (!opened.ok) throw new Error(opened.error)
  return { ...prepared, opened: opened.value }
}

describe('prepareVersion', () => {
  it('relies on the names that Vite listed and the globs that were configured', async () => {
    const folder = makeFolder({
      ...SITE,
      'assets/index-BqXhYzWk.js': '1',
      'assets/other-elements.js': '2',
      'fixed/a.js': '3',
      '.vite/manifest.json': JSON.stringify({ 'index.html': { file: 'assets/index-BqXhYzWk.js' } }),
    })
    const { opened } = await prepare(folder, { hashedGlobs: ['/fixed/**'] })
    expect(opened.find('/assets/index-BqXhYzWk.js')?.hashed).toBe(true)
    expect(opened.find('/assets/other-elements.js')?.hashed).toBe(false)
    expect(opened.find('/fixed/a.js')?.hashed).toBe(true)
    expect(opened.find('/.vite/manifest.json')).toBeUndefined()
  })

  it.each(['old', 'new'])(
    'keeps the files of the tools that people use for ever: hashed-names/%s',
    async (build) => {
      const { opened } = await prepare(toCasePath(`hashed-names/${build}`))
      const unhashed = [...opened.entries()].filter(({ hashed }) => !hashed)
      expect(unhashed.map(({ path }) => path)).toEqual(['/index.html'])
    },
  )

  it.each([
    ['private', 4, undefined],
    ['public', 0, 'source maps make the source code public'],
    ['none', 0, undefined],
  ] as const)('makes source maps %s, by their names', async (sourceMaps, privateFiles, warning) => {
    const maps = ['/a.js.map', '/b.css.MAP', '/c.js.map.gz', '/d.js.map.br']
    const folder = makeFolder({
      ...SITE,
      'sitemap.xml': '<urlset/>',
      'map/index.html': 'a page',
      ...Object.fromEntries(maps.map((path) => [path.slice(1), '{}'])),
    })
    const prepared = await prepare(folder, { sourceMaps })
    const { opened } = prepared
    expect(prepared.privateFiles).toBe(privateFiles)
    expect(maps.filter((path) => opened.findAny(path))).toEqual(sourceMaps === 'none' ? [] : maps)
    expect(maps.filter((path) => opened.find(path))).toEqual(sourceMaps === 'public' ? maps : [])
    for (const path of ['/sitemap.xml', '/map/index.html']) {
      expect(opened.find(path)).toBeDefined()
    }
    const warnings = prepared.warnings.filter((line) => line.includes('source maps'))
    expect(warnings).toHaveLength(warning === undefined ? 0 : 1)
    expect(warnings.join()).toContain(warning ?? '')
  })

  it.each([
    [{ 'index.html': '', '404.html': '' }, '404-page'],
    [{ 'index.html': '' }, 'single-page-application'],
    [{ 'docs/index.html': '' }, 'none'],
  ])('handles what is not found as the files %j suggest: %s', async (files, expected) => {
    const { opened } = await prepare(makeFolder(files))
    expect(opened.config).toMatchObject({ htmlHandling: 'auto-trailing-slash', notFound: expected })
  })

  it('handles what is not found, and pages, as it is told', async () => {
    const told = { notFound: 'none', htmlHandling: 'drop-trailing-slash' } as const
    const { opened } = await prepare(makeFolder(SITE), told)
    expect(opened.config).toMatchObject(told)
  })

  it('puts all forms of the first pages into the manifest, and what they load', async () => {
    const page = `<script src="/app.js"></script><h1>home</h1>${'<p>some text</p>'.repeat(100)}`
    const folder = makeFolder({
      'index.html': page,
      'a.html': 'short',
      'large.html': Array.from({ length: 9000 }, (_, i) => `<b>${i}</b>`).join(''),
      'app.js': 'some code '.repeat(1000),
      'other.js': 'code',
    })
    const { opened, manifest } = await prepare(folder)
    const home = opened.find('/index.html')
    const forms = [home, ...(home?.encodings ?? [])].map((form) => form?.blob)
    expect(forms).toHaveLength(3)
    const app = opened.find('/app.js')?.encodings.find(({ encoding }) => encoding === 'br')
    const inlined = new Map(opened.inlined())
    expect([...inlined.keys()]).toEqual([...forms, opened.find('/a.html')?.blob, app?.blob])
    expect(new TextDecoder().decode(inlined.get(home?.blob ?? ''))).toBe(page)

    // An encoded form that another version has is in no file of this publication.
    const silent = openManifest(encodeManifest([...opened.entries()], CONFIG))
    if (!silent.ok) throw new Error(silent.error)
    for (const earlier of [opened, silent.value]) {
      const again = await prepare(folder, { retained: [{ id: '0.9.0', manifest: earlier }] })
      expect(again.manifest).toBe(manifest)
    }
  })

  it.each([
    ['', 0, 1],
    [' leaves them out where it would be one byte too large', 1, 0],
  ])('publishes a manifest of the largest size with its pages%s', (_, beyond, held) => {
    const blob = 'a'.repeat(64)
    const inline = new Map([[blob, new Uint8Array(1000)]])
    const toEntry = (name: string, length: number) => ({
      ...{ path: `/${name}`.padEnd(length, 'p'), blob, size: 1000, type: 'text/html' },
      ...{ hashed: false, encodings: [] },
    })
    // Long paths take as much as 100,000 files.
    const many = Array.from({ length: 418 }, (_, i) => toEntry(`${i}-`, 60_000))
    const toEntries = (last: number) => [...many, toEntry('last', last)]
    const roomy = encodeManifest(toEntries(1000), CONFIG, inline)
    const entries = toEntries(1000 + MAX_MANIFEST_BYTES - roomy.length + beyond)
    const encoded = encodeHolding(entries, CONFIG, inline)
    if (held) expect(encoded).toHaveLength(MAX_MANIFEST_BYTES)
    const opened = openManifest(encoded)
    if (!opened.ok) throw new Error(opened.error)
    expect([opened.value.count, [...opened.value.inlined()].length]).toEqual([419, held])
    expect(opened.value.find(many[7]?.path ?? '')?.blob).toBe(blob)
  })

  it('refuses an empty folder unless services answer', async () => {
    const empty = makeFolder()
    await expect(prepare(empty)).rejects.toThrow('is empty, and the version has no service')
    const services = [{ prefix: '/api/', origins: ['https://api-1.example.com'] }]
    expect(await prepare(empty, { services })).toMatchObject({ count: 0, blobs: new Set() })
  })
})

describe('a site at the bound of its manifest', () => {
  it('is published, and one byte above it is refused with what can be done', () => {
    expect(() => refuseTooLarge('dist', 100_000, MAX_MANIFEST_BYTES)).not.toThrow()
    expect(() => refuseTooLarge('dist', 100_000, MAX_MANIFEST_BYTES + 1)).toThrow(
      /dist has too many files.* 100000 files has 25165825 bytes, and 25165824 are allowed\. Leave files out/,
    )
  })
})
