import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addVisitors,
  NO_SAMPLE,
  type SampleRatioState,
  type Stratum,
  toLogBayesFactor,
  toLogSampleRatio,
  toLogUneven,
} from '../../../src/core/judge/sample-ratio.ts'

const ALPHA = 0.001

function addAll(strata: readonly Stratum[], from: SampleRatioState = NO_SAMPLE): SampleRatioState {
  return strata.reduce((state, stratum) => addVisitors(state, stratum, ALPHA), from)
}

const stratum = (id: number, control: number, canary: number, share = 50): Stratum => ({
  id,
  shares: [100 - share, share],
  visitors: [control, canary],
})

describe('the Bayes factor of one stratum', () => {
  it.each([
    [[550, 450], [0.5, 0.5], 1, 1.328446],
    [[9400, 600], [0.95, 0.05], 100, 7.419085],
  ] as const)(
    'of %j visitors for shares %j has its reference value',
    (visitors, shares, c, expected) => {
      expect(toLogBayesFactor({ shares, visitors }, c)).toBeCloseTo(expected, 6)
    },
  )

  it('is the same in whatever unit the shares are', () => {
    const visitors = [940, 61]
    const inBuckets = toLogBayesFactor({ shares: [9500, 500], visitors })
    expect(inBuckets).toBeCloseTo(toLogBayesFactor({ shares: [0.95, 0.05], visitors }), 12)
  })

  it('is 1 without visitors, with one side, and with sides that have no share', () => {
    expect(toLogBayesFactor({ shares: [50, 50], visitors: [0, 0] })).toBe(0)
    expect(toLogBayesFactor({ shares: [0, 100], visitors: [3, 100_000] })).toBe(0)
    expect(toLogBayesFactor({ shares: [], visitors: [] })).toBe(0)
  })

  it('has a mean of 1 when visitors come as they should', () => {
    const share = fc.integer({ min: 1, max: 99 })
    fc.assert(
      fc.property(
        share,
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom(1, 100, 10_000),
        (p, n, c) => {
          let mean = 0
          let chance = (1 - p / 100) ** n
          for (let canary = 0; canary <= n; canary++) {
            const split = { shares: [100 - p, p], visitors: [n - canary, canary] }
            mean += chance * Math.exp(toLogBayesFactor(split, c))
            chance *= ((n - canary) / (canary + 1)) * (p / (100 - p))
          }
          expect(mean).toBeCloseTo(1, 9)
        },
      ),
    )
  })

  it('wants one count for each share', () => {
    expect(() => toLogBayesFactor({ shares: [1, 1], visitors: [1] })).toThrow(TypeError)
  })
})

describe('the sample ratio over weight changes', () => {
  it('adds the visitors of windows within a stratum', () => {
    const parts = addAll([stratum(1, 30, 40), stratum(1, 500, 460)])
    expect(parts).toEqual(addAll([stratum(1, 530, 500)]))
  })

  it('alarms when a side loses visitors, and the alarm stays', () => {
    expect(addAll([stratum(1, 10_100, 9_900)]).alarmed).toBe(false)
    const alarmed = addAll([stratum(1, 11_000, 9_000)])
    expect(alarmed.alarmed).toBe(true)
    expect(addAll([stratum(1, 0, 2_000)], alarmed).alarmed).toBe(true)
  })

  it('is a mean: of strata at places 1, 2, … with weights 1/2, 1/6, …, the rest counting as 1', () => {
    const state = addAll([stratum(1, 5000, 5300), stratum(2, 9000, 1200, 10)])
    const factors = state.strata.map((one) => Math.exp(toLogUneven(one)))
    const mean = (factors[0] ?? 0) / 2 + (factors[1] ?? 0) / 6 + 1 / 3
    expect(toLogSampleRatio(state)).toBeCloseTo(Math.log(mean), 12)
  })

  it('is the same whether strata have been put away or not', () => {
    const many = Array.from({ length: 9 }, (_, i) => stratum(i, 1000 + i, 1010 - i))
    const state = addAll(many)
    expect(state.strata).toHaveLength(4)
    const mean = many.reduce(
      (sum, one, i) => sum + Math.exp(toLogUneven(one)) / ((i + 1) * (i + 2)),
      1 / 10,
    )
    expect(toLogSampleRatio(state)).toBeCloseTo(Math.log(mean), 12)
    expect(addAll([stratum(2, 5, 5)], state)).toBe(state)
  })

  it('is finite and survives JSON whatever comes, and drops what is no count', () => {
    const count = fc.oneof(fc.nat(), fc.double(), fc.constant(Number.MAX_SAFE_INTEGER))
    const anyStratum = fc.record({
      id: fc.oneof(fc.nat({ max: 8 }), fc.double()),
      shares: fc.array(fc.oneof(fc.nat({ max: 100 }), fc.double()), { maxLength: 3 }),
      visitors: fc.array(count, { maxLength: 3 }),
    })
    fc.assert(
      fc.property(fc.array(anyStratum, { maxLength: 12 }), (strata) => {
        const state = addAll(strata)
        expect(Number.isFinite(toLogSampleRatio(state))).toBe(true)
        expect(JSON.stringify(JSON.parse(JSON.stringify(state)))).toBe(JSON.stringify(state))
      }),
    )
  })
})
