import { describe, expect, it } from 'vitest'
import { decidePrecondition, matchIfRange } from '../../src/assets/ranges.ts'

const ETAG = '"abc"'
const decide = (headers: Record<string, string>) => decidePrecondition(new Headers(headers), ETAG)

describe('a representation with the tag "abc"', () => {
  it.each([
    ['"abc"', 'not-modified'],
    ['W/"abc"', 'not-modified'],
    ['"x", "abc"', 'not-modified'],
    ['"x","y" , W/"abc"', 'not-modified'],
    ['"a,b", "abc"', 'not-modified'],
    ['*', 'not-modified'],
    [' * ', 'not-modified'],
    ['"x"', 'proceed'],
    ['abc', 'proceed'],
    ['"abc', 'proceed'],
    ['"ab""c"', 'proceed'],
    ['"x, "', 'proceed'],
    ['garbage', 'proceed'],
    // No tags (RFC 9110 section 8.8.3), though one stands in each of them.
    ['w/"abc"', 'proceed'],
    ['W "abc"', 'proceed'],
    ['W/ "abc"', 'proceed'],
    ['"abc"x', 'proceed'],
    ['x"abc"', 'proceed'],
    ['"x" "abc"', 'proceed'],
    ['w/"abc", W/"abc"', 'not-modified'],
    ['', 'proceed'],
  ])('under If-None-Match: %j is %s', (header, expected) => {
    expect(decide({ 'if-none-match': header })).toBe(expected)
  })

  it.each([
    ['"abc"', 'proceed'],
    ['"x", "abc"', 'proceed'],
    ['*', 'proceed'],
    ['W/"abc"', 'failed'],
    ['W/"abc", "abc"', 'proceed'],
    ['"x"', 'failed'],
    ['abc', 'failed'],
    ['w/"abc"', 'failed'],
    ['x"abc"', 'failed'],
    ['w/"abc", "abc"', 'proceed'],
    ['', 'failed'],
  ])('under If-Match: %j is %s', (header, expected) => {
    expect(decide({ 'if-match': header })).toBe(expected)
  })

  it.each([
    ['"abc"', '"abc"', 'not-modified'],
    ['"abc"', '"x"', 'proceed'],
    ['"x"', '"abc"', 'failed'],
    ['*', '*', 'not-modified'],
  ])('under If-Match: %s and If-None-Match: %s is %s', (match, noneMatch, expected) => {
    expect(decide({ 'if-match': match, 'if-none-match': noneMatch })).toBe(expected)
  })

  it.each(['Thu, 01 Jan 1970 00:00:00 GMT', 'Fri, 31 Dec 2999 00:00:00 GMT', 'yesterday'])(
    'has no date to compare with %s',
    (date) => {
      expect(decide({ 'if-modified-since': date, 'if-unmodified-since': date })).toBe('proceed')
    },
  )

  it.each([
    [null, true],
    ['"abc"', true],
    [' "abc" ', true],
    ['W/"abc"', false],
    ['"x"', false],
    ['"abc", "x"', false],
    ['*', false],
    ['Fri, 31 Dec 2999 00:00:00 GMT', false],
    ['', false],
  ])('with If-Range: %j gives its ranges: %s', (header, expected) => {
    expect(matchIfRange(header, ETAG)).toBe(expected)
  })
})
