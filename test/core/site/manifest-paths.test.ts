import { describe, expect, it } from 'vitest'
import { findPathProblems, MAX_PATH_BYTES } from '../../../src/core/site/manifest-paths.ts'

const find = (...paths: string[]) => findPathProblems(paths, 50).problems

describe('the paths of a version', () => {
  it('are as sites have them', () => {
    const paths = ['/', '/index.html', '/a b/c.png', '/%2e%2e/x', '/...', '/.well-known/a', '/ä']
    expect(find(...paths.slice(1))).toEqual([])
    expect(find(`/${'x'.repeat(MAX_PATH_BYTES - 1)}`)).toEqual([])
  })

  it.each([
    ['index.html', /not absolute/],
    ['', /not absolute/],
    ['C:/x', /not absolute/],
    ['/a\\b', /backslash/],
    ['/a\0', /NUL/],
    ['/a\ufffd', /UTF-8/],
    ['/', /empty segment/],
    ['/a//b', /empty segment/],
    ['/a/', /empty segment/],
    ['/../etc/passwd', /"\.\."/],
    ['/a/..', /"\.\."/],
    ['/a/./b', /"\."/],
    [`/${'x'.repeat(MAX_PATH_BYTES)}`, /1025 bytes/],
    [`/${'ä'.repeat(512)}`, /1025 bytes/],
  ])('are refused by name: %j', (path, message) => {
    expect(find('/good', path)).toEqual([{ path, message: expect.stringMatching(message) }])
  })

  it.each([
    ['/About.html', '/about.html'],
    ['/stra\u00dfe', '/STRASSE'],
    ['/\u00e9', '/e\u0301'],
    ['/\u03c3', '/\u03c2'],
  ])('collide: %s and %s', (one, other) => {
    expect(find(one, other)).toEqual([{ path: other, message: expect.stringContaining(one) }])
  })

  it('are there once', () => {
    expect(find('/a', '/a')).toEqual([{ path: '/a', message: 'is there twice' }])
  })

  it('are all counted, and the first are named', () => {
    const many = Array.from({ length: 80 }, (_, i) => `/${i}/..`)
    const { problems, count } = findPathProblems(many, 50)
    expect([problems.length, count]).toEqual([50, 80])
    expect(problems[49]?.path).toBe('/49/..')
  })
})
