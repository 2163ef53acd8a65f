import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileGlob, MAX_GLOB_CHARACTERS } from '../../src/core/glob.ts'

/** What a glob means, in the plainest words: exponential, and so for short texts only. */
function means(pattern: readonly string[], text: readonly string[]): boolean {
  const [token, ...rest] = pattern
  const [char, ...others] = text
  if (token === undefined) return char === undefined
  if (token === '*' && rest[0] === '*') {
    return means(['*', ...rest.slice(1)], text) || reaches(rest.slice(1), text)
  }
  if (token === '*') {
    return means(rest, text) || (char !== undefined && char !== '/' && means(pattern, others))
  }
  if (char === undefined) return false
  return (token === '?' ? char !== '/' : token === char) && means(rest, others)
}

/** Whether a pattern means some end of the text. */
function reaches(pattern: readonly string[], text: readonly string[]): boolean {
  return text.some((_, i) => means(pattern, text.slice(i))) || means(pattern, [])
}

describe('compileGlob', () => {
  it.each([
    ['/', '/', true],
    ['', '', true],
    ['', '/', false],
    ['/admin/*', '/admin/users', true],
    ['/admin/*', '/admin/', true],
    ['/admin/*', '/admin/users/1', false],
    ['/admin/**', '/admin/users/1', true],
    ['/admin/**', '/administrator', false],
    ['/a/**/z', '/a/b/c/z', true],
    ['/a/**/z', '/a/z', false],
    ['**/*.png', '/img/2026/cat.png', true],
    ['**/*.png', '/img/cat.png/raw', false],
    ['/v?/', '/v2/', true],
    ['/v?/', '/v12/', false],
    ['/v?', '/v/', false],
    ['/?', '/🦊', true],
    ['/日本*', '/日本語', true],
    ['***', '/any/thing', true],
    ['/a.c', '/abc', false],
    ['/[ab](c)+$^|{}\\', '/[ab](c)+$^|{}\\', true],
    ['/any', '/any', true],
    ['/star', '/star', true],
  ])('answers whether %j matches %j', (pattern, text, expected) => {
    expect(compileGlob(pattern)(text)).toBe(expected)
  })

  it('agrees with the plain meaning for any pattern and text', () => {
    const short = (characters: string[], maxLength: number) =>
      fc.string({ unit: fc.constantFrom(...characters), maxLength })
    const pattern = short(['*', '**', '?', 'a', 'b', '/'], 7)
    fc.assert(
      fc.property(pattern, short(['a', 'b', '/', '🦊'], 8), (glob, text) => {
        expect(compileGlob(glob)(text)).toBe(means([...glob], [...text]))
      }),
      { numRuns: 20_000 },
    )
  })

  it('keeps its place across the words it counts in', () => {
    for (const length of [30, 31, 32, 33, 63, 64, 65, 255]) {
      const text = 'ab'.repeat(128).slice(0, length)
      expect(compileGlob(text)(text)).toBe(true)
      expect(compileGlob(text)(text.slice(1))).toBe(false)
      expect(compileGlob(`${text}?`)(`${text}c`)).toBe(true)
      expect(compileGlob(`${text.slice(1)}*`)(text)).toBe(false)
    }
  })

  it.each([
    ['*'.repeat(50), true],
    [`${'*'.repeat(50)}b`, false],
    ['*a'.repeat(128), true],
    [`${'*a'.repeat(127)}b`, false],
    [`${'**a'.repeat(85)}`, true],
    [`${'**/'.repeat(85)}`, false],
    [`${'*?'.repeat(127)}b`, false],
    [`${'a*'.repeat(127)}b`, false],
    ['?'.repeat(256), false],
  ])('finishes %j on ten thousand characters that nearly match', (pattern, expected) => {
    expect(compileGlob(pattern)('a'.repeat(10_000))).toBe(expected)
  })

  it('refuses a pattern and a text beyond any real one', () => {
    expect(() => compileGlob('a'.repeat(MAX_GLOB_CHARACTERS + 1))).toThrow(TypeError)
    expect(() => compileGlob('**')('a'.repeat(20_000))).toThrow(TypeError)
  })
})
