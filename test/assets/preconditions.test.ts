import { expect, it } from 'vitest'
import { matchIfNoneMatch } from '../../src/assets/preconditions.ts'

const ETAG = '"abc"'

it.each([
  ['"abc"', true],
  ['W/"abc"', true],
  ['"x", "abc"', true],
  ['"x","y" , W/"abc"', true],
  ['"a,b", "abc"', true],
  ['*', true],
  [' * ', true],
  ['"x"', false],
  ['abc', false],
  ['"abc', false],
  ['"ab""c"', false],
  ['"x, "', false],
  ['garbage', false],
  ['', false],
  [null, false],
])('If-None-Match: %j against "abc" is %s', (header, expected) => {
  expect(matchIfNoneMatch(header, ETAG)).toBe(expected)
})
