import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type MetricState, startMetric } from '../../../src/core/judge/metric.ts'
import type { Metric, SetCounts, Surroundings } from '../../../src/core/judge/sets.ts'
import { decideOutcome, judge, type Question } from '../../../src/core/judge/verdict.ts'
import { toChanceText, toRangeText } from '../../../src/core/judge/words.ts'
import { AROUND, collect, onRoute, toSet } from './sets.ts'

const errors: Metric = {
  name: 'errors',
  weight: 1,
  tolerance: 1,
  margin: { ratio: 1.5, edge: null, floor: null },
}
const forbidden: Metric = { ...errors, name: 'forbidden' }
const latency: Metric = { ...errors, name: 'latency', margin: null }
const ask = (metrics: readonly Metric[], combine: Question['combine'] = 'average'): Question => ({
  metrics,
  alpha: 0.01,
  combine,
})
const see = (metrics: readonly MetricState[], around: Partial<Surroundings> = {}) => ({
  metrics,
  around: { ...AROUND, ...around },
})

const BAD = onRoute('POST /checkout', 10, 60, { codes: { 503: 58, origin_timeout: 2 } })
const DIM = onRoute('POST /checkout', 10, 20)
const GOOD = [toSet(600, 600)]
const goods = Array.from({ length: 5 }, () => GOOD)

describe('one metric', () => {
  it('takes a release back and says the route and the status first', () => {
    const around = { visitors: [190, 60] as const }
    const { outcome, reason, findings } = judge(ask([errors]), see([collect(errors, BAD)], around))
    expect(outcome).toBe('rollback')
    expect(reason).toMatch(
      /^60 of 60 visitors of the new version got 503 from POST \/checkout, 10 of 190 of the old one\. By chance alone: less than 1 in [\d,]+$/,
    )
    expect(findings[0]?.worst).toMatchObject({
      route: 'POST /checkout',
      clients: [10, 60],
      codes: { 503: 58 },
    })
    expect(findings[0]?.worst?.ratio.low).toBeGreaterThanOrEqual(1)
  })

  it('promotes on evidence of its margin, and continues without', () => {
    const promoted = judge(ask([errors]), see([collect(errors, ...goods)]))
    expect(promoted.outcome).toBe('promote')
    expect(judge(ask([errors]), see([startMetric(errors)])).outcome).toBe('continue')
    expect(judge(ask([errors]), see([collect(errors, DIM)])).outcome).toBe('continue')
  })

  it('promotes a canary that is shown to fail for few, where nobody fails on either side', () => {
    const withFloor = { ...errors, margin: { ratio: 1.5, edge: null, floor: 0.002 } }
    const verdictOf = (metric: Metric, visitors: readonly [number, number], failed: number) => {
      const state = failed > 0 ? collect(metric, [toSet(180, failed)]) : startMetric(metric)
      return judge(ask([metric]), see([state], { visitors }))
    }
    expect(verdictOf(errors, [90_000, 4000], 0).outcome).toBe('continue')
    expect(verdictOf(withFloor, [90_000, 2000], 0).outcome).toBe('continue')
    const { outcome, reason } = verdictOf(withFloor, [90_000, 4000], 0)
    expect(outcome).toBe('promote')
    expect(reason).toContain('none of 4,000 visitors of the new version met a failure')
    expect(reason).toContain('or fewer than 2 in 1,000')
    expect(verdictOf(withFloor, [90_000, 4000], 8).outcome).toBe('continue')
  })

  it('counts visitors for the floor, and not how often they come', () => {
    // 1 % of 600 visitors failed. That they stay and come in each window makes them no more.
    const withFloor = { ...errors, margin: { ratio: 1.5, edge: null, floor: 0.002 } }
    const state = collect(withFloor, [toSet(0, 6)])
    const around = {
      visitors: [600, 600] as const,
      present: [{ share: 0.5, base: 9e6, canary: 9e6 }],
    }
    expect(judge(ask([withFloor]), see([state], around)).outcome).not.toBe('promote')
  })

  it('never promotes when no metric has a margin', () => {
    const guard = { ...errors, margin: null }
    expect(judge(ask([guard]), see([collect(guard, ...goods)])).outcome).toBe('continue')
  })

  it('agrees with the range that it shows', () => {
    const anySet = fc
      .tuple(fc.nat({ max: 3000 }), fc.nat({ max: 3000 }))
      .map(([base, canary]): readonly SetCounts[] => [toSet(base, canary)])
    fc.assert(
      fc.property(fc.array(anySet, { maxLength: 5 }), (blocks) => {
        const { outcome, findings } = judge(ask([errors]), see([collect(errors, ...blocks)]))
        const { low, high } = findings[0]?.worst?.ratio ?? { low: 0, high: null }
        // The range is one of a grid and may be a step too wide.
        if (outcome === 'rollback') expect(low).toBeGreaterThanOrEqual(0.9)
        if (outcome === 'promote') expect(high ?? Infinity).toBeLessThanOrEqual(1.5 * 1.11)
      }),
      { numRuns: 300 },
    )
  })
})

