import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeManifest } from '../../src/core/site/encode-manifest.ts'
import { type Manifest, openManifest } from '../../src/core/site/manifest.ts'
import {
  HTML_HANDLING,
  type ManifestConfig,
  NOT_FOUND,
} from '../../src/core/site/manifest-config.ts'
import { MAX_REDIRECTS, resolveByRules } from '../../src/core/site/redirects.ts'
import { resolveFallback } from '../../src/core/site/resolve.ts'
import type { RedirectRule } from '../../src/core/site/rules.ts'
import { toAddress } from '../../src/publish/addresses.ts'
import { REDIRECTS_READINGS } from '../../src/publish/redirects-file.ts'
import { toSiteRules } from '../../src/publish/site-rules.ts'

type Mode = ManifestConfig['htmlHandling']

/** Corrections of the spelling that may come before the first rule, and behind it MAX_REDIRECTS. */
const BOUND = 3 + MAX_REDIRECTS
const ORIGIN = 'https://shop.example'

const toEntries = (paths: readonly string[]) =>
  paths.map((path, n) => ({
    path,
    blob: n.toString(16).padStart(64, '0'),
    size: 1,
    type: path.endsWith('.html') ? 'text/html' : 'text/plain',
    hashed: false,
    encodings: [],
  }))

function toManifest(paths: readonly string[], config: ManifestConfig): Manifest {
  const opened = openManifest(encodeManifest(toEntries(paths), config))
  if (!opened.ok) throw new Error(opened.error)
  return opened.value
}

function judge(redirects: string, paths: readonly string[], htmlHandling: Mode) {
  const files = toEntries(paths).map((entry) => ({
    ...entry,
    address: toAddress(entry.path, htmlHandling),
  }))
  const config = { htmlHandling, notFound: 'none' } as const
  return toSiteRules({ headers: '', redirects }, { files, config, reading: undefined })
}

/** Every path that is asked for in turn by somebody who follows redirects, as a browser does. */
function follow(manifest: Manifest, from: string, limit = BOUND + 1): string[] {
  const asked = [from]
  for (let path = from; asked.length <= limit; ) {
    const request = new Request(ORIGIN + path)
    const intent =
      resolveByRules(manifest, path, request) ??
      resolveFallback(manifest, { method: 'GET', path, kind: 'document' })
    const to =
      intent?.kind === 'redirect'
        ? intent.path
        : intent?.kind === 'moved'
          ? intent.redirection.to.replace(ORIGIN, '')
          : undefined
    if (to === undefined || !to.startsWith('/')) return asked
    path = to
    asked.push(path)
  }
  return asked
}

