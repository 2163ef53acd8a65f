import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addToMetric, closeBlock, startMetric, toLogWorse } from '../../../src/core/judge/metric.ts'
import {
  MAX_GAIN_PER_BURST,
  MAX_JUDGED_ROUTES,
  type Metric,
  type SetCounts,
  toRow,
} from '../../../src/core/judge/sets.ts'
import { toDefaultMetric } from '../../../src/core/rollout/plan.ts'
import { AROUND, collect, onRoute, toSet } from './sets.ts'

const errors = toDefaultMetric({ name: 'errors' })
const asks: Metric = { ...toDefaultMetric({ name: 'asks' }), tolerance: 1 }
const latency = toDefaultMetric({ name: 'latency' })
const worse = (metric: Metric, ...blocks: readonly (readonly SetCounts[])[]) =>
  toLogWorse(metric, collect(metric, ...blocks), AROUND)

describe('routes', () => {
  it('one that is broken is found behind one that fails for most visitors on both sides', () => {
    const noise = onRoute('GET /noise', 2700, 900, { share: 0.25 })
    const broken = toSet(0, 10, { share: 0.25, route: 'POST /checkout' })
    expect(worse(errors, noise)).toBeLessThan(0)
    expect(worse(errors, [...noise, broken])).toBeGreaterThan(Math.log(100))
  })

  it('do not add up: that many are a little worse by chance is no evidence', () => {
    const alike = Array.from({ length: MAX_JUDGED_ROUTES }, (_, i) =>
      toSet(10, 14, { route: `GET /${i}` }),
    )
    const one = worse(errors, alike.slice(0, 1))
    expect(worse(errors, alike)).toBeLessThan(one + Math.log(MAX_JUDGED_ROUTES))
    expect(worse(errors, alike)).toBeLessThan(Math.log(2))
  })
})

describe('few independent clients', () => {
  const fails = (clients: number) => [
    toSet(0, clients, { visitors: [0, 1000 * clients], share: 0.01 }),
  ]

  it('are no evidence, however many visitors they are: five are needed', () => {
    expect(worse(errors, fails(4.9))).toBeLessThanOrEqual(0)
    expect(worse(errors, fails(5))).toBeGreaterThan(Math.log(100))
  })

  it('or three, where nine tenths of the visitors of the canary fail', () => {
    const state = collect(errors, [toSet(0, 3, { share: 0.01 })])
    const among = (canary: number) =>
      toLogWorse(errors, state, { ...AROUND, visitors: [300, canary] })
    expect(among(4)).toBeLessThanOrEqual(0)
    expect(among(3)).toBeGreaterThan(Math.log(100))
  })
})

describe('a hiccup', () => {
  /** All of it in a block and the one after it. */
  const burst = (size: number, atRisk: number, metric = errors, isFirst = false) => {
    const places = toRow(metric).edges?.length ?? 1
    const counts = Array.from({ length: places }, (_, edge) =>
      toSet(0, size, { metric: metric.name, edge, share: 0.25 }),
    )
    let state = addToMetric(metric, startMetric(metric), counts)
    state = closeBlock(metric, state, { atRisk, isFirst })
    state = addToMetric(metric, state, counts)
    return toLogWorse(metric, state, { ...AROUND, block: { atRisk, isFirst: false } })
  }

  it('adds no more in two blocks than is bounded, whatever its size', () => {
    for (const size of [20, 100, 10_000]) {
      expect(burst(size, 1e9)).toBeLessThanOrEqual(MAX_GAIN_PER_BURST)
    }
  })

  it('is none where at least half of the visitors meet it', () => {
    expect(burst(20, 30)).toBeGreaterThan(Math.log(100))
  })

  it('is bounded where it slows them, however many: a hiccup slows all', () => {
    expect(burst(20, 30, latency)).toBeLessThanOrEqual(MAX_GAIN_PER_BURST)
    expect(burst(20, 30, latency, true)).toBeLessThanOrEqual(MAX_GAIN_PER_BURST)
  })

  it('is not told from a bad release in the first half minute of a release', () => {
    expect(burst(20, 1e9, errors, true)).toBeGreaterThan(Math.log(100))
  })

  it('that never ends is evidence in its third block', () => {
    const counts = [toSet(0, 100, { share: 0.25 })]
    let state = startMetric(errors)
    for (let block = 0; block < 3; block++) {
      const block = { atRisk: 1e9, isFirst: false }
      state = closeBlock(errors, addToMetric(errors, state, counts), block)
    }
    expect(toLogWorse(errors, state, AROUND)).toBeGreaterThan(Math.log(100))
  })

  it('on the base is not bounded: it speaks for the canary', () => {
    const state = addToMetric(errors, startMetric(errors), [toSet(1000, 0)])
    expect(toLogWorse(errors, state, AROUND)).toBeLessThan(0)
    const [set] = closeBlock(errors, state, { atRisk: 10, isFirst: false }).sets
    expect(Math.max(...(set?.worse ?? []))).toBeLessThan(-50)
  })
})

