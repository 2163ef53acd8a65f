// Input of strangers and pipelines at its limit costs linear time: each parser is given some input and
// four times as much, and takes four times as long or so, not sixteen times. Nothing here is a number of
// seconds: a machine that is busy is slow for both.

import { describe, expect, it } from 'vitest'
import { checkManifest } from '../../src/api/content/check-manifest.ts'
import { decideRanges, matchIfRange } from '../../src/assets/ranges.ts'
import { chooseRepresentation } from '../../src/assets/representation.ts'
import { checkCondition, compileCondition } from '../../src/core/conditions.ts'
import { COUNTING_FORM, isBatch } from '../../src/core/counting/batch.ts'
import { noTotals } from '../../src/core/counting/totals.ts'
import { compileGlob } from '../../src/core/glob.ts'
import { encodeManifest } from '../../src/core/site/encode-manifest.ts'
import { DEFAULT_HTML_HANDLING } from '../../src/core/site/manifest-config.ts'
import type { ManifestEntry } from '../../src/core/site/manifest-entry.ts'
import { MAX_SAME_HASH } from '../../src/core/site/manifest-limits.ts'
import { findPathProblems } from '../../src/core/site/manifest-paths.ts'
import { compilePattern } from '../../src/core/site/rules-pattern.ts'
import { parseAssignments } from '../../src/document/parse.ts'
import { parseCookies } from '../../src/http/cookies.ts'
import { splitQuery } from '../../src/http/query.ts'
import { collidingPaths } from './colliding-paths.ts'

/** Four times the work may take so many times as long: below sixteen, and well above four. */
const MOST = 12

/** The shortest of several runs: what else the machine does only ever adds to one. */
function measure(work: () => unknown): number {
  let shortest = Number.POSITIVE_INFINITY
  for (let i = 0; i < 5; i++) {
    const began = performance.now()
    work()
    shortest = Math.min(shortest, performance.now() - began)
  }
  return shortest
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i)
const version = { manifest: 'a'.repeat(64) }
const parse = (document: object) => {
  const text = JSON.stringify({ schema: 1, revision: 1, salt: 's', ...document })
  return () => parseAssignments(text, { allowInsecure: false })
}
const environments = (count: number, more: (i: number) => object) =>
  Object.fromEntries(range(count).map((i) => [`e${i}`, { version: 'a', ...more(i) }]))
const entry = (path: string): ManifestEntry => ({
  path,
  blob: 'b'.repeat(64),
  size: 1,
  type: 'text/plain',
  hashed: false,
  encodings: [],
})
const manifestOf = (paths: readonly string[]) =>
  encodeManifest(paths.map(entry), { htmlHandling: DEFAULT_HTML_HANDLING, notFound: 'none' })

/** Sound in all but how many names it has. */
const batchOf = (names: number) => {
  const failures = Object.fromEntries(range(names).map((i) => [`name${i}`, 1]))
  const group = {
    environment: 'main',
    version: '1.0.0',
    revision: 1,
    totals: { ...noTotals(), failures },
    visitors: new Uint32Array(0),
    kinds: [],
    outcomes: new Uint32Array(0),
  }
  return {
    form: COUNTING_FORM,
    isolate: 'i',
    sequence: 1,
    windows: [{ window: 1, groups: [group] }],
    dropped: 0,
  }
}

