import { describe, expect, it } from 'vitest'
import { parseCacheControl } from '../../src/core/cache-control.ts'

const names = (field: string | null) =>
  parseCacheControl(field).map(({ name, value }) =>
    value === undefined ? name : `${name}=${value}`,
  )

describe('a Cache-Control field', () => {
  it.each([
    [null, []],
    ['', []],
    [' , ,', []],
    ['no-store', ['no-store']],
    ['Public, MAX-AGE=60', ['public', 'max-age=60']],
    ['max-age="60"', ['max-age=60']],
    ['max-age = 60', ['max-age=60']],
    ['private="a, b", no-cache', ['private=a, b', 'no-cache']],
    ['ext="a, private, no-store"', ['ext=a, private, no-store']],
    ['ext="a\\", private", max-age=1', ['ext=a", private', 'max-age=1']],
    ['ext="a\\\\", private', ['ext=a\\', 'private']],
    ['max-age=1, ext="open, private', ['max-age=1', 'ext="open, private']],
    ['ext="', ['ext="']],
    ['a,,b,', ['a', 'b']],
    ['max-age=', ['max-age=']],
  ])('%j is the list %j', (field, expected) => {
    expect(names(field)).toEqual(expected)
  })

  it('is read in linear time, whatever is in it', () => {
    for (const part of ['"', '\\"', '",', 'a=",', ',']) {
      expect(parseCacheControl(part.repeat(50_000)).length).toBeLessThanOrEqual(50_000)
    }
  })
})
