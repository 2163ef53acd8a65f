// How well names that change with their content are told from all others, measured: on the names that
// bundlers give, and on 100,000 names of files in public packages (test/fixtures/README.md).

import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { compileHashedTest, looksHashed } from '../../src/publish/hashed.ts'
import { type PageMarkup, readPage } from '../../src/publish/pages.ts'
import { createRandom, fillIn, readPatterns, writeHomePage } from './bundler-names.ts'

const NAMES_OF_EACH = 2_000
const BUILDS_OF_EACH = 50

/** The share of generated names of one pattern that count as hashed, each build with its own page. */
function measure({ tool, form }: { tool: string; form: string }): number {
  const random = createRandom(20_261_126)
  let hashed = 0
  for (let build = 0; build < BUILDS_OF_EACH; build++) {
    const html = writeHomePage(tool, random)
    const pages: PageMarkup[] = html === undefined ? [] : [readPage('/index.html', html)]
    const isHashed = compileHashedTest([], { listed: new Map(), pages })
    for (let i = 0; i < NAMES_OF_EACH / BUILDS_OF_EACH; i++) {
      if (isHashed(fillIn(form, random))) hashed++
    }
  }
  return hashed / NAMES_OF_EACH
}

describe('names that bundlers give by default', () => {
  const patterns = readPatterns()
  /** Flutter's is the one name of the table without a place for a hash. */
  const hashing = patterns.filter(({ form }) => form.includes('{'))

  it('are taken for hashed: at least 99 of 100 of all, and 97 of 100 of each pattern', () => {
    const shares = hashing.map((pattern) => ({ ...pattern, share: measure(pattern) }))
    const mean = shares.reduce((sum, { share }) => sum + share, 0) / shares.length
    expect(shares.filter(({ share }) => share < 0.97)).toEqual([])
    expect(mean).toBeGreaterThanOrEqual(0.99)
    expect(hashing).toHaveLength(patterns.length - 1)
    if (process.env.HOLO_SHOW)
      console.log(
        mean,
        shares.map(({ tool, share }) => `${tool} ${share}`),
      )
  })

  it('are not where there is no hash in them', () => {
    const isHashed = compileHashedTest([], { listed: new Map(), pages: [] })
    expect(isHashed('/main.dart.js')).toBe(false)
  })
})

describe('ordinary names', () => {
  const names = gunzipSync(
    readFileSync(new URL('../fixtures/ordinary-names.txt.gz', import.meta.url)),
  )
    .toString()
    .trimEnd()
    .split('\n')

  // The spelling of names was learned from the even ones: the odd ones were never seen before.
  it.each([
    ['that the test has learned from', 0],
    ['that the test has never seen', 1],
  ])('%s are left alone: at most 1 of 10,000 counts as hashed', (_, rest) => {
    const half = names.filter((_, index) => index % 2 === rest)
    const taken = half.filter((name) => looksHashed(`/files/${name}`))
    expect(half).toHaveLength(50_000)
    expect(taken.length).toBeLessThanOrEqual(half.length / 10_000)
    if (process.env.HOLO_SHOW) console.log(taken)
  })

  it('are left alone beside the files of a bundler, too: at most 1 of 1,000', () => {
    const random = createRandom(1)
    const html = writeHomePage('Vite', random) ?? ''
    const pages = [readPage('/index.html', html)]
    const isHashed = compileHashedTest([], { listed: new Map(), pages })
    const taken = names.filter((name) => isHashed(`/assets/${name}`))
    expect(taken.length).toBeLessThanOrEqual(names.length / 1_000)
    if (process.env.HOLO_SHOW) console.log(taken.length, taken.slice(0, 60))
  })
})
