import { describe, expect, it } from 'vitest'
import { MAX_SEGMENTS } from '../../../src/core/counting/segments.ts'
import { toFindingText } from '../../../src/core/judge/finding.ts'
import {
  addToMetric,
  closeBlock,
  type MetricState,
  startMetric,
  toLogWorse,
} from '../../../src/core/judge/metric.ts'
import {
  MIN_SEGMENT_VISITORS,
  type SegmentCounts,
  type Segments,
} from '../../../src/core/judge/segments.ts'
import { MAX_GAIN_PER_BURST, type SetCounts } from '../../../src/core/judge/sets.ts'
import { judge } from '../../../src/core/judge/verdict.ts'
import { toDefaultMetric } from '../../../src/core/rollout/plan.ts'
import { newRollout } from '../../../src/core/rollout/state.ts'
import { makePlan } from '../rollout/drive.ts'
import { AROUND, collect, toSet } from './sets.ts'

const ERRORS = toDefaultMetric({ name: 'errors' })
const ASKS = toDefaultMetric({ name: 'asks' })
const QUESTION = { metrics: [ERRORS], alpha: 0.01, combine: 'average' } as const

const SAFARI = 'browser:Safari'

function seen(base: number, canary: number, more: Partial<SegmentCounts> = {}): SegmentCounts {
  return { visitors: [base, canary], known: [base, canary], atRisk: canary, ...more }
}

const around = (segments: Segments) => ({ ...AROUND, visitors: [200, 60] as const, segments })

const share = 0.05
const ofSafari = (base: number, canary: number, more: Partial<SetCounts> = {}) =>
  toSet(base, canary, { share, segment: SAFARI, routes: {}, ...more })

/** Many fail on both sides alike, and everybody with Safari on the canary. */
function brokenOnSafari(canary = 9): MetricState {
  return collect(ERRORS, [
    toSet(200, 10 + canary, { share }),
    toSet(200, 10, { share, segment: 'browser:Chrome', routes: {} }),
    ofSafari(0, canary, {
      codes: { 503: canary },
      routes: { 'POST /api/checkout': canary - 1, 'GET /api/cart': 1 },
    }),
  ])
}

describe('a release that is broken for one browser', () => {
  const segments = { [SAFARI]: seen(40, 9), 'browser:Chrome': seen(400, 30) }

  it('is taken back, and the sentence says for which, what, where, and what of the others', () => {
    const verdict = judge(QUESTION, { metrics: [brokenOnSafari()], around: around(segments) })
    expect(verdict.outcome).toBe('rollback')
    expect(verdict.reason).toMatch(
      /^with Safari, 9 of 9 visitors of the new version got 503 from POST \/api\/checkout, none of 40 of the old one; other browsers show nothing odd\. By chance alone: less than 1 in /,
    )
    expect(verdict.findings[0]?.worst?.segment).toEqual({
      ...{ name: SAFARI, seen: [40, 9], route: 'POST /api/checkout', others: [] },
    })
  })

  it('is not found without segments', () => {
    const observed = {
      metrics: [brokenOnSafari()],
      around: { ...AROUND, visitors: [200, 60] as const },
    }
    const { outcome, findings } = judge(QUESTION, observed)
    expect(outcome).toBe('continue')
    expect(findings[0]?.worst?.segment).toBeUndefined()
  })

  it('names other browsers that look worse as well', () => {
    const state = collect(ERRORS, [
      toSet(200, 29, { share }),
      ofSafari(0, 9),
      ofSafari(0, 8, { segment: 'browser:Firefox' }),
    ])
    const all = { ...segments, 'browser:Firefox': seen(40, 9) }
    const { findings } = judge(QUESTION, { metrics: [state], around: around(all) })
    expect(toFindingText(findings[0])).toContain('; it looks worse with Firefox as well')
  })
})