describe('just after a step', () => {
  const warmUp = true
  const started = (base: number, canary: number, atRisk: number) => {
    const state = addToMetric(errors, startMetric(errors), [
      toSet(base, canary, { warmUp, share: 0.05 }),
    ])
    return toLogWorse(errors, state, { ...AROUND, block: { atRisk, isFirst: false } })
  }

  it('only a canary that is several times as bad is taken back', () => {
    expect(started(1000, 200, 300)).toBeLessThan(0)
    expect(started(1000, 2000, 3000)).toBeGreaterThan(Math.log(100))
    expect(worse(errors, [toSet(1000, 200, { share: 0.05 })])).toBeGreaterThan(Math.log(100))
  })

  it('and only where at least half of its visitors meet it: a few refused connections are none', () => {
    expect(started(0, 40, 81)).toBeLessThanOrEqual(0)
    expect(started(0, 40, 80)).toBeGreaterThan(Math.log(100))
  })
})

describe('an alarm of the sample ratio', () => {
  it('lets the share of those who were there take the place of that of the buckets', () => {
    const state = collect(errors, [toSet(100, 200)])
    const present = [{ share: 0.5, base: 1000, canary: 2000 }]
    const around = { ...AROUND, present }
    expect(toLogWorse(errors, state, around)).toBeGreaterThan(Math.log(100))
    expect(toLogWorse(errors, state, { ...around, isUneven: true })).toBeLessThan(0)
  })

  it('never makes a canary look worse', () => {
    const count = fc.nat({ max: 3000 })
    const anySet = fc.tuple(count, count).map(([base, canary]) => toSet(base, canary))
    fc.assert(
      fc.property(fc.array(anySet, { maxLength: 5 }), count, count, (sets, base, canary) => {
        const state = collect(errors, sets)
        const around = { ...AROUND, present: [{ share: 0.5, base, canary }] }
        const even = toLogWorse(errors, state, around)
        const uneven = toLogWorse(errors, state, { ...around, isUneven: true })
        expect(uneven).toBeLessThanOrEqual(even + 1e-9)
      }),
    )
  })
})

it('where fewer are bad, a canary whose visitors do less is worse', () => {
  const metric = 'asks'
  expect(worse(asks, [toSet(300, 20, { metric })])).toBeGreaterThan(Math.log(100))
  expect(worse(asks, [toSet(20, 300, { metric })])).toBeLessThan(0)
})

it('over edges it is the mean of their evidence, never the largest', () => {
  const metric = 'latency'
  const one = toLogWorse(
    { ...latency, tolerance: 1 },
    // Little by little: what is slow in one block is bounded as a hiccup.
    collect(latency, ...Array.from({ length: 10 }, () => [toSet(1, 6, { metric, edge: 4 })])),
    AROUND,
  )
  const same = toLogWorse(errors, collect(errors, [toSet(10, 60)]), AROUND)
  expect(one).toBeCloseTo(same - Math.log(8), 1)
})

it('does not depend on the order of the windows within a block', () => {
  const count = fc.nat({ max: 3000 })
  const anySet = fc
    .tuple(count, count, fc.constantFrom('', 'GET /a', '*'), fc.boolean())
    .map(([base, canary, route, warmUp]) => toSet(base, canary, { route, warmUp }))
  fc.assert(
    fc.property(fc.array(anySet, { maxLength: 8 }), (sets) => {
      const forwards = worse(errors, sets)
      const backwards = worse(errors, sets.toReversed())
      expect(Math.abs(forwards - backwards)).toBeLessThan(1e-6 * Math.max(1, Math.abs(forwards)))
    }),
  )
})