describe('several metrics', () => {
  /** Nine tenths of the evidence that one metric has by itself. */
  const state = collect(errors, DIM, DIM)
  const alpha = 1 / (0.9 * Math.exp(judge(ask([errors]), see([state])).logWorse))

  it('are averaged: what suffices for one alone does not suffice beside a silent one', () => {
    expect(decideOutcome({ ...ask([errors]), alpha }, see([state]))).toBe('rollback')
    const both = { ...ask([errors, forbidden]), alpha }
    expect(decideOutcome(both, see([state, startMetric(forbidden)]))).toBe('continue')
  })

  it('are heard by their weight', () => {
    const question = { ...ask([{ ...errors, weight: 99 }, forbidden]), alpha }
    expect(decideOutcome(question, see([state, startMetric(forbidden)]))).toBe('rollback')
  })

  it('take back by the mean whatever they take back by a split of alpha', () => {
    const count = fc.nat({ max: 500 })
    fc.assert(
      fc.property(count, count, count, count, (a, b, c, d) => {
        const one = collect(errors, [toSet(a, b)])
        const other = collect(forbidden, [toSet(c, d, { metric: 'forbidden' })])
        const observed = see([one, other])
        const bySplit = decideOutcome(ask([errors, forbidden], 'split'), observed)
        if (bySplit !== 'rollback') return
        expect(decideOutcome(ask([errors, forbidden]), observed)).toBe('rollback')
      }),
    )
  })

  it('promote only when each of them has its evidence: a good one buys a bad one nothing', () => {
    const good = collect(errors, ...goods)
    const question = ask([errors, forbidden])
    expect(decideOutcome(question, see([good, startMetric(forbidden)]))).toBe('continue')
    const alike = Array.from({ length: 5 }, () => [toSet(600, 600, { metric: 'forbidden' })])
    const both = see([good, collect(forbidden, ...alike)])
    expect(decideOutcome(question, both)).toBe('promote')
  })
})

describe('a metric with edges', () => {
  const metric = 'latency'

  it('names the edge with the most evidence', () => {
    // Little by little: what is slow in one block is bounded as a hiccup.
    const slow = collect(
      latency,
      ...Array.from({ length: 10 }, () => [
        toSet(1, 9, { metric, edge: 4, route: 'GET /list' }),
        toSet(1, 9, { metric, edge: 4 }),
      ]),
    )
    const { outcome, findings, reason } = judge(ask([latency]), see([slow]))
    expect(outcome).toBe('rollback')
    expect(findings[0]?.worst?.edge).toBe(500)
    expect(reason).toContain('waited longer than 500 ms from GET /list')
  })

  it('asks for its margin at one edge that was named before, however good the others are', () => {
    const guarded: Metric = { ...latency, margin: { ratio: 1.5, edge: 1000, floor: null } }
    const at = (edge: number) =>
      collect(guarded, ...Array.from({ length: 5 }, () => [toSet(600, 600, { metric, edge })]))
    expect(judge(ask([guarded]), see([at(0)])).outcome).toBe('continue')
    expect(judge(ask([guarded]), see([at(5)])).outcome).toBe('promote')
  })
})

describe('what the judge cannot see', () => {
  const kinds = (state: MetricState, around: Partial<Surroundings> = {}) =>
    judge(ask([errors]), see([state], around)).blind.map(({ kind }) => kind)
  const nothing = startMetric(errors)

  it('is said with its reason: an uneven sample, one address, one side alone, too few clients', () => {
    expect(kinds(nothing)).toEqual([])
    expect(kinds(nothing, { isUneven: true })).toEqual(['sampleRatio'])
    expect(kinds(nothing, { crowd: 0.9 })).toEqual(['crowd'])
    const present = [{ share: 0.1, base: 30, canary: 0 }]
    expect(kinds(nothing, { visitors: [30, 0], present })).toEqual(['oneSide'])
    const few = collect(errors, [toSet(0, 4, { share: 0.01 })])
    expect(kinds(few)).toEqual(['clients'])
  })
})

it('says ranges and chances in words', () => {
  expect(toRangeText({ low: 1.234, high: 4.5 })).toBe('between 1.2 and 4.5 times')
  expect(toRangeText({ low: 2, high: null })).toBe('at least 2 times')
  expect(toRangeText({ low: 0, high: 1.5 })).toBe('at most 1.5 times')
  expect(toChanceText(Math.log(12_345))).toBe('less than 1 in 10,000')
  expect(toChanceText(Math.log(147.5))).toBe('less than 1 in 140')
  expect(toChanceText(1e6)).toBe('less than 1 in 1,000,000')
  expect(toChanceText(0)).toBe('well possible')
})
