// The search of a version's files for the keys of flags.

import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { findFlagKeys, type SearchLimits } from '../../src/publish/flag-keys.ts'
import { surveyFolder } from '../../src/publish/survey.ts'
import { makeFolder } from './folder.ts'

type Contents = Parameters<typeof makeFolder>[0]

const search = async (files: Contents, keys: readonly string[], limits?: SearchLimits) => {
  const { files: surveyed } = await surveyFolder(
    { folder: makeFolder(files), retained: [] },
    () => {},
  )
  return findFlagKeys(surveyed, keys, limits)
}

it('finds keys in scripts, pages and JSON, and in no other file', async () => {
  const files = {
    'a.js': 'c.getBooleanValue("new-checkout",!1)',
    'index.html': '<body data-flag="banner">',
    'settings.json': '{"flag":"search.url"}',
    'a.css': '.only-in-css{}',
    'a.js.map': '{"version":3,"sources":[],"sourcesContent":["only-in-map"],"mappings":""}',
  }
  const keys = ['new-checkout', 'banner', 'search.url', 'only-in-css', 'only-in-map', 'nowhere']
  expect(await search(files, keys)).toEqual({
    found: ['new-checkout', 'banner', 'search.url'],
    missing: ['only-in-css', 'only-in-map', 'nowhere'],
  })
})

it.each([
  ['a longer word', 'checkout', 'new-checkout checkouts my_checkout', false],
  ['a part of a longer key', 'shop', '"shop.checkout"', true],
  ['the last of several', 'shop.checkout', 'shop shop.checkouts "shop.checkout"', true],
  ['a name of a field', 'banner', 'flags.banner?1:2', true],
  ['letters that a bundler escapes', 'größe', String.raw`"gr\xF6\u00dfe"`, true],
  ['letters as they are', 'größe 😀', '"größe 😀"', true],
  ['a pair of escapes', 'a😀', String.raw`"a\uD83D\uDE00"`, true],
  ['another case', 'banner', 'Banner', false],
  ['signs of patterns', 'a.b*(c)', 'axb "a.b*(c)"', true],
  ['quotes', 'say "yes"', String.raw`"say \"yes\""`, true],
])('%s', async (_, key, text, isFound) => {
  const keys = [key, 'shop.checkout', 'other']
  const { found } = await search({ 'a.js': text }, keys)
  expect(found.includes(key)).toBe(isFound)
})

it('searches what the build has compressed', async () => {
  const files = { 'a.js.gz': gzipSync('f("banner")') }
  expect(await search(files, ['banner'])).toEqual({ found: ['banner'], missing: [] })
})

it('says nothing of a key that it did not find where it has not searched everything', async () => {
  const files = { 'a.js': `"other"${' '.repeat(100)}`, 'b.js': '"banner"' }
  const limits = { fileBytes: 50, totalBytes: 1000, milliseconds: 1000 }
  const some = { found: ['banner'], missing: [] }
  expect(await search(files, ['banner', 'other'], limits)).toEqual(some)
  const none = { found: [], missing: [] }
  const small = { ...limits, totalBytes: 5 }
  expect(await search(files, ['banner', 'other'], small)).toEqual(none)
  const short = { ...limits, milliseconds: -1 }
  expect(await search(files, ['banner', 'other'], short)).toEqual(none)
})

it('searches megabytes for hundreds of keys in a fraction of a second', async () => {
  const text = 'const a=t.map(e=>n("checkout-page",{id:r,open:!0}));'.repeat(80_000)
  const keys = Array.from({ length: 500 }, (_, i) => `team-${i % 20}.flag-number-${i}`)
  const startedAt = performance.now()
  const { missing } = await search({ 'a.js': text }, keys)
  expect(missing).toEqual(keys)
  expect(performance.now() - startedAt).toBeLessThan(2000)
})
