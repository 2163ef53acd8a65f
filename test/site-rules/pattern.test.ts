import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compilePattern,
  fillIn,
  findPatternProblem,
  isFixed,
} from '../../src/core/site/rules-pattern.ts'

const match = (pattern: string, text: string, separator: '/' | '.' = '/') => {
  const captures = compilePattern(pattern, separator)(text)
  return captures && Object.fromEntries(captures)
}

/** What Cloudflare's regular expressions say, which may take exponential time to say it. */
function matchByRegExp(pattern: string, text: string): Record<string, string> | undefined {
  const source = pattern
    .replace(/[-/\\^$+?.()|[\]{}]/g, '\\$&')
    .replace('*', '(?<splat>.*)')
    .replace(/:([A-Za-z]\w*)/g, '(?<$1>[^/]+)')
  const found = new RegExp(`^${source}$`, 's').exec(text)
  return found ? { ...found.groups } : undefined
}

describe('a pattern', () => {
  it.each([
    ['/old', '/old', {}],
    ['/old', '/old/', undefined],
    ['/old', '/older', undefined],
    ['/', '/', {}],
    ['/*', '/', { splat: '' }],
    ['/*', '/a/b', { splat: 'a/b' }],
    ['/blog/*', '/blog', undefined],
    ['/blog/*', '/blog/', { splat: '' }],
    ['/blog*', '/blogs/1', { splat: 's/1' }],
    ['/*.html', '/a/b.html', { splat: 'a/b' }],
    ['/*.html', '/.html.html', { splat: '.html' }],
    ['/*/end', '/end', undefined],
    ['/*/end', '//end', { splat: '' }],
    ['/*/end', '/a/end/end', { splat: 'a/end' }],
    ['/:year/:slug', '/2026/x', { year: '2026', slug: 'x' }],
    ['/:year/:slug', '/2026/', undefined],
    ['/:year/:slug', '/2026/x/y', undefined],
    ['/:a-:b', '/x-y-z', { a: 'x-y', b: 'z' }],
    ['/:a:b', '/xyz', { a: 'xy', b: 'z' }],
    ['/:a:b', '/x', undefined],
    ['/:a.json', '/x.json.json', { a: 'x.json' }],
    ['/v:n/*', '/v2/x', { n: '2', splat: 'x' }],
    ['/:a-*', '/x/y-z', undefined],
    ['/:a-*', '/x-y/z-w', { a: 'x', splat: 'y/z-w' }],
    ['/:a*', '/x/y', { a: 'x', splat: '/y' }],
    ['/*:b', '/x/yz', { splat: 'x/y', b: 'z' }],
    ['/a*a', '/a', undefined],
    ['/a*a', '/aa', { splat: '' }],
  ])('%s fits %s as %j', (pattern, text, expected) => {
    expect(match(pattern, text)).toEqual(expected)
  })

  it.each([
    [':name.example.com', 'a.example.com', { name: 'a' }],
    [':name.example.com', 'a.b.example.com', undefined],
    ['*.example.com', 'a.b.example.com', { splat: 'a.b' }],
    ['example.com', 'example.com.evil.test', undefined],
  ])('of a host, %s fits %s as %j', (pattern, text, expected) => {
    expect(match(pattern, text, '.')).toEqual(expected)
  })

  it('fits what the same regular expression fits, with the same captures', () => {
    const part = fc.constantFrom('/', '/', 'a', 'b', '-', ':x', ':yy', ':z_1', '*', 'ab', '.')
    const pattern = fc
      .array(part, { maxLength: 9 })
      .map((parts) => `/${parts.join('')}`)
      .filter((text) => findPatternProblem(text) === undefined)
    const text = fc.stringMatching(/^\/[ab/.-]{0,12}$/)
    fc.assert(
      fc.property(pattern, text, (one, other) => {
        expect(match(one, other)).toEqual(matchByRegExp(one, other))
      }),
      { numRuns: 5_000, seed: 20261123 },
    )
  })

  it('is matched in one go, however much there is to try', () => {
    const names = Array.from({ length: 200 }, (_, n) => `:n${n}`)
    const hostile = compilePattern(
      `/${names.join('a')}*${names.map((n) => `${n}x`).join('a')}!`,
      '/',
    )
    expect(hostile(`/${'a'.repeat(16_000)}`)).toBeUndefined()
  })

  it.each([
    ['/*/*', 'it has more than one *'],
    ['/:a/:a', 'it has the placeholder :a twice'],
    ['/*/:splat', 'it has both * and :splat'],
    ['/:splat', undefined],
    ['/12:30', undefined],
  ])('%s is refused: %s', (pattern, problem) => {
    expect(findPatternProblem(pattern)).toBe(problem)
  })

  it.each([
    ['/a/b', true],
    ['/12:30', true],
    ['/:a', false],
    ['/*', false],
  ])('%s stands for itself only: %s', (pattern, expected) => {
    expect(isFixed(pattern)).toBe(expected)
  })
})

describe('a template', () => {
  const captures = new Map([
    ['a', ':b'],
    ['b', 'B'],
    ['ab', 'AB'],
  ])

  it('has each placeholder replaced once, by its whole name', () => {
    expect(fillIn('/:a/:b/:ab/:abc', captures)).toBe('/:b/B/AB/:abc')
  })
})
