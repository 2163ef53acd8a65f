// Arbitrary windows of counts for property tests.

import fc from 'fast-check'
import type { Counts } from '../../../src/core/judge/counts.ts'

/** From nobody up to `most` visitors on each side, any number of whom fail. */
export function anyCounts(most: number): fc.Arbitrary<Counts> {
  const side = fc
    .nat({ max: most })
    .chain((visitors) => fc.tuple(fc.constant(visitors), fc.nat({ max: visitors })))
  return fc.tuple(side, side).map(([[a, b], [c, d]]): Counts => [a, b, c, d])
}

/** Sequences of windows that are small, large and absurdly large. */
export const anySequence: fc.Arbitrary<readonly Counts[]> = fc.array(
  fc.oneof(anyCounts(5), anyCounts(2000), anyCounts(Number.MAX_SAFE_INTEGER)),
  { maxLength: 30 },
)
