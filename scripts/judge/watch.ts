// One rollout with made-up failures, watched by the judge and by the rules that others use.

import { WINDOW_MS } from '../../src/core/counting/limits.ts'
import type { Counts } from '../../src/core/judge/counts.ts'
import type { Plan } from '../../src/core/rollout/plan.ts'
import { seededRandom } from '../../src/core/simulate/random.ts'
import { type Run, runRollout } from '../../src/core/simulate/simulate.ts'
import { drawWindow, type WindowDraw } from '../../src/core/simulate/traffic.ts'
import { fixedThreshold, repeatedZTest } from './peers.ts'
import { forWindows } from './plans.ts'
import { type Effort, requireLastStep } from './row.ts'

/** 100 visitors in each look. */
export const VISITORS_PER_MINUTE = 600

/** Chances of failing by the number of the window. */
export type Rates = (window: number) => readonly [control: number, canary: number]

export type Watched = {
  readonly run: Run
  readonly zTest: boolean
  readonly threshold: boolean
  /** Visitors of both sides when the rule fired, `undefined` if it did not. */
  readonly zTestAt: number | undefined
}

/** One rollout; the peers see all windows, also those after the judge has spoken. */
function watch(plan: Plan, rates: Rates, windows: number, seed: number, stream: number): Watched {
  const random = seededRandom(seed, stream)
  const drawn: WindowDraw[] = []
  const draw = (index: number, weight: number) => {
    const [control, canary] = rates(index)
    const errors = { base: { rate: control }, canary: { rate: canary } }
    const load = { visitorsPerMinute: VISITORS_PER_MINUTE, metrics: { errors } }
    const window = drawWindow(random, load, weight, plan.metrics)
    drawn.push(window)
    return window
  }
  const run = runRollout(plan, ({ index, weight }) => draw(index, weight), forWindows(windows))
  while (drawn.length < windows) draw(drawn.length, weightAt(plan, drawn.length))
  if (run.outcome === 'unfinished') requireLastStep(run.state)
  const zTest = repeatedZTest()
  const threshold = fixedThreshold(seededRandom(seed, -1 - stream))
  let [visitors, zTestAt] = [0, undefined as number | undefined]
  for (const { metrics } of drawn) {
    const [counts] = metrics.errors as [Counts]
    visitors += counts[0] + counts[2]
    zTest.see(counts)
    threshold.see(counts)
    if (zTestAt === undefined && zTest.hasFired()) zTestAt = visitors
  }
  return { run, zTest: zTest.hasFired(), threshold: threshold.hasFired(), zTestAt }
}

/** The weight that a plan of timed steps has in a window. */
function weightAt({ steps }: Plan, index: number): number {
  const each = (steps[0]?.minMs ?? 0) / WINDOW_MS
  const place = Math.min(steps.length - 1, Math.floor(index / Math.max(1, each)))
  return steps[place]?.weight ?? 0
}

/** Many of them, and how many are so. */
export function watchAll(
  plan: Plan,
  rates: Rates,
  windows: number,
  runs: number,
  { seed }: Effort,
) {
  const watched = Array.from({ length: runs }, (_, run) => watch(plan, rates, windows, seed, run))
  const count = (is: (one: Watched) => boolean) => watched.filter(is).length
  return { watched, count }
}