describe('the floor', () => {
  it.each([
    ['base', [MIN_SEGMENT_VISITORS[0] - 1, 50], false],
    ['canary', [50, MIN_SEGMENT_VISITORS[1] - 1], false],
    ['neither side', MIN_SEGMENT_VISITORS, true],
  ] as const)('is not reached on %s', (_, [base, canary], isCounted) => {
    const segments = { [SAFARI]: seen(base, canary) }
    const log = toLogWorse(ERRORS, brokenOnSafari(), around(segments))
    const without = toLogWorse(ERRORS, brokenOnSafari(), around({}))
    expect(log > without + 1).toBe(isCounted)
  })

  it('is told where a segment looks worse and too few are known', () => {
    const segments = { [SAFARI]: seen(40, 9, { known: [12, 3] }) }
    const { blind } = judge(QUESTION, { metrics: [brokenOnSafari()], around: around(segments) })
    expect(blind.map(({ reason }) => reason)).toEqual([
      '"errors" looks worse with Safari, but too few of these visitors are known, 3 of the new version and 12 of the old one: 5 and 10 are needed',
    ])
  })
})

describe('the clients of a segment', () => {
  const one = (clients: number, visitors: readonly [number, number]) => {
    const state = collect(ERRORS, [ofSafari(0, 9, { weights: [0, clients] })])
    return toLogWorse(ERRORS, state, around({ [SAFARI]: seen(...visitors) }))
  }

  it('are three if all of its visitors fail, and five otherwise', () => {
    expect(one(2.9, [40, 9])).toBeCloseTo(0, 9)
    expect(one(3, [40, 9])).toBeGreaterThan(0.1)
    expect(one(4.9, [40, 20])).toBeCloseTo(0, 9)
    expect(one(5, [40, 20])).toBeGreaterThan(0.1)
  })
})

describe('a burst', () => {
  const gained = (atRisk: number) => {
    const state = addToMetric(ERRORS, startMetric(ERRORS), [ofSafari(0, 20, { share: 0.5 })])
    const block = { atRisk: 1000, isFirst: false }
    const closed = closeBlock(ERRORS, state, block, { [SAFARI]: seen(100, 100, { atRisk }) })
    const [set] = closed.sets
    return Math.max(...(set?.worse ?? []))
  }

  it('is bounded in a segment as well, unless at least half of its visitors meet it', () => {
    expect(gained(41)).toBe(MAX_GAIN_PER_BURST)
    expect(gained(40)).toBeGreaterThan(10)
  })
})

describe('the weights', () => {
  it('sum to 1: without a word of any set there is no evidence', () => {
    for (const metric of [ERRORS, ASKS]) {
      const state = collect(metric, [toSet(0, 0, { metric: metric.name })])
      expect(toLogWorse(metric, state, around({}))).toBeCloseTo(0, 9)
    }
  })

  it.each([ERRORS, ASKS])('of $name are 0.01 for each segment', (metric) => {
    const isMore = metric === ERRORS
    const { segment: name, ...counts } = isMore ? ofSafari(0, 400) : ofSafari(400, 0)
    const ofAll = { ...counts, metric: metric.name, share: 0.5 }
    // A block of time is bounded where fewer is bad, so there are many.
    const inBlocks = (set: SetCounts) => collect(metric, ...Array.from({ length: 20 }, () => [set]))
    const state = inBlocks({ ...ofAll, segment: name })
    const alone = inBlocks(ofAll)
    const [all, segment] = [
      toLogWorse(metric, alone, around({})),
      toLogWorse(metric, state, around({ [SAFARI]: seen(1000, 1000) })),
    ]
    expect(Math.exp(segment - all)).toBeCloseTo(0.15 / MAX_SEGMENTS / (isMore ? 0.65 : 0.85), 6)
  })

  it('of a rollout from before there were segments stay as they were', () => {
    const { segments: _, ...older } = makePlan()
    expect(newRollout(older)).not.toHaveProperty('segments')
    expect(newRollout(makePlan())).toHaveProperty('segments', {})
    const state = collect(ERRORS, [toSet(0, 400)])
    const before = toLogWorse(ERRORS, state, AROUND)
    expect(before - toLogWorse(ERRORS, state, around({}))).toBeCloseTo(Math.log(0.6875 / 0.65), 6)
  })
})
