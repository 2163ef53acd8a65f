// Whatever comes in whatever order: what must hold of every rollout, and that it can be replayed.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SetCounts } from '../../../src/core/judge/sets.ts'
import type { RolloutEvent, Window } from '../../../src/core/rollout/events.ts'
import { DEFAULTS, type Plan, PRESETS } from '../../../src/core/rollout/plan.ts'
import { isRunning, newRollout } from '../../../src/core/rollout/state.ts'
import { step } from '../../../src/core/rollout/step.ts'
import { anyTally } from '../judge/any-tallies.ts'
import { toSet } from '../judge/sets.ts'
import { makePlan, replay, STARTED_MS, timed } from './drive.ts'

const anyPlan: fc.Arbitrary<Plan> = fc.constantFrom<Plan[]>(
  makePlan(),
  makePlan({ steps: [timed(10, 0, { gate: 'evidence', maxMs: 600_000, atMax: 'rollBack' })] }),
  makePlan({ steps: [timed(0, 0, { gate: 'manual' }), timed(40, 1)], withoutData: 'rollBack' }),
  makePlan({ combine: 'split', metrics: DEFAULTS.metrics, minVisitors: 1 }),
  PRESETS.careful,
  PRESETS['blue-green'],
  PRESETS.instant,
)

const count = fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 3000 }))
const anySet: fc.Arbitrary<SetCounts> = fc
  .record({
    base: count,
    canary: count,
    metric: fc.constantFrom('errors', 'errors', 'latency', 'asks', 'constructor'),
    edge: fc.nat({ max: 8 }),
    route: fc.constantFrom('', '', 'GET /a', '*', '__proto__'),
    share: fc.constantFrom(0, 0.05, 0.5, 1),
    warmUp: fc.boolean(),
    codes: fc.dictionary(fc.constantFrom('503', '__proto__', 'constructor'), count),
  })
  .map(({ base, canary, edge, metric, ...more }) =>
    toSet(base, canary, { ...more, metric, edge: metric === 'latency' ? Math.min(edge, 7) : 0 }),
  )
const anyWindow: fc.Arbitrary<Window> = fc.record({
  id: fc.oneof(fc.nat({ max: 60 }), fc.constantFrom(-1, 0.5, Number.NaN)),
  generation: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, fc.nat({ max: 3 })),
  sets: fc.array(anySet, { maxLength: 4 }),
  visitors: fc.tuple(count, count),
  present: fc.array(anyTally(3000), { maxLength: 2 }),
  crowd: fc.double({ min: 0, max: 1, noNaN: true }),
  assigned: fc.array(
    fc.record({
      id: fc.nat({ max: 4 }),
      shares: fc.constant([50, 50]),
      visitors: fc.tuple(fc.nat({ max: 900 }), fc.nat({ max: 900 })),
    }),
    { maxLength: 2 },
  ),
})

const by = fc.constant('ada')
const now = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: STARTED_MS, max: STARTED_MS + 3_600_000 }) },
  fc.constantFrom(0, Number.NaN, 1e15, -1e15),
)
const tick = fc.record({
  kind: fc.constant('tick' as const),
  now,
  windows: fc.array(anyWindow, { maxLength: 4 }),
})
const anyEvent: fc.Arbitrary<RolloutEvent> = fc.oneof(
  { weight: 12, arbitrary: tick },
  fc.record({ kind: fc.constantFrom('start', 'pause', 'resume', 'advance'), now, by }),
  fc.record({
    kind: fc.constant('versionPushed' as const),
    side: fc.constantFrom('control', 'canary'),
    version: fc.constant('0.0.9'),
    now,
    by,
  }),
  fc.record({
    kind: fc.constant('trafficChanged' as const),
    weight: fc.constantFrom(0, 5, 50, 100, Number.NaN),
    now,
    by,
  }),
)
const anyEvents = fc
  .array(anyEvent, { maxLength: 40 })
  .map((events): RolloutEvent[] => [{ kind: 'start', now: STARTED_MS, by: 'ada' }, ...events])

describe('whatever happens', () => {
  it('a release is completed by itself only through a gate that had what it asks for', () => {
    fc.assert(
      fc.property(anyPlan, anyEvents, (plan, events) => {
        for (const row of replay(plan, events).audit) {
          const passed = row.event === 'tick' && row.from !== row.to && row.to !== 'rolled back'
          if (!passed) continue
          expect(row.verdict.outcome).not.toBe('rollback')
          expect(row.sampleRatio.alarmed).toBe(false)
          expect(Math.min(...row.data.visitors)).toBeGreaterThanOrEqual(plan.minVisitors)
          const at = plan.steps.findIndex((_, i) => row.from.startsWith(`step ${i + 1} of`))
          expect(row.elapsedMs).toBeGreaterThanOrEqual((plan.steps[at] ?? plan.bake).minMs)
          expect(plan.steps[at]?.gate).not.toBe('manual')
          if (plan.steps[at]?.gate === 'evidence') expect(row.verdict.outcome).toBe('promote')
        }
      }),
      { numRuns: 500 },
    )
  })

  it('weights are percentages, every number is finite, and the state survives JSON', () => {
    fc.assert(
      fc.property(anyPlan, anyEvents, (plan, events) => {
        let state = newRollout(plan)
        for (const event of events) {
          state = step(state, event).state
          expect(state.weight).toBeGreaterThanOrEqual(0)
          expect(state.weight).toBeLessThanOrEqual(100)
          const text = JSON.stringify(state, (_, value) =>
            typeof value === 'number' && !Number.isFinite(value) ? 'not finite' : value,
          )
          expect(text).not.toContain('not finite')
          expect(JSON.parse(text)).toEqual(state)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('nothing is ever stuck: steps by hand lead to the end, an abort ends at once', () => {
    fc.assert(
      fc.property(anyPlan, anyEvents, (plan, events) => {
        let { state } = replay(plan, events)
        if (isRunning(state.phase)) {
          const aborted = step(state, { kind: 'abort', by: 'ada', now: 0 })
          expect(aborted.state.phase.name).toBe('rolledBack')
        }
        for (let i = 0; i <= plan.steps.length; i++) {
          state = step(state, { kind: 'advance', by: 'ada', now: 0 }).state
        }
        expect(isRunning(state.phase)).toBe(false)
      }),
      { numRuns: 200 },
    )
  })

  it('an alarm that comes twice with the same windows adds nothing the second time', () => {
    fc.assert(
      fc.property(anyPlan, anyEvents, tick, (plan, events, last) => {
        const first = step(replay(plan, events).state, last).state
        const second = step(first, last).state
        expect(second.metrics).toEqual(first.metrics)
        expect(second.sampleRatio).toEqual(first.sampleRatio)
        expect(second.lastWindow).toBe(first.lastWindow)
      }),
      { numRuns: 300 },
    )
  })
})

it('a rollout replays bit for bit from its stored events, also when each state was stored as JSON', () => {
  fc.assert(
    fc.property(anyPlan, anyEvents, (plan, events) => {
      const lived = { state: newRollout(plan), actions: [] as unknown[], audit: [] as unknown[] }
      for (const event of events) {
        const moved = step(JSON.parse(JSON.stringify(lived.state)), event)
        lived.state = moved.state
        lived.actions.push(...moved.actions)
        lived.audit.push(...moved.audit)
      }
      const stored: RolloutEvent[] = JSON.parse(JSON.stringify(events))
      expect(JSON.stringify(replay(plan, stored))).toBe(JSON.stringify(lived))
    }),
    { numRuns: 300 },
  )
})
