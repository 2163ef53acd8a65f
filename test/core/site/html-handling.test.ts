import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeManifest } from '../../../src/core/site/encode-manifest.ts'
import { type Manifest, openManifest } from '../../../src/core/site/manifest.ts'
import type { ManifestConfig } from '../../../src/core/site/manifest-config.ts'
import { findPage } from '../../../src/core/site/resolve.ts'

type Mode = ManifestConfig['htmlHandling']

const MODES = [
  'auto-trailing-slash',
  'force-trailing-slash',
  'drop-trailing-slash',
  'none',
] as const satisfies readonly Mode[]

/** Contents by path; what has the same content is the same blob. */
function manifestOf(htmlHandling: Mode, contents: Readonly<Record<string, string>>): Manifest {
  const entries = Object.entries(contents).map(([path, content]) => ({
    path,
    blob: Buffer.from(content).toString('hex').padEnd(64, '0'),
    size: 1,
    type: 'text/html',
    hashed: false,
    encodings: [],
  }))
  const opened = openManifest(encodeManifest(entries, { htmlHandling, notFound: 'none' }))
  if (!opened.ok) throw new Error(opened.error)
  return opened.value
}

/** The path of the file that is served, or `→` and the name that is asked for instead. */
function toText(manifest: Manifest, name: string): string {
  const page = findPage(manifest, name)
  if (!page) return 'nothing'
  return page.kind === 'file' ? page.entry.path : `→ ${page.name}`
}

const SITE = {
  '/index.html': 'home',
  '/file.html': 'file',
  '/folder/index.html': 'folder',
  '/both.html': 'both',
  '/both/index.html': 'inner',
  '/bin': 'bin',
  '/bin.html': 'bin page',
}

describe('the address of a page', () => {
  it.each`
    name                    | auto                    | force                   | drop                    | none
    ${'/'}                  | ${'/index.html'}        | ${'/index.html'}        | ${'/index.html'}        | ${'nothing'}
    ${'/index'}             | ${'→ /'}                | ${'→ /'}                | ${'→ /'}                | ${'nothing'}
    ${'/index.html'}        | ${'→ /'}                | ${'→ /'}                | ${'→ /'}                | ${'/index.html'}
    ${'/file'}              | ${'/file.html'}         | ${'→ /file/'}           | ${'/file.html'}         | ${'nothing'}
    ${'/file/'}             | ${'→ /file'}            | ${'/file.html'}         | ${'→ /file'}            | ${'nothing'}
    ${'/file.html'}         | ${'→ /file'}            | ${'→ /file/'}           | ${'→ /file'}            | ${'/file.html'}
    ${'/file/index'}        | ${'→ /file'}            | ${'→ /file/'}           | ${'→ /file'}            | ${'nothing'}
    ${'/file/index.html'}   | ${'→ /file'}            | ${'→ /file/'}           | ${'→ /file'}            | ${'nothing'}
    ${'/folder'}            | ${'→ /folder/'}         | ${'→ /folder/'}         | ${'/folder/index.html'} | ${'nothing'}
    ${'/folder/'}           | ${'/folder/index.html'} | ${'/folder/index.html'} | ${'→ /folder'}          | ${'nothing'}
    ${'/folder.html'}       | ${'→ /folder/'}         | ${'→ /folder/'}         | ${'→ /folder'}          | ${'nothing'}
    ${'/folder/index'}      | ${'→ /folder/'}         | ${'→ /folder/'}         | ${'→ /folder'}          | ${'nothing'}
    ${'/folder/index.html'} | ${'→ /folder/'}         | ${'→ /folder/'}         | ${'→ /folder'}          | ${'/folder/index.html'}
    ${'/both'}              | ${'/both.html'}         | ${'→ /both/'}           | ${'/both.html'}         | ${'nothing'}
    ${'/both/'}             | ${'/both/index.html'}   | ${'/both/index.html'}   | ${'→ /both'}            | ${'nothing'}
    ${'/both.html'}         | ${'→ /both'}            | ${'/both.html'}         | ${'→ /both'}            | ${'/both.html'}
    ${'/both/index.html'}   | ${'→ /both/'}           | ${'→ /both/'}           | ${'/both/index.html'}   | ${'/both/index.html'}
    ${'/bin'}               | ${'/bin'}               | ${'/bin'}               | ${'/bin'}               | ${'/bin'}
    ${'/bin.html'}          | ${'/bin.html'}          | ${'→ /bin/'}            | ${'/bin.html'}          | ${'/bin.html'}
    ${'/nothing'}           | ${'nothing'}            | ${'nothing'}            | ${'nothing'}            | ${'nothing'}
  `('$name: $auto, $force, $drop, $none', ({ name, auto, force, drop, none }) => {
    const found = MODES.map((mode) => toText(manifestOf(mode, SITE), name))
    expect(found).toEqual([auto, force, drop, none])
  })

  it('is shared by two spellings of a page with the same content', () => {
    const twins = { '/both.html': 'same', '/both/index.html': 'same' }
    expect(toText(manifestOf('force-trailing-slash', twins), '/both.html')).toBe('→ /both/')
    expect(toText(manifestOf('drop-trailing-slash', twins), '/both/index.html')).toBe('→ /both')
  })

  it('is not given up to a file of that name, whatever is in it', () => {
    const twins = { '/foo': 'same', '/foo.html': 'same' }
    expect(toText(manifestOf('auto-trailing-slash', twins), '/foo.html')).toBe('/foo.html')
  })

  it('never has two slashes in a row, whatever a file is called', () => {
    const manifest = manifestOf('force-trailing-slash', { '/.html': 'a', '/foo/.html': 'b' })
    expect(toText(manifest, '/.html')).toBe('/.html')
    expect(toText(manifest, '/foo/.html')).toBe('/foo/.html')
  })

  it('is reached from the very name of every file, never in a circle', () => {
    const stems = ['', '/a', '/a/b', '/index', '/a.html', '/404']
    const endings = ['.html', '/index.html', '', '/index', '.html.html', '/']
    const path = fc
      .tuple(fc.constantFrom(...stems), fc.constantFrom(...endings))
      .map(([stem, ending]) => `${stem}${ending}`)
      .filter((found) => /^\/.*[^/]$/.test(found))
    fc.assert(
      fc.property(
        fc.constantFrom(...MODES),
        fc.uniqueArray(path, { minLength: 1, maxLength: 8 }),
        (mode, paths) => {
          const manifest = manifestOf(mode, Object.fromEntries(paths.map((one) => [one, one])))
          for (const wanted of paths) {
            let page = findPage(manifest, wanted)
            for (let hops = 0; hops < 4 && page?.kind === 'elsewhere'; hops++) {
              page = findPage(manifest, page.name)
            }
            expect(page).toMatchObject({ kind: 'file' })
          }
        },
      ),
    )
  })
})