describe('a circle of redirects', () => {
  const FILES = ['/index.html', '/about.html', '/docs/index.html', '/x/index.html']
  const HOW = 'the address of the page'

  it.each([
    ['/ /index.html', 'auto-trailing-slash', `/ → /index.html (this line) → / (${HOW})`],
    [
      '/about /about.html',
      'auto-trailing-slash',
      `/about → /about.html (this line) → /about (${HOW})`,
    ],
    [
      '/about /about.html 301',
      'drop-trailing-slash',
      `/about → /about.html (this line) → /about (${HOW})`,
    ],
    [
      '/about/ /about.html',
      'force-trailing-slash',
      `/about/ → /about.html (this line) → /about/ (${HOW})`,
    ],
    ['/x /x/', 'drop-trailing-slash', `/x → /x/ (this line) → /x (${HOW})`],
    ['/x/ /x', 'auto-trailing-slash', `/x/ → /x (this line) → /x/ (${HOW})`],
    ['/* /index.html 301', 'auto-trailing-slash', `/ → /index.html (this line) → / (${HOW})`],
    [
      '/docs/* /docs/index.html',
      'auto-trailing-slash',
      `/docs/ → /docs/index.html (this line) → /docs/ (${HOW})`,
    ],
    ['/* /about', 'force-trailing-slash', `/about/ → /about (this line) → /about/ (${HOW})`],
  ] as const)('of %s with %s is found and spelt out', (line, mode, circle) => {
    const { config, warnings } = judge(line, FILES, mode)
    expect(config.redirects).toBeUndefined()
    expect(warnings).toHaveLength(1)
    const tail = circle.split(' → ').slice(-2).join(' → ')
    expect(warnings[0]).toContain('_redirects line 1 is ignored, because it is part of a loop: ')
    expect(warnings[0]).toContain(tail)
    expect(warnings[0]?.endsWith(`: ${line}`)).toBe(true)
  })

  it.each([
    ['/a /b\n/b /a', 'line 2', '/b → /a (this line) → /b (line 1)'],
    ['/a /b\n/b /c\n/c /a', 'line 3', '/c → /a (this line) → /b (line 1) → /c (line 2)'],
    ['/old /about\n/about /old', 'line 2', '/about → /old (this line) → /about (line 1)'],
    ['/a/* /b/:splat\n/b/* /a/:splat', 'line 2', '(this line) → '],
    ['/:one/a /:one/b\n/:any/b /:any/a', 'line 2', '/x/b → /x/a (this line) → /x/b (line 1)'],
  ])('of several rules %j loses one of them', (text, line, circle) => {
    const { config, warnings } = judge(text, FILES, 'auto-trailing-slash')
    expect(config.redirects).toHaveLength(text.split('\n').length - 1)
    const problem = warnings.find((warning) => warning.includes('loop'))
    expect(problem).toContain(`_redirects ${line} is ignored, because it is part of a loop: `)
    expect(problem).toContain(circle)
  })

  it('keeps the rule that leads to a file, whichever comes first', () => {
    const { config } = judge('/about /old\n/old /about', FILES, 'auto-trailing-slash')
    expect(config.redirects).toEqual([{ from: '/old', to: '/about', status: 302 }])
  })

  it.each(['/* /x/:splat', '/docs/* /docs/latest/:splat', '/:a/* /new/:a/:splat'])(
    'that grows counts as one: %s',
    (line) => {
      const { config, warnings } = judge(line, FILES, 'auto-trailing-slash')
      expect(config.redirects).toBeUndefined()
      expect(warnings[0]).toContain('is ignored, because it redirects without end: ')
    },
  )

  it('at some paths only leaves the rule to the others', () => {
    const { config, warnings } = judge('/*/ /:splat 301', FILES, 'auto-trailing-slash')
    expect(config.redirects).toHaveLength(1)
    expect(warnings[0]).toMatch(
      /^_redirects line 1 is ignored at \/\w+\/, because it is part of a loop: /,
    )
    const manifest = toManifest(FILES, {
      htmlHandling: 'auto-trailing-slash',
      notFound: 'none',
      ...config,
    })
    expect(follow(manifest, '/docs/')).toEqual(['/docs/'])
    expect(follow(manifest, '/about/')).toEqual(['/about/', '/about'])
  })

  it('is more than ten redirects in a row as well', () => {
    const lines = Array.from({ length: 12 }, (_, n) => `/${n} /${n + 1}`)
    const { config, warnings } = judge(lines.join('\n'), FILES, 'auto-trailing-slash')
    expect(config.redirects).toHaveLength(10)
    expect(warnings[0]).toContain('the chain has 12 redirects, and 10 are allowed')
  })

  it('over the own host is passed over by the edge, which alone knows its host', () => {
    const redirects: RedirectRule[] = [
      { from: '/a', to: `${ORIGIN}/b`, status: 301 },
      { from: '/b', to: '/a', status: 301 },
      { from: '/*', to: `${ORIGIN}/:splat`, status: 301 },
    ]
    const manifest = toManifest(FILES, { htmlHandling: 'none', notFound: 'none', redirects })
    for (const path of ['/a', '/b', '/about.html']) expect(follow(manifest, path)).toEqual([path])
    // Somebody who comes over http:// is still sent to https://, once.
    const asked = new Request(`${ORIGIN.replace('https', 'http')}/about.html`)
    expect(resolveByRules(manifest, '/about.html', asked)).toMatchObject({
      kind: 'moved',
      redirection: { to: `${ORIGIN}/about.html` },
    })
  })

  it.each(['/:splat/:splat', '/:splat:splat/x', '/a/:splat/b/:splat'])(
    'that doubles a path with each redirect (%s) costs no memory',
    (to) => {
      const { config } = judge(`/* ${to}`, FILES, 'auto-trailing-slash')
      expect(config.redirects).toBeUndefined()
      const redirects: RedirectRule[] = [{ from: '/*', to, status: 302 }]
      const manifest = toManifest(FILES, { htmlHandling: 'none', notFound: 'none', redirects })
      expect(follow(manifest, `/${'a/'.repeat(4_000)}`)).toHaveLength(1)
    },
  )

  it('is none where a rewrite shows a page under another spelling', () => {
    const redirects: RedirectRule[] = [{ from: '/*', to: '/x%2Findex', status: 200 }]
    for (const htmlHandling of HTML_HANDLING) {
      const manifest = toManifest(FILES, { htmlHandling, notFound: 'none', redirects })
      expect(follow(manifest, '/x/')).toEqual(['/x/'])
    }
  })
})

