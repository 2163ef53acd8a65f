// Holo beside Cloudflare's own asset Worker: the same generated `_headers` and `_redirects` in both,
// asked the same. What differs on purpose is left out of the generator and stands below.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { type Peer, startCloudflare, startHolo } from '../differential/peers.ts'
import type { Answer } from '../support/http-client.ts'

const CASES = Number(process.env.HOLO_CASES ?? 640)
const SEED = Number(process.env.HOLO_SEED ?? 20_261_123)
/** Both peers are started anew for each round, with new rules for each site. */
const SITES = 16
const CASES_PER_ROUND = 640
const CASES_PER_SITE = CASES_PER_ROUND / SITES
const ROUNDS = Array.from({ length: Math.ceil(CASES / CASES_PER_ROUND) }, (_, round) => round)
const TIMEOUT_MS = 180_000

const FILES = {
  'index.html': 'home',
  'about.html': 'about',
  '404.html': 'nothing',
  'docs/index.html': 'docs',
  'docs/a b.html': 'a b',
  'docs/old/x.txt': 'x',
  'feed.xml': 'feed',
}

const name = fc.constantFrom('docs', 'old', 'about', 'a', 'x.txt', 'feed.xml', '%C3%BC', 'a%20b')
const segment = fc.oneof(
  { arbitrary: name, weight: 3 },
  { arbitrary: fc.constantFrom(':one', ':two', 'v:one', ':one.txt', ':one-:two'), weight: 2 },
)
const source = fc
  .tuple(fc.uniqueArray(segment, { maxLength: 3 }), fc.constantFrom('', '', '/', '/*', '*', '/*/x'))
  .map(([segments, end]) => `/${segments.join('/')}${end}`.replace(/^\/\//, '/'))
  .filter((text) => !/(:one).*\1|(:two).*\2/.test(text))

/** What a target may say, by what its source has. */
const targetOf = (from: string) => {
  const known = [':one', ':two'].filter((placeholder) => from.includes(placeholder))
  const words = [...known, ...(from.includes('*') ? [':splat'] : []), 'docs', 'new', 'a%20b', 'ü']
  return fc
    .tuple(
      fc.constantFrom('', '', '', 'https://other.example', 'https://other.example:8443'),
      fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 3 }),
      fc.constantFrom('', '', '/', '?q=1', '#top', ...words.map((word) => `?w=${word}#top`)),
    )
    .map(([origin, path, end]) => `${origin}/${path.join('/')}${end}`)
}

const redirect = source.chain((from) =>
  fc
    .tuple(targetOf(from), fc.constantFrom('', ' 301', ' 302', ' 303', ' 307', ' 308'))
    .map(([to, status]) => `${from} ${to}${status}`),
)
const rewrite = fc
  .tuple(fc.constantFrom('/r', '/r/:one', '/r/*'), fc.constantFrom('/about', '/docs/', '/feed.xml'))
  .map(([from, to]) => `${from} ${to} 200`)

const header = fc.constantFrom(
  'X-One: 1',
  'X-One: 2',
  'X-Two: :one and :splat.',
  'X-Two: two',
  '! X-One',
  '! X-Content-Type-Options',
)
const headerRule = fc
  .tuple(source, fc.constantFrom('', '', 'https://:two.example.com'), fc.uniqueArray(header))
  .filter(([path, host, lines]) => lines.length > 0 && !(host !== '' && path.includes(':two')))
  .map(([path, host, lines]) => ({ pattern: host + path, lines }))

const rules = fc.record({
  redirects: fc.uniqueArray(fc.oneof({ arbitrary: redirect, weight: 5 }, rewrite), {
    maxLength: 8,
    selector: (line) => line.split(' ')[0],
  }),
  headers: fc.uniqueArray(headerRule, { maxLength: 6, selector: ({ pattern }) => pattern }),
})

const target = fc
  .tuple(
    fc.array(
      fc.constantFrom('docs', 'old', 'about', 'a', 'x.txt', 'feed.xml', 'v2', 'a-b-c', 'r'),
      {
        maxLength: 4,
      },
    ),
    fc.constantFrom('', '', '/', '/a%20b', '/%C3%BC'),
    fc.constantFrom('', '', '?q=2', '?a=b&c'),
  )
  .map(([names, end, query]) => `/${names.join('/')}${end}${query}`.replace(/^\/+/, '/'))

const folders: string[] = []

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

function makeFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'holo-site-rules-'))
  folders.push(folder)
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), content)
  }
  return folder
}

type Written = { readonly redirects: readonly string[]; readonly headers: readonly HeaderLines[] }
type HeaderLines = { readonly pattern: string; readonly lines: readonly string[] }

async function withPeers(
  written: readonly Written[],
  body: (cloudflare: Peer, holo: Peer) => Promise<void>,
): Promise<void> {
  const sites = written.map(({ redirects, headers }) => ({
    root: makeFolder({
      ...FILES,
      _redirects: redirects.join('\n'),
      _headers: headers.map(({ pattern, lines }) => [pattern, ...lines].join('\n  ')).join('\n'),
    }),
    config: { htmlHandling: 'auto-trailing-slash', notFound: '404-page' } as const,
  }))
  const cloudflare = await startCloudflare(sites)
  try {
    const holo = await startHolo(sites)
    await body(cloudflare, holo).finally(holo.stop)
  } finally {
    await cloudflare.stop()
  }
}

function toOutcome({ status, headers, body }: Answer) {
  return {
    status,
    location: headers.location,
    body,
    one: headers['x-one'],
    two: headers['x-two'],
  }
}

describe('_headers and _redirects', () => {
  it.each(ROUNDS)(
    'do for generated sites what they do with Cloudflare, round %i',
    async (round) => {
      const written = fc.sample(rules, { seed: SEED + round, numRuns: SITES })
      let differing = 0
      await withPeers(written, async (cloudflare, holo) => {
        for (const [site, { redirects, headers }] of written.entries()) {
          const targets = fc.sample(target, {
            seed: SEED + round * SITES + site,
            numRuns: CASES_PER_SITE,
          })
          await Promise.all(
            targets.map(async (asked) => {
              // Holo tells sites apart by their host; a rule may ask for it as well.
              const host = `site-${site}.example.com`
              const sent = {
                headers: { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate', host },
              }
              const [theirs, ours] = await Promise.all([
                cloudflare.ask(site, asked, sent),
                holo.ask(site, asked, sent),
              ])
              // A redirect to where one is already is passed over by Holo.
              const location = theirs.headers.location?.toString()
              if (location?.split(/[?#]/)[0] === asked.split('?')[0]) return
              const context = { redirects, headers, asked }
              expect({ ...context, ...toOutcome(ours) }).toEqual({
                ...context,
                ...toOutcome(theirs),
              })
              if (theirs.status !== 404) differing++
            }),
          )
        }
      })
      // The comparison means something only where the rules do something.
      expect(differing).toBeGreaterThan(CASES_PER_SITE)
    },
    TIMEOUT_MS,
  )
})
