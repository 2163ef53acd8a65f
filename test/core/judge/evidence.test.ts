import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addTally,
  type Hypothesis,
  MORE,
  noEvidence,
  type Tally,
  toEvidence,
  toGain,
  toLogE,
  toLogMean,
  toWithin,
  toWorse,
} from '../../../src/core/judge/evidence.ts'
import { logMeanExp } from '../../../src/core/judge/logarithms.ts'
import { anySequence, anyTally } from './any-tallies.ts'

/** The alternatives of which the reference values are known. */
const OF_REFERENCES: Hypothesis = {
  nullRatio: 1,
  alternatives: [1.1, 1.25, 1.5, 2, 3, 5, 10, 20],
}

/** Of n visitors on each side, k failed: the share is that of those who were there. */
const toTally = (n0: number, k0: number, n1: number, k1: number): Tally => ({
  share: n1 / (n0 + n1),
  base: k0,
  canary: k1,
})

describe('the evidence that a canary is worse', () => {
  it.each<[readonly Tally[], number]>([
    [[toTally(1000, 10, 1000, 20)], 0.7765178515],
    [[toTally(950, 10, 50, 5)], 4.6153276657],
    [
      [toTally(1000, 10, 1000, 20), toTally(900, 8, 100, 3), toTally(500, 50, 500, 55)],
      0.0400937824,
    ],
  ])('has its reference value for %j', (tallies, expected) => {
    expect(toLogE(OF_REFERENCES, toEvidence(OF_REFERENCES, tallies))).toBeCloseTo(expected, 9)
  })

  it('begins with 1, and a tally of nobody or of a side without buckets says nothing', () => {
    const worse = toWorse('more', 1)
    expect(toLogE(worse, noEvidence(worse))).toBe(0)
    for (const tally of [
      { share: 0, base: 5, canary: 5 },
      { share: 1, base: 0, canary: 50 },
      { share: 0.5, base: 0, canary: 0 },
    ]) {
      expect(toGain(worse, tally).map((log) => log + 0)).toEqual(MORE.map(() => 0))
    }
  })

  it('grows with every visitor of the canary who fails and shrinks with every one of the base', () => {
    const logE = (base: number, canary: number) =>
      toLogE(toWorse('more', 1), toGain(toWorse('more', 1), { share: 0.5, base, canary }))
    for (let k = 0; k < 50; k++) {
      expect(logE(10, k + 1)).toBeGreaterThan(logE(10, k))
      expect(logE(k + 1, 10)).toBeLessThan(logE(k, 10))
    }
  })

  it('needs a canary as bad as the tolerance times the base', () => {
    const twice = { share: 0.5, base: 100, canary: 200 }
    expect(toLogE(toWorse('more', 1), toGain(toWorse('more', 1), twice))).toBeGreaterThan(10)
    expect(toLogE(toWorse('more', 2), toGain(toWorse('more', 2), twice))).toBeLessThan(0)
  })
})

it('where fewer are bad, fewer on the canary speak against it and more do not', () => {
  const worse = toWorse('fewer', 1)
  expect(toLogE(worse, toGain(worse, { share: 0.5, base: 60, canary: 10 }))).toBeGreaterThan(10)
  expect(toLogE(worse, toGain(worse, { share: 0.5, base: 10, canary: 60 }))).toBeLessThan(0)
})

describe.each<[string, Hypothesis, 'atMost' | 'atLeast']>([
  ['worse than the base', toWorse('more', 1), 'atMost'],
  ['worse than the base with a tolerance of 1.5', toWorse('more', 1.5), 'atMost'],
  ['fewer than on the base', toWorse('fewer', 1), 'atLeast'],
  ['within a margin of 1.5', toWithin('more', 1.5), 'atLeast'],
  ['within a margin of 3', toWithin('more', 3), 'atLeast'],
  ['within a margin of 1.5, where fewer are bad', toWithin('fewer', 1.5), 'atMost'],
])('evidence of any hypothesis: %s', (_, hypothesis, side) => {
  it('is a finite number for whatever visitors, few or absurdly many, and survives JSON', () => {
    fc.assert(
      fc.property(anySequence, (tallies) => {
        const evidence = toEvidence(hypothesis, tallies)
        expect(evidence.every(Number.isFinite)).toBe(true)
        expect(Number.isFinite(toLogE(hypothesis, evidence))).toBe(true)
        expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence.map((log) => log + 0))
      }),
    )
  })

  it('has a mean of at most 1 over the sides of the next visitor, under every ratio that its null allows', () => {
    const share = fc.double({ min: 0.001, max: 0.999, noNaN: true })
    const factor = fc.double({ min: 0, max: 1, noNaN: true })
    const weight = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(share, factor, weight, (s, far, visitor) => {
        const ratio =
          side === 'atMost'
            ? hypothesis.nullRatio * far
            : hypothesis.nullRatio / Math.max(far, 1e-9)
        // Whoever meets it is on the canary with this chance.
        const chance = (s * ratio) / (s * ratio + 1 - s)
        const on = toGain(hypothesis, { share: s, base: 0, canary: visitor })
        const off = toGain(hypothesis, { share: s, base: visitor, canary: 0 })
        for (const [i, log] of on.entries()) {
          const mean = chance * Math.exp(log) + (1 - chance) * Math.exp(off[i] ?? 0)
          expect(mean).toBeLessThanOrEqual(1 + 1e-9)
        }
      }),
    )
  })

  it('does not depend on the order of the tallies, nor on how they are put together', () => {
    fc.assert(
      fc.property(anySequence, (tallies) => {
        const forwards = toEvidence(hypothesis, tallies)
        const backwards = toEvidence(hypothesis, tallies.toReversed())
        const together = toEvidence(hypothesis, tallies.reduce<readonly Tally[]>(addTally, []))
        const scale = Math.max(1, ...tallies.map(({ base, canary }) => base + canary)) * 1e-9
        for (const [i, log] of forwards.entries()) {
          expect(Math.abs(log - (backwards[i] ?? Number.NaN))).toBeLessThan(scale)
          expect(Math.abs(log - (together[i] ?? Number.NaN))).toBeLessThan(scale)
        }
      }),
    )
  })
})

it('keeps one tally for each share', () => {
  fc.assert(
    fc.property(fc.array(anyTally(50), { maxLength: 20 }), (tallies) => {
      const kept = tallies.reduce<readonly Tally[]>(addTally, [])
      expect(kept.map(({ share }) => share)).toEqual([
        ...new Set(tallies.map(({ share }) => share)),
      ])
    }),
  )
})

it('takes as a margin or a tolerance any ratio above 0', () => {
  for (const ratio of [0, -1, Number.NaN, Infinity]) {
    expect(() => toWithin('more', ratio)).toThrow(TypeError)
    expect(() => toWorse('more', ratio)).toThrow(TypeError)
  }
})

it('averages in the logarithm without overflow', () => {
  expect(logMeanExp([0, 0])).toBe(0)
  expect(logMeanExp([1e6, 1e6])).toBe(1e6)
  expect(logMeanExp([-1e6, 1000])).toBeCloseTo(1000 - Math.log(2), 9)
  const parts = [
    { log: 1000, weight: 0.75 },
    { log: 0, weight: 0.25 },
  ]
  expect(toLogMean(parts)).toBeCloseTo(1000 + Math.log(0.75), 9)
})
