// The rate of differences of a shadow: when it is within its bound, and that little, old or noisy data never are.

import { describe, expect, it } from 'vitest'
import {
  type ComparedCounts,
  LEAST_BASELINES,
  readDifferences,
  toDifferenceRate,
} from '../../../src/core/shadow/differences.ts'

const BOUND = { atMost: 0.01, minCopies: 200 }

const counts = (compared: number, differing: number, baselines = 20, noisy = 0) => ({
  ...{ compared, differing, baselines, noisy },
})

describe('a bound of the differences of a shadow', () => {
  it.each<[string, ComparedCounts | undefined, 'pass' | 'fail' | 'unknown']>([
    ['nothing was compared', undefined, 'unknown'],
    ['too little was compared', counts(199, 0), 'unknown'],
    ['all of too little differ', counts(199, 199), 'unknown'],
    ['nothing differs', counts(200, 0), 'pass'],
    ['as many differ as may', counts(200, 2), 'pass'],
    ['more differ, by chance perhaps', counts(200, 4), 'unknown'],
    ['clearly more differ', counts(200, 20), 'fail'],
    ['all differ', counts(200, 200), 'fail'],
    ['it is the noise that differs', counts(2000, 100, 400, 20), 'pass'],
    ['more differ than the noise', counts(2000, 200, 400, 20), 'fail'],
    ['the noise is hardly known', counts(2000, 100, LEAST_BASELINES - 1, 5), 'unknown'],
    ['the base was never asked twice', counts(2000, 5, 0), 'pass'],
  ])('when %s: %j is %s', (_, given, outcome) => {
    expect(readDifferences(BOUND, given).outcome).toBe(outcome)
  })

  it('of 0 lets nothing differ', () => {
    expect(readDifferences({ ...BOUND, atMost: 0 }, counts(1000, 0)).outcome).toBe('pass')
    expect(readDifferences({ ...BOUND, atMost: 0 }, counts(1000, 5)).outcome).toBe('fail')
  })

  it('is said with its counts', () => {
    expect(readDifferences(BOUND, counts(2000, 200, 400, 20)).text).toBe(
      '200 of 2000 compared copies differ, 5 % without the noise (20 of 400); at most 1 % may',
    )
    expect(readDifferences(BOUND, undefined).text).toBe(
      '0 copies were compared in the last hour, and 200 are needed',
    )
  })

  it('has a rate of 0 to 1, whatever the noise', () => {
    expect(toDifferenceRate(counts(100, 5, 100, 50))).toBe(0)
    expect(toDifferenceRate(counts(0, 0, 0))).toBe(0)
    expect(toDifferenceRate(counts(100, 100, 0))).toBe(1)
  })
})
