import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Counts } from '../../../src/core/judge/counts.ts'
import {
  addToMetric,
  LATENCY_EDGES_MS,
  type Metric,
  readWindow,
  startMetric,
} from '../../../src/core/judge/metric.ts'
import {
  decideOutcome,
  judge,
  type Question,
  toRangeText,
} from '../../../src/core/judge/verdict.ts'
import { anyCounts } from './any-counts.ts'

const errors: Metric = {
  name: 'errors',
  edges: null,
  weight: 1,
  margin: { ratio: 1.5, edge: null, floor: null },
  required: true,
}
const signUps: Metric = { ...errors, name: 'signUps' }
const latency: Metric = { ...errors, name: 'latency', edges: LATENCY_EDGES_MS, margin: null }
const ask = (metrics: readonly Metric[], combine: Question['combine'] = 'average'): Question => ({
  metrics,
  alpha: 0.01,
  combine,
})
const collect = (metric: Metric, ...windows: (readonly Counts[])[]) =>
  windows.reduce((state, counts) => addToMetric(metric, state, counts), startMetric(metric))

const BAD: Counts = [1000, 10, 1000, 60]
const DIM: Counts = [1000, 10, 1000, 20]
const GOOD: Counts = [20_000, 600, 20_000, 600]

describe('one metric', () => {
  it('takes a release back with the numbers that decided, in words', () => {
    const { outcome, reason, findings } = judge(ask([errors]), [collect(errors, [BAD])])
    expect(outcome).toBe('rollback')
    expect(reason).toContain('errors: 60 in 1000 visits of the canary, 10 in 1000 of the base')
    expect(reason).toContain('100 decides')
    expect(findings[0]?.ratio.low).toBeGreaterThanOrEqual(1)
  })

  it('promotes on evidence of its margin, and continues without', () => {
    const promoted = judge(ask([errors]), [collect(errors, [GOOD])])
    expect(promoted.outcome).toBe('promote')
    expect(promoted.findings[0]?.ratio.high).toBeLessThanOrEqual(1.5)
    expect(judge(ask([errors]), [startMetric(errors)]).outcome).toBe('continue')
    expect(judge(ask([errors]), [collect(errors, [DIM])]).outcome).toBe('continue')
  })

  it('promotes a canary that is shown to fail for few, where nobody fails on either side', () => {
    const withFloor = { ...errors, margin: { ratio: 1.5, edge: null, floor: 0.002 } }
    const verdictOf = (canary: Counts) => judge(ask([withFloor]), [collect(withFloor, [canary])])
    expect(judge(ask([errors]), [collect(errors, [[90_000, 0, 4000, 0]])]).outcome).toBe('continue')
    expect(verdictOf([90_000, 0, 2000, 0]).outcome).toBe('continue')
    const { outcome, reason, findings } = verdictOf([90_000, 0, 4000, 0])
    expect(outcome).toBe('promote')
    expect(reason).toContain("errors at most 1.5 times the base's, or below 0.2 % of visits")
    // It is no evidence of a ratio, and none is shown.
    expect(findings[0]?.ratio.high).toBeNull()
    expect(verdictOf([90_000, 180, 4000, 8]).outcome).toBe('continue')
    expect(verdictOf([0, 0, 90_000, 0]).outcome).toBe('continue')
  })

  it('never promotes when no metric has a margin', () => {
    const guard = { ...errors, margin: null }
    const { outcome, reason } = judge(ask([guard]), [collect(guard, [GOOD])])
    expect(outcome).toBe('continue')
    expect(reason).toContain('no metric asks for evidence')
  })

  it('agrees with the range that it shows', () => {
    fc.assert(
      fc.property(fc.array(anyCounts(3000), { maxLength: 5 }), (windows) => {
        const { outcome, findings } = judge(ask([errors]), [
          collect(errors, ...windows.map((counts) => [counts])),
        ])
        const { low, high } = findings[0]?.ratio ?? { low: 0, high: null }
        if (outcome === 'rollback') expect(low).toBeGreaterThanOrEqual(1)
        if (outcome === 'promote') expect(high ?? Infinity).toBeLessThanOrEqual(1.5)
      }),
      { numRuns: 300 },
    )
  })
})

