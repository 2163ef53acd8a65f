// Rows about the sample ratio: a ramp while some keep old tabs open, visitors who come back at every
// step, and a side that loses visitors.

import { addVisitors, NO_SAMPLE, toLogBayesFactor } from '../../src/core/judge/sample-ratio.ts'
import type { Plan } from '../../src/core/rollout/plan.ts'
import { drawBinomial, type Random, seededRandom } from '../../src/core/simulate/random.ts'
import { type NextWindow, runRollout } from '../../src/core/simulate/simulate.ts'
import { gather } from './audience.ts'
import { forWindows, ramp } from './plans.ts'
import { type Row, requireLastStep, toPercent, toRuns, toShare } from './row.ts'

const WINDOWS = 360
const PLAN = ramp([5, 50], WINDOWS / 2)
const REGULARS = { regulars: 20_000, presence: 0.02, strangers: 20 }

type Tabs = {
  /** Whether those in old tabs are counted where their tab is, which Holo does not. */
  readonly countsTabs: boolean
  /** The share of the canary's visitors that is never heard of. */
  readonly lost: number
}

/** A tenth keep the tab that they have, on the side where they opened it, and reload it once in 50 windows. */
function watchTabs(random: Random, { countsTabs, lost }: Tabs): NextWindow {
  const audience = gather(random, REGULARS)
  const tabs = new Map<number, boolean>()
  let counted = new Set<number>()
  let last = -1
  return ({ weight }) => {
    if (weight !== last) counted = new Set()
    last = weight
    const visitors: [number, number] = [0, 0]
    for (const visitor of audience.present()) {
      const keeps = audience.isOneOf(visitor, 0.1) && random() > 0.02
      const tab = keeps ? tabs.get(visitor) : undefined
      const isCanary = tab ?? audience.isCanary(visitor, weight)
      tabs.set(visitor, isCanary)
      if (tab !== undefined && !countsTabs) continue
      if (isCanary && !audience.isOneOf(visitor, 1 - lost)) continue
      if (counted.has(visitor)) continue
      counted.add(visitor)
      visitors[isCanary ? 1 : 0] += 1
    }
    // Nobody fails; without data on both sides the ramp would not go on.
    return { metrics: { errors: [[1, 0, 1, 0]] }, visitors }
  }
}

function alarms(
  property: string,
  tabs: Tabs,
  expected: 'none' | 'always' | null,
  full: number,
  plan: Plan = PLAN,
): Row {
  return {
    property,
    bound:
      expected === null
        ? 'none: Holo does not count so'
        : expected === 'none'
          ? 'no alarm'
          : 'alarm',
    run: (effort) => {
      const runs = toRuns(effort, full)
      let alarmed = 0
      let back = 0
      for (let stream = 0; stream < runs; stream++) {
        const source = watchTabs(seededRandom(effort.seed, stream), tabs)
        const { state, outcome } = runRollout(plan, source, forWindows(WINDOWS))
        if (state.sampleRatio.alarmed) alarmed += 1
        if (outcome === 'rolledBack') back += 1
        else if (!state.sampleRatio.alarmed) requireLastStep(state)
      }
      const rate = plan.sampleRatioAlpha
      const isRight =
        expected === 'none' ? alarmed <= rate * runs : expected === null || alarmed >= 0.95 * runs
      return {
        runs,
        judge: `alarm in ${toShare(alarmed, runs)}${back > 0 ? `, taken back in ${toPercent(back / runs)}` : ''}`,
        holds: isRight && back === 0,
      }
    },
  }
}

/** Everybody comes at every weight; nothing is wrong. */
function returning(full: number): Row {
  const visitors = 20_000
  const shares = [10, 20, 10, 20, 10, 20, 10, 20]
  const alpha = PLAN.sampleRatioAlpha
  return {
    property: 'sample ratio, 20,000 visitors who come back at each of 8 weight changes',
    bound: `alarm in at most ${toPercent(alpha)}`,
    run: (effort) => {
      const runs = toRuns(effort, full)
      let [alarmed, byProduct] = [0, 0]
      for (let stream = 0; stream < runs; stream++) {
        const random = seededRandom(effort.seed, stream)
        const counts = { 10: drawBinomial(random, visitors, 0.1), 20: 0 }
        counts[20] = counts[10] + drawBinomial(random, visitors - counts[10], 1 / 9)
        let [state, product, hasAlarmed] = [NO_SAMPLE, 0, false]
        for (const [id, share] of shares.entries()) {
          const canary = counts[share as 10 | 20]
          const split = { shares: [100 - share, share], visitors: [visitors - canary, canary] }
          state = addVisitors(state, { id, ...split }, alpha)
          product += toLogBayesFactor(split)
          hasAlarmed ||= product >= Math.log(1 / alpha)
        }
        if (state.alarmed) alarmed += 1
        if (hasAlarmed) byProduct += 1
      }
      return {
        runs,
        judge: `alarm in ${toShare(alarmed, runs)}; with the product over weight changes ${toPercent(byProduct / runs)}`,
        holds: alarmed <= alpha * runs,
      }
    },
  }
}

export const TAB_ROWS: readonly Row[] = [
  alarms(
    'sample ratio, ramp from 5 to 50 %, a tenth of visitors in old tabs',
    { countsTabs: false, lost: 0 },
    'none',
    1000,
  ),
  alarms('… old tabs counted where they are', { countsTabs: true, lost: 0 }, null, 500),
  alarms(
    "… a tenth of the canary's visitors never arrive",
    { countsTabs: false, lost: 0.1 },
    'always',
    500,
  ),
  returning(20_000),
]
