import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitQuery } from '../../src/http/query.ts'

describe('the pin in a query', () => {
  it.each([
    ['?holo-pin', '', ''],
    ['?h%6flo%2Dpin=1', '', '1'],
    ['?a=1&holo-pin=2&b', '?a=1&b', '2'],
    ['?holo-pin=1&holo-pin=2', '', '1'],
    ['?&holo-pin=1&', '?&', '1'],
    ['?HOLO-PIN=1', '?HOLO-PIN=1', undefined],
    ['?holo-pin[]=1', '?holo-pin[]=1', undefined],
    ['?holo-pin%00=1', '?holo-pin%00=1', undefined],
    ['?holo-pin+=1', '?holo-pin+=1', undefined],
    ['?a;holo-pin=1', '?a;holo-pin=1', undefined],
    ['??holo-pin=1', '??holo-pin=1', undefined],
    ['?', '?', undefined],
    ["?a='b'&holo-pin=1&c=%zz+", "?a='b'&c=%zz+", '1'],
    ['?holo-pin=1&', '?', '1'],
    ['?a&?holo-pin=1&holo-pin=2', '?a&?holo-pin=1', '2'],
  ])('of %j is taken out and leaves %j', (search, rest, pin) => {
    expect(splitQuery(search)).toEqual({ search: rest, pin })
  })

  it('is gone for every reader that parses what is left, and nothing else is', () => {
    const part = fc.oneof(
      fc.constantFrom(
        'holo-pin=1',
        'holo-pin',
        '?holo-pin=1',
        'h%6Flo-pin=%31',
        '',
        '=',
        '?',
        'a=b',
      ),
      fc.string({ unit: fc.constantFrom(...'holo-pin=%2d?;+') }),
    )
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const search = new URL(`https://example.com/?${parts.join('&')}`).search
        const left = splitQuery(search).search
        expect([...new URLSearchParams(left)]).toEqual(
          [...new URLSearchParams(search)].filter(([name]) => name !== 'holo-pin'),
        )
        expect(splitQuery(left)).toEqual({ search: left, pin: undefined })
      }),
      { numRuns: 5000 },
    )
  })
})
