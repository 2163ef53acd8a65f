// Random traffic for property tests: weights of 2 to 8 environments, and tables as they look after
// a history of changes.

import fc from 'fast-check'
import { allocate, BUCKETS, type Traffic, toRanges, type Weights } from '../../src/core/traffic.ts'

export const NAMES = ['main', 'canary', 'blue', 'green', 'beta', 'alpha', 'next', 'edge']

/** Weights of the first 2 to 8 names, in hundredths of a percent, that sum to 100. */
export const anyWeights: fc.Arbitrary<Weights> = fc
  .array(fc.oneof(fc.nat(BUCKETS), fc.constantFrom(0, 100, 500, 5000, BUCKETS)), {
    minLength: 1,
    maxLength: NAMES.length - 1,
  })
  .map((cuts) => {
    const ends = [...cuts.toSorted((a, b) => a - b), BUCKETS]
    return Object.fromEntries(
      ends.map((end, i) => [NAMES[i] ?? '', (end - (ends[i - 1] ?? 0)) / 100] as const),
    )
  })

/** A table that a few changes have led to. */
export const anyTraffic: fc.Arbitrary<Traffic> = fc
  .tuple(anyWeights, fc.array(anyWeights, { maxLength: 4 }))
  .map(([first, changes]) =>
    changes.reduce<Traffic>(
      (traffic, weights) => allocate(traffic, weights, 'main'),
      // Brings a hand-written order of ranges into the allocator's own.
      allocate(toRanges(first), first, 'main'),
    ),
  )