describe('several metrics', () => {
  /** Nine tenths of the evidence that one metric has by itself. */
  const state = collect(errors, [DIM], [DIM])
  const alpha = 1 / (0.9 * Math.exp(judge(ask([errors]), [state]).logWorse))

  it('are averaged: what suffices for one alone does not suffice beside a silent one', () => {
    expect(decideOutcome({ ...ask([errors]), alpha }, [state])).toBe('rollback')
    const both = { ...ask([errors, signUps]), alpha }
    expect(decideOutcome(both, [state, startMetric(signUps)])).toBe('continue')
  })

  it('are heard by their weight', () => {
    const question = { ...ask([{ ...errors, weight: 9 }, signUps]), alpha }
    expect(decideOutcome(question, [state, startMetric(signUps)])).toBe('rollback')
  })

  it('take back by the mean whatever they take back by a split of alpha', () => {
    fc.assert(
      fc.property(anyCounts(500), anyCounts(500), (one, other) => {
        const states = [collect(errors, [one]), collect(signUps, [other])]
        const bySplit = decideOutcome(ask([errors, signUps], 'split'), states)
        if (bySplit !== 'rollback') return
        expect(decideOutcome(ask([errors, signUps]), states)).toBe('rollback')
      }),
      { numRuns: 500 },
    )
  })

  it('promote only when each of them has its evidence: a good one buys a bad one nothing', () => {
    const good = collect(errors, [GOOD], [GOOD])
    const question = ask([errors, signUps])
    expect(decideOutcome(question, [good, startMetric(signUps)])).toBe('continue')
    expect(decideOutcome(question, [good, collect(signUps, [GOOD])])).toBe('promote')
  })
})

describe('a metric with edges', () => {
  const none: Counts = [1000, 0, 1000, 0]
  const window = LATENCY_EDGES_MS.map((edge) => (edge === 500 ? BAD : none))

  it('averages over its edges and names the one with the most evidence', () => {
    const { outcome, findings, reason } = judge(ask([latency]), [collect(latency, window)])
    expect(outcome).toBe('rollback')
    expect(findings[0]?.edge).toBe(500)
    expect(reason).toContain('latency above 500')
    const alone = judge(ask([errors]), [collect(errors, [BAD])]).logWorse
    const others = Math.log((Math.exp(alone) + 7) / 8)
    expect(findings[0]?.logWorse).toBeCloseTo(others, 9)
  })

  it('asks for its margin at one edge that was named before, however good the others are', () => {
    const guarded: Metric = { ...latency, margin: { ratio: 1.5, edge: 1000, floor: null } }
    const at = (edge: number) => LATENCY_EDGES_MS.map((one) => (one === edge ? GOOD : none))
    expect(judge(ask([guarded]), [collect(guarded, at(50))]).outcome).toBe('continue')
    expect(judge(ask([guarded]), [collect(guarded, at(1000))]).outcome).toBe('promote')
  })
})

it('refuses windows that are no counts, in words', () => {
  expect(readWindow(errors, { error: 'timed out' })).toBe('timed out')
  expect(readWindow(errors, [[1, 2, 3, 4]])).toContain('no counts')
  expect(readWindow(latency, [BAD])).toContain('8 edges')
  expect(readWindow(errors, [BAD])).toEqual([BAD])
})

it('says ranges in words', () => {
  expect(toRangeText({ low: 1.234, high: 4.5 })).toBe('between 1.23 and 4.5')
  expect(toRangeText({ low: 2, high: null })).toBe('at least 2')
  expect(toRangeText({ low: 0, high: 1.5 })).toBe('at most 1.5')
})