/** What is read, how much of it at first, and how it is made of a number. */
const PARSERS: readonly (readonly [string, number, (n: number) => () => unknown])[] = [
  [
    'a document whose environments name versions that are not there',
    400,
    (n) => {
      const versions = Object.fromEntries(range(n).map((i) => [`v${i}`, version]))
      const unknown = environments(n, (i) => ({ version: `x${i}` }))
      return parse({ versions, environments: unknown, traffic: { e0: 100 } })
    },
  ],
  [
    'a document whose traffic names environments that are not there',
    800,
    (n) => {
      const traffic = Object.fromEntries(range(n).map((i) => [`x${i}`, 0]))
      return parse({ versions: { a: version }, environments: environments(n, () => ({})), traffic })
    },
  ],
  [
    'a document of unknown fields',
    2000,
    (n) => parse(Object.fromEntries(range(n).map((i) => [`field${i}`, 1]))),
  ],
  [
    'a document whose ranges overlap',
    2000,
    (n) =>
      parse({
        versions: { a: version },
        environments: environments(1, () => ({})),
        traffic: { e0: range(n).map(() => [0, 10_000]) },
      }),
  ],
  [
    'a document whose environments share a host',
    500,
    (n) =>
      parse({
        versions: { a: version },
        environments: environments(n, () => ({ hosts: ['shop.example.com'] })),
        traffic: { e0: 100 },
      }),
  ],
  [
    'a condition that is wide',
    4000,
    (n) => {
      const condition = { in: [{ var: 'visitor' }, range(n).map(String)] }
      return () => [checkCondition(condition), compileCondition(condition)]
    },
  ],
  [
    'a condition that is deep',
    2000,
    (n) => {
      let condition: unknown = { var: 'path' }
      for (let i = 0; i < n; i++) condition = { '!': [condition] }
      return () => checkCondition(condition)
    },
  ],
  [
    'paths of a manifest that differ only in case',
    8000,
    (n) => {
      const toCase = (i: number) =>
        [...'abcdefghijklmnop'].map((c, bit) => ((i >> bit) & 1 ? c.toUpperCase() : c)).join('')
      const paths = range(n).map((i) => `/${toCase(i)}`)
      return () => findPathProblems(paths, 50)
    },
  ],
  [
    'a manifest whose paths have the same hash',
    1024,
    (n) => {
      const bytes = manifestOf(collidingPaths(n))
      return () => checkManifest(bytes)
    },
  ],
  [
    'a sound manifest',
    4000,
    (n) => {
      const bytes = manifestOf(range(n).map((i) => `/file-${i}.js`))
      return () => checkManifest(bytes)
    },
  ],
  [
    'a text that nearly fits a glob',
    3000,
    (n) => {
      const match = compileGlob('*a'.repeat(100))
      return () => range(20).map(() => match(`${'a'.repeat(n)}b`))
    },
  ],
  [
    'a path that nearly fits a site rule',
    3000,
    (n) => {
      const match = compilePattern('/:a-:b-:c-:d/*x', '/')
      return () => range(100).map(() => match(`/${'-'.repeat(n)}/${'x-'.repeat(n)}`))
    },
  ],
  [
    'cookies',
    4000,
    (n) => {
      const header = range(n)
        .map((i) => `c${i % 7}=${i}`)
        .join('; ')
      return () => parseCookies(header)
    },
  ],
  ['a cookie of separators', 20_000, (n) => () => parseCookies(' ;='.repeat(n))],
  [
    'a query with pins',
    4000,
    (n) => {
      const search = `?${'holo-pin=1.0.0&a&'.repeat(n)}`
      return () => splitQuery(search)
    },
  ],
  [
    'ranges',
    8000,
    (n) => {
      const header = `bytes=${range(n)
        .map((i) => `${i * 10}-${i * 10 + 5}`)
        .join(',')}`
      return () => decideRanges(header, 10 ** 9)
    },
  ],
  ['ranges of blanks', 8000, (n) => () => decideRanges(`bytes=${' ,'.repeat(n)}0-1`, 10 ** 9)],
  [
    'encodings that are accepted',
    8000,
    (n) => {
      const accept = range(n)
        .map((i) => `x${i};q=0.${i % 10}`)
        .join(', ')
      return () => chooseRepresentation(entry('/a'), accept)
    },
  ],
  ['tags', 8000, (n) => () => matchIfRange(`"${'"'.repeat(n)}`, '"a"')],
  [
    'a batch of counts',
    2000,
    (n) => {
      const batch = batchOf(n)
      return () => isBatch(batch)
    },
  ],
]

describe('the time to read', () => {
  it.each(PARSERS)('%s grows with its length', { timeout: 60_000 }, (_, n, make) => {
    const [some, more] = [make(n), make(4 * n)]
    // Both are compiled before they are measured.
    for (let i = 0; i < 3; i++) some()
    more()
    // What takes no measurable time at four times the size is bounded by something else.
    let [short, long] = [measure(some), measure(more)]
    // A busy machine can disturb all runs of one of the two: both are given more chances to be quick.
    for (let left = 8; left > 0 && long / Math.max(short, 0.05) >= MOST; left--) {
      short = Math.min(short, measure(some))
      long = Math.min(long, measure(more))
    }
    expect(long / Math.max(short, 0.05)).toBeLessThan(MOST)
  })
})

it('a batch of counts is read up to its names', () => {
  expect([isBatch(batchOf(1)), isBatch(batchOf(4000))]).toEqual([true, false])
})

describe('a manifest whose paths have the same hash', () => {
  it('is refused, as no request should have to compare them all', () => {
    const refused = checkManifest(manifestOf(collidingPaths(MAX_SAME_HASH + 1)))
    expect(refused).toMatchObject({
      ok: false,
      error: {
        problems: [{ message: expect.stringContaining('too many paths have the same hash') }],
      },
    })
    expect(checkManifest(manifestOf(collidingPaths(MAX_SAME_HASH))).ok).toBe(true)
  })
})
