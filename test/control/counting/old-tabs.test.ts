// Two versions that are alike, where whoever meets a failure meets it at the beginning of a visit. After
// each step the control keeps tabs that have shown that they work, and the canary has newcomers only.

import { expect, it } from 'vitest'
import type { ClosedWindow } from '../../../src/control/counting/open-windows.ts'
import { RolloutCounter } from '../../../src/control/counting/rollout-counter.ts'
import { toMarks } from '../../../src/core/counting/marks.ts'
import { noTotals } from '../../../src/core/counting/totals.ts'
import type { Counts } from '../../../src/core/judge/counts.ts'
import { addToMetric, startMetric, toLogWorse } from '../../../src/core/judge/metric.ts'
import { ERRORS } from '../../../src/core/rollout/plan.ts'
import { seededRandom } from '../../../src/core/simulate/random.ts'

const SIDES = [
  { environment: 'main', version: '1' },
  { environment: 'canary', version: '2' },
] as const
/** Windows of ten seconds at each weight: the standard plan, then the bake. */
const PLAN = [
  [30, 0.01],
  [60, 0.05],
  [60, 0.25],
  [60, 0.95],
] as const
const NEW_PER_WINDOW = 200
const FAILING = 0.03
const TAB_WINDOWS = 30
const RUNS = 10
/** Of the two metrics of the standard plan errors are one, at a level of 1 %. */
const THRESHOLD = Math.log(200)

type Tab = {
  readonly hash: number
  readonly bucket: number
  readonly side: 0 | 1
  readonly fails: boolean
  readonly closes: number
}

/** The largest evidence against the canary of one rollout. */
function runRollout(seed: number): number {
  const random = seededRandom(seed)
  const [control, canary] = SIDES
  const counter = RolloutCounter.begin({ rollout: 'r', generation: 1, control, canary }, -10_000)
  let state = startMetric(ERRORS)
  let peak = Number.NEGATIVE_INFINITY
  let tabs: Tab[] = []
  let window = 0
  for (const [step, [windows, weight]] of PLAN.entries()) {
    const revision = step + 1
    const toSide = (bucket: number) => (bucket < weight ? 1 : 0)
    counter.beginStratum({ id: revision, shares: [1 - weight, weight] })
    for (const end = window + windows; window < end; window++) {
      const visitors = [new Map<number, number>(), new Map<number, number>()] as const
      tabs = tabs.filter(({ closes }) => closes > window)
      for (const { hash, bucket, side, fails } of tabs) {
        // A tab of what its bucket has left is not judged.
        if (toSide(bucket) !== side) continue
        visitors[side].set(hash, toMarks({ address: 0, failed: fails }))
      }
      for (let i = 0; i < NEW_PER_WINDOW; i++) {
        const [bucket, hash, fails] = [random(), Math.floor(random() * 2 ** 32), random() < FAILING]
        const side = toSide(bucket)
        const marks = toMarks({ address: 0, assigned: true, unpinned: true, failed: fails })
        visitors[side].set(hash, marks)
        tabs.push({ hash, bucket, side, fails, closes: window + TAB_WINDOWS })
      }
      const groups = SIDES.map((side, i) => ({
        ...side,
        ...{ revision, totals: noTotals(), visitors: visitors[i] ?? new Map() },
      }))
      const closed: ClosedWindow = { window, groups }
      const counted = counter.count(closed)
      if (!counted) continue
      state = addToMetric(ERRORS, state, counted.window.metrics.errors as readonly Counts[])
      peak = Math.max(peak, toLogWorse(state))
    }
  }
  return peak
}

it('takes no release back because tabs from before a step have shown that they work', () => {
  const peaks = Array.from({ length: RUNS }, (_, seed) => runRollout(seed))
  expect(peaks.filter((peak) => peak >= THRESHOLD)).toEqual([])
})
