// What the page computes of a rollout by itself: the course of the evidence, the forecast, and the track.

import { describe, expect, it } from 'vitest'
import type { RolloutEvent, Window } from '../../src/core/rollout/events.ts'
import { PRESETS } from '../../src/core/rollout/plan.ts'
import {
  listTrackStops,
  PRESET_WORDS,
  toPlanText,
  toTrackPlace,
} from '../../src/dashboard/say/plans.ts'
import { EvidenceTrace } from '../../src/dashboard/work/evidence.ts'
import { RUNS_OF_EACH, simulateAll } from '../../src/dashboard/work/forecast.ts'
import { parsePlan } from '../../src/document/parse-plan.ts'
import { NOW } from '../support/rollout-api.ts'

const plain = (text: string | undefined) => text?.replaceAll('\u202f', ' ')

/** A window in which all visitors of the canary meet a failure, and none of the base. */
const failing = (id: number): Window => ({
  id,
  generation: 1,
  sets: [
    {
      metric: 'errors',
      edge: 0,
      route: '',
      share: 0.01,
      visitors: [0, 10],
      weights: [0, 10],
      codes: { status_5xx: 10 },
      warmUp: false,
    },
  ],
  visitors: [990, 10],
  present: [{ share: 0.01, base: 990, canary: 0 }],
  crowd: 0,
  assigned: [],
})

const quiet = (id: number): Window => ({
  ...failing(id),
  sets: [],
  present: [{ share: 0.01, base: 990, canary: 10 }],
})

const tick = (id: number, window: Window): RolloutEvent => ({
  kind: 'tick',
  windows: [window],
  now: NOW + id * 10_000,
})

const START: RolloutEvent = { kind: 'start', by: 'alice', now: NOW }

describe('the course of the evidence', () => {
  it('stays low while nothing speaks against a release, and passes the threshold when everybody fails', () => {
    const trace = new EvidenceTrace(PRESETS.standard)
    trace.add([START, tick(1, quiet(1)), tick(2, quiet(2))])
    const threshold = Math.log(1 / PRESETS.standard.alpha)
    expect(trace.points.every(({ logWorse }) => logWorse < threshold)).toBe(true)
    trace.add([tick(3, failing(3)), tick(4, failing(4))])
    expect(trace.points.at(-1)?.logWorse).toBeGreaterThan(threshold)
    expect(trace.points.at(-1)?.weight).toBe(0)
  })

  it('has no more points than a chart can show, however long the rollout was', () => {
    const trace = new EvidenceTrace({
      ...PRESETS.standard,
      steps: [{ weight: 1, gate: 'manual', minMs: 0, maxMs: null, atMax: 'hold' }],
    })
    trace.add([START])
    for (let id = 1; id < 3000; id++) trace.add([tick(id, quiet(id))])
    expect(trace.points.length).toBeLessThanOrEqual(400)
    expect(trace.points.length).toBeGreaterThan(100)
    expect(trace.points[0]?.at).toBe(NOW)
  })
})

describe('the forecast', () => {
  it('promotes a healthy release, and takes one back that fails for everybody, at some traffic', () => {
    const plan = {
      ...PRESETS.standard,
      steps: [{ weight: 25, gate: 'time', minMs: 60_000, maxMs: null, atMax: 'hold' }],
      bake: { minMs: 60_000, heldBack: 5 },
    } as const
    const runs = [...simulateAll(plan, { visitorsPerMinute: 200, failedShare: 0 })]
    const of = (release: string) => runs.filter((run) => run.release === release)
    expect(of('healthy').map(({ outcome }) => outcome)).toEqual(
      new Array(RUNS_OF_EACH).fill('promoted'),
    )
    expect(new Set(of('broken').map(({ outcome }) => outcome))).toEqual(new Set(['rolledBack']))
    // The bake needs a minute, and 50 visitors of the 5 % who are held back.
    expect(Math.min(...of('healthy').map(({ ms }) => ms))).toBeGreaterThanOrEqual(6 * 60_000)
  })
})

describe('the track', () => {
  it('has the steps, the bake and everybody, and knows where a rollout is', () => {
    const { standard } = PRESETS
    expect(listTrackStops(standard).map(({ label }) => plain(label))).toEqual([
      '1 %',
      '5 %',
      '25 %',
      '95 %',
      '100 %',
    ])
    expect(toTrackPlace(standard, 'step', { number: 2 })).toBe(1)
    expect(toTrackPlace(standard, 'bake', undefined)).toBe(3)
    expect(toTrackPlace(standard, 'promoted', undefined)).toBe(4)
    expect(toTrackPlace(standard, 'rolledBack', undefined)).toBeUndefined()
  })

  it('has words for every preset', () => {
    expect(Object.keys(PRESET_WORDS).sort()).toEqual(Object.keys(PRESETS).sort())
  })
})

describe('a plan of one’s own', () => {
  it('begins as the text of a preset, which is read as the same plan', () => {
    for (const plan of Object.values(PRESETS)) {
      const read = parsePlan(JSON.parse(toPlanText(plan)))
      expect(read).toEqual({ ok: true, value: { ...plan, segments: true } })
    }
  })
})