describe('no published folder redirects for ever', () => {
  const NAMES = ['a', 'b', 'index', 'index.html', 'a.html', 'x%2Fy', 'é']
  const name = fc.constantFrom(...NAMES)
  const folders = fc
    .tuple(
      fc.array(fc.constantFrom('a', 'b', 'c d'), { maxLength: 2 }),
      fc.constantFrom('index.html', 'a.html', 'b.html', 'a', '404.html', 'index'),
    )
    .map(([above, last]) => `/${[...above, last].join('/')}`)
  const files = fc.uniqueArray(folders, { maxLength: 7 }).filter((paths) =>
    // A name is a file or a folder.
    paths.every((path) => !paths.some((other) => other.startsWith(`${path}/`))),
  )
  const source = fc
    .tuple(
      fc.array(fc.oneof(name, fc.constantFrom(':one', ':two', 'v:one')), { maxLength: 3 }),
      fc.constantFrom('', '', '/', '/*', '*', '/*/', '*.html'),
    )
    .map(([parts, end]) => `/${parts.join('/')}${end}`)
  const target = fc
    .tuple(
      fc.constantFrom('', '', '', ORIGIN),
      fc.array(fc.oneof(name, fc.constantFrom(':one', ':two', ':splat')), { maxLength: 3 }),
      fc.constantFrom('', '', '/', '.html', '/:splat', '?q=1', '#top'),
    )
    .map(([origin, parts, end]) => `${origin}/${parts.join('/')}${end}`)
  const status = fc.constantFrom('', '301', '302!', '200', '307')
  const line = fc.tuple(source, target, status).map((words) => words.join(' ').trim())
  const asked = fc
    .tuple(fc.array(name, { maxLength: 4 }), fc.constantFrom('', '/', '//', '/%61'))
    .map(([parts, end]) => new URL(`${ORIGIN}/${parts.join('/')}${end}`).pathname)

  it('whatever its rules, its files and its modes: nobody is sent on more than 13 times', () => {
    let honoured = 0
    fc.assert(
      fc.property(
        files,
        fc.array(line, { maxLength: 6 }),
        fc.constantFrom(...HTML_HANDLING),
        fc.constantFrom(...NOT_FOUND),
        fc.constantFrom(undefined, ...REDIRECTS_READINGS),
        fc.array(asked, { minLength: 1, maxLength: 8 }),
        (paths, lines, htmlHandling, notFound, reading, others) => {
          const served = toEntries(paths).map((entry) => ({
            ...entry,
            address: toAddress(entry.path, htmlHandling),
          }))
          const { config } = toSiteRules(
            { headers: '', redirects: lines.join('\n') },
            { files: served, config: { htmlHandling, notFound }, reading },
          )
          honoured += config.redirects?.length ?? 0
          const manifest = toManifest(paths, { htmlHandling, notFound, ...config })
          const sources = (config.redirects ?? []).map(({ from }) => from)
          for (const path of [...served.map(({ address }) => address), ...sources, ...others]) {
            expect(follow(manifest, path).length - 1, path).toBeLessThanOrEqual(BOUND)
          }
        },
      ),
      { numRuns: 4_000, seed: 20261123 },
    )
    expect(honoured).toBeGreaterThan(2_000)
  })

  it('not even with rules that no publisher has looked at', () => {
    let redirected = 0
    const rule = fc
      .record({
        from: source.filter((text) => !/(:one).*\1|(:two).*\2/.test(text)),
        to: target,
        status: fc.constantFrom(301, 302, 200, 307),
        anySlash: fc.constantFrom(undefined, true),
        afterFiles: fc.constantFrom(undefined, true),
      })
      .map((made) => JSON.parse(JSON.stringify(made)) as RedirectRule)
    fc.assert(
      fc.property(
        files,
        fc.array(rule, { minLength: 1, maxLength: 6 }),
        fc.constantFrom(...HTML_HANDLING),
        fc.constantFrom(...NOT_FOUND),
        fc.array(asked, { minLength: 1, maxLength: 8 }),
        (paths, redirects, htmlHandling, notFound, others) => {
          const manifest = toManifest(paths, { htmlHandling, notFound, redirects })
          for (const path of [...redirects.map(({ from }) => from), ...others]) {
            const hops = follow(manifest, path).length - 1
            redirected += hops
            expect(hops, path).toBeLessThanOrEqual(BOUND)
          }
        },
      ),
      { numRuns: 4_000, seed: 20261124 },
    )
    expect(redirected).toBeGreaterThan(1_000)
  })
})
