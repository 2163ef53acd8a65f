// Arbitrary tallies for property tests.

import fc from 'fast-check'
import type { Tally } from '../../../src/core/judge/evidence.ts'

/** Any share of the buckets, and up to `most` visitors on each side who met something. */
export function anyTally(most: number): fc.Arbitrary<Tally> {
  return fc.record({
    share: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0.01, 0.05, 0.25)),
    base: fc.nat({ max: most }),
    canary: fc.nat({ max: most }),
  })
}

/** Sequences of tallies that are small, large and absurdly large. */
export const anySequence: fc.Arbitrary<readonly Tally[]> = fc.array(
  fc.oneof(anyTally(5), anyTally(2000), anyTally(Number.MAX_SAFE_INTEGER)),
  { maxLength: 30 },
)
