import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addCounts,
  type Counts,
  type Hypothesis,
  isCounts,
  noEvidence,
  toLogE,
  WORSE_THAN_BASE,
  withinMargin,
} from '../../../src/core/judge/counts.ts'
import { logMeanExp } from '../../../src/core/judge/logarithms.ts'
import { anySequence } from './any-counts.ts'

function evidenceOf(hypothesis: Hypothesis, windows: readonly Counts[]) {
  return windows.reduce(
    (evidence, counts) => addCounts(hypothesis, evidence, counts),
    noEvidence(hypothesis),
  )
}

describe('the evidence that a canary is worse', () => {
  it.each<[readonly Counts[], number]>([
    [[[1000, 10, 1000, 20]], 0.7765178515],
    [[[950, 10, 50, 5]], 4.6153276657],
    [
      [
        [1000, 10, 1000, 20],
        [900, 8, 100, 3],
        [500, 50, 500, 55],
      ],
      0.0400937824,
    ],
  ])('has its reference value for %j', (windows, expected) => {
    expect(Math.abs(toLogE(evidenceOf(WORSE_THAN_BASE, windows)) - expected)).toBeLessThan(1e-9)
  })

  it('begins with 1, and a window without failures or with a silent side says nothing', () => {
    const nothing = noEvidence(WORSE_THAN_BASE)
    expect(toLogE(nothing)).toBe(0)
    for (const counts of [
      [0, 0, 10, 5],
      [10, 5, 0, 0],
      [10, 0, 10, 0],
    ] as const) {
      expect(addCounts(WORSE_THAN_BASE, nothing, counts)).toBe(nothing)
    }
  })

  it('is kept in eight numbers that survive JSON', () => {
    fc.assert(
      fc.property(anySequence, (windows) => {
        const evidence = evidenceOf(WORSE_THAN_BASE, windows)
        expect(evidence).toHaveLength(8)
        expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence)
      }),
    )
  })

  it('grows with every failure of the canary and shrinks with every one of the control', () => {
    const logE = (...counts: Counts) => toLogE(evidenceOf(WORSE_THAN_BASE, [counts]))
    for (let k = 0; k < 50; k++) {
      expect(logE(500, 10, 500, k + 1)).toBeGreaterThan(logE(500, 10, 500, k))
      expect(logE(500, k + 1, 500, 10)).toBeLessThan(logE(500, k, 500, 10))
    }
  })
})

describe.each([
  ['worse than the control', WORSE_THAN_BASE],
  ['within a margin of 1.5', withinMargin(1.5)],
  ['within a margin of 3', withinMargin(3)],
])('evidence of any hypothesis: %s', (_, hypothesis) => {
  it('is a finite number for whatever counts, few or absurdly many', () => {
    fc.assert(
      fc.property(anySequence, (windows) => {
        const evidence = evidenceOf(hypothesis, windows)
        expect(evidence.every(Number.isFinite)).toBe(true)
        expect(Number.isFinite(toLogE(evidence))).toBe(true)
      }),
    )
  })

  it('has a mean of at most 1 under every pair of rates that its null allows, rare or frequent', () => {
    const isWorse = hypothesis.nullRatio === 1
    const rate = fc.double({ min: 0, max: 1, noNaN: true })
    const size = fc.integer({ min: 1, max: 12 })
    fc.assert(
      fc.property(size, size, rate, rate, (controlVisitors, canaryVisitors, one, other) => {
        const control = isWorse ? Math.max(one, other) : Math.min(one, other / hypothesis.nullRatio)
        const canary = isWorse ? Math.min(one, other) : other
        fc.pre(isWorse || canary >= hypothesis.nullRatio * control)
        let mean = 0
        for (let a = 0; a <= controlVisitors; a++) {
          for (let b = 0; b <= canaryVisitors; b++) {
            const chance =
              binomial(controlVisitors, a, control) * binomial(canaryVisitors, b, canary)
            const counts: Counts = [controlVisitors, a, canaryVisitors, b]
            mean += chance * Math.exp(toLogE(evidenceOf(hypothesis, [counts])))
          }
        }
        expect(mean).toBeLessThanOrEqual(1 + 1e-9)
      }),
    )
  })

  it('does not depend on the order of the windows', () => {
    fc.assert(
      fc.property(anySequence, (windows) => {
        const forwards = evidenceOf(hypothesis, windows)
        const backwards = evidenceOf(hypothesis, windows.toReversed())
        for (const [i, log] of forwards.entries()) {
          const scale = Math.max(1, ...windows.map(([, a, , b]) => a + b))
          expect(Math.abs(log - (backwards[i] ?? Number.NaN))).toBeLessThan(scale * 1e-9)
        }
      }),
    )
  })
})

function binomial(n: number, k: number, p: number): number {
  let ways = 1
  for (let i = 1; i <= k; i++) ways = (ways * (n - k + i)) / i
  return ways * p ** k * (1 - p) ** (n - k)
}

it('takes as a margin any ratio above 0', () => {
  for (const margin of [0, -1, Number.NaN, Infinity]) {
    expect(() => withinMargin(margin)).toThrow(TypeError)
  }
})

it('knows counts from other numbers', () => {
  expect(isCounts([10, 0, 10, 10])).toBe(true)
  for (const counts of [
    [10, 11, 5, 0],
    [1, 0, 1],
    [1.5, 0, 1, 0],
    [-1, 0, 1, 0],
    [1, 0, Number.NaN, 0],
  ]) {
    expect(isCounts(counts)).toBe(false)
  }
})

it('averages in the logarithm without overflow', () => {
  expect(logMeanExp([0, 0])).toBe(0)
  expect(logMeanExp([1e6, 1e6])).toBe(1e6)
  expect(logMeanExp([-1e6, 1000])).toBeCloseTo(1000 - Math.log(2), 9)
})
