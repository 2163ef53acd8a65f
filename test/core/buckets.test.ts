import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { murmur3Text } from '../../src/core/murmur3.ts'
import { BUCKETS, bucketOf } from '../../src/core/traffic.ts'

describe('bucketOf', () => {
  it('is the documented formula, exactly', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (salt, visitor) => {
        const hash = BigInt(murmur3Text(`${salt}.${visitor}`))
        expect(BigInt(bucketOf(salt, visitor))).toBe((hash * 10_000n) >> 32n)
      }),
      { numRuns: 2000 },
    )
  })

  it('keeps known visitors where they are, in every release of Holo', () => {
    // A change of these would re-hash everybody who is served today.
    expect(['ada', 'grace', 'édith', '東京'].map((visitor) => bucketOf('shop', visitor))).toEqual([
      9288, 6504, 3597, 1195,
    ])
  })

  it('spreads one million visitors to within 0.1 percentage points of 1, 5 and 50 %', () => {
    const VISITORS = 1_000_000
    const counts = new Uint32Array(BUCKETS)
    for (let i = 0; i < VISITORS; i++) {
      const bucket = bucketOf('shop', `visitor-${i}`)
      counts[bucket] = (counts[bucket] ?? 0) + 1
    }
    const share = (from: number, to: number) =>
      (counts.subarray(from, to).reduce((sum, count) => sum + count, 0) * 100) / VISITORS
    for (const percent of [1, 5, 50]) {
      const size = percent * 100
      // At the lower end, at the upper end, and in the middle.
      for (const from of [0, BUCKETS - size, (BUCKETS - size) / 2]) {
        expect(Math.abs(share(from, from + size) - percent)).toBeLessThan(0.1)
      }
    }
    expect(Math.min(...counts)).toBeGreaterThan(0)
  })
})
