import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type ByteRange,
  decideRanges,
  MAX_RANGES,
  toContentRange,
} from '../../src/assets/ranges.ts'

const SIZE = 1000
/** As `first-last`, which is how people read ranges. */
const decide = (header: string, size = SIZE) => {
  const ranges = decideRanges(header, size)
  if (typeof ranges === 'string') return ranges
  return ranges.map(({ offset, length }) => `${offset}-${offset + length - 1}`).join(' ')
}
const ofAll = (spec: string, count: number) => `bytes=${Array(count).fill(spec).join(',')}`

describe('of 1,000 bytes', () => {
  it.each([
    ['bytes=0-4', '0-4'],
    ['bytes=0-0', '0-0'],
    ['bytes=0-', '0-999'],
    ['bytes=990-', '990-999'],
    ['bytes=999-', '999-999'],
    ['bytes=990-2000', '990-999'],
    ['bytes=0-99999999999999999999999', '0-999'],
    ['bytes=-3', '997-999'],
    ['bytes=-1000', '0-999'],
    ['bytes=-5000', '0-999'],
    ['BYTES=0-4', '0-4'],
    [' bytes=0-4 ', '0-4'],
    ['bytes=,0-4,', '0-4'],
    ['bytes=007-010', '7-10'],
  ])('%j is one part: %s', (header, expected) => {
    expect(decide(header)).toBe(expected)
  })

  it.each(['bytes=1000-', 'bytes=1000-1001', 'bytes=-0', 'bytes=5000-,-0', ofAll('1000-', 16)])(
    '%j is nothing that there is',
    (header) => {
      expect(decide(header)).toBe('unsatisfiable')
    },
  )

  it.each([
    '',
    'bytes',
    'bytes=',
    'bytes=,',
    'bytes 0-4',
    'bytes:0-4',
    'items=0-4',
    'bytes=4-0',
    'bytes=-',
    'bytes=a-b',
    'bytes=0x1-0x2',
    'bytes=+1-2',
    'bytes=1.0-2',
    'bytes=--1',
    'bytes=0 - 4',
    'bytes=0-4-5',
    'bytes=0-4;1-2',
    'bytes=0-4,x',
    'bytes=0-4,9-5',
    'bytes=٠-٤',
  ])('%j says nothing, and the whole is sent', (header) => {
    expect(decide(header)).toBe('whole')
  })

  it.each([
    ['bytes=0-9,500-509', '0-9 500-509'],
    ['bytes=500-509, 0-9', '500-509 0-9'],
    ['bytes=0-9,-10', '0-9 990-999'],
    ['bytes=0-9,5000-,500-509', '0-9 500-509'],
    ['bytes=0-9,5000-', '0-9'],
    ['bytes=0-99,50-149', '0-149'],
    ['bytes=0-9,10-19', '0-19'],
    ['bytes=0-9,60-69', '0-69'],
    ['bytes=500-509,0-9,505-600', '500-600 0-9'],
    ['bytes=0-,0-,0-', '0-999'],
  ])('%j are the parts %s', (header, expected) => {
    expect(decide(header)).toBe(expected)
  })

  it('as many parts as are worth the whole are the whole', () => {
    expect(decide('bytes=0-400,500-999')).toBe('whole')
  })
})

describe('a set of ranges', () => {
  const spread = (count: number) =>
    `bytes=${Array.from({ length: count }, (_, n) => `${n * 1000}-${n * 1000}`).join(',')}`

  it('has its bound, and beyond it the whole is sent', () => {
    expect(decide(spread(MAX_RANGES), 1e9).split(' ')).toHaveLength(MAX_RANGES)
    expect(decide(spread(MAX_RANGES + 1), 1e9)).toBe('whole')
    expect(decide(ofAll('0-0', 100_000), 1e9)).toBe('whole')
  })

  it('of an empty file is the whole of it', () => {
    expect(decide('bytes=0-', 0)).toBe('whole')
    expect(decide('bytes=-1', 0)).toBe('whole')
  })
})

const anyHeader = fc
  .array(
    fc.oneof(
      fc.tuple(fc.nat(3000), fc.nat(3000)).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
      fc.nat(3000).map((first) => `${first}-`),
      fc.nat(3000).map((length) => `-${length}`),
    ),
    { minLength: 1, maxLength: MAX_RANGES },
  )
  .map((specs) => `bytes=${specs.join(', ')}`)
const isIn = (ranges: readonly ByteRange[], at: number) =>
  ranges.some(({ offset, length }) => at >= offset && at < offset + length)

describe('whatever is asked for', () => {
  it('every byte that was asked for is sent, once, and no part reaches beyond the end', () => {
    fc.assert(
      fc.property(anyHeader, fc.integer({ min: 1, max: 3000 }), (header, size) => {
        const ranges = decideRanges(header, size)
        if (typeof ranges === 'string') return
        const wanted = header.slice('bytes='.length).split(', ')
        for (const spec of wanted) {
          const [first = '', last = ''] = spec.split('-')
          const from = first === '' ? Math.max(0, size - Number(last)) : Number(first)
          const to = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
          if (from > to) continue
          expect(isIn(ranges, from) && isIn(ranges, to)).toBe(true)
        }
        for (const [index, { offset, length }] of ranges.entries()) {
          expect(length).toBeGreaterThan(0)
          expect(offset + length).toBeLessThanOrEqual(size)
          const others = ranges.filter((_, other) => other !== index)
          expect(isIn(others, offset) || isIn(others, offset + length - 1)).toBe(false)
        }
      }),
    )
  })

  it('is read without an exception', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(3000), (text, size) => {
        expect(() => decideRanges(`bytes=${text}`, size)).not.toThrow()
      }),
    )
  })
})

it('Content-Range counts from 0 and names the last byte', () => {
  expect(toContentRange({ offset: 0, length: 1 }, 10)).toBe('bytes 0-0/10')
  expect(toContentRange({ offset: 7, length: 3 }, 10)).toBe('bytes 7-9/10')
})
