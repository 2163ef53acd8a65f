// Rows about one made-up world each: a release with which nothing is wrong, or a bad one.

import { type Plan, PRESETS } from '../../src/core/rollout/plan.ts'
import type { Random } from '../../src/core/simulate/random.ts'
import type { Run, World } from '../../src/core/simulate/run.ts'
import {
  countOf,
  type Effort,
  type Finding,
  isWithin,
  type Row,
  runAll,
  toCount,
  toMean,
  toRuns,
  toShare,
  toTime,
} from './row.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

export type MakeWorld = (random: Random) => World

type Case = {
  readonly property: string
  readonly before: string
  readonly make: MakeWorld
  readonly plan?: Plan
  readonly full: number
  readonly maxMs?: number
}

/** Nothing is wrong with the release: it is taken back in at most `bound` of the runs. */
export function healthy(one: Case, bound = 0.01): Row {
  const { property, before, make, plan = PRESETS.standard, full, maxMs = DAY_MS } = one
  return {
    property,
    before,
    bound: `taken back in at most ${bound * 100} %`,
    run: (effort): Finding => {
      const runs = toRuns(effort, full)
      const ended = runAll(plan, make, { seed: effort.seed, runs, maxMs })
      const back = countOf(ended, 'rolledBack')
      const promoted = ended.filter(({ outcome }) => outcome === 'promoted')
      const after =
        promoted.length === 0
          ? ''
          : `, promoted after ${toTime(toMean(promoted.map(({ ms }) => ms)))}`
      return {
        runs,
        judge: `taken back in ${toShare(back, runs)}; ${promoted.length} promoted${after}`,
        holds: isWithin(back, runs, bound),
      }
    },
  }
}

/** The release is bad: it is taken back in all runs. */
export function bad(one: Case, least = 1): Row {
  const { property, before, make, plan = PRESETS.standard, full, maxMs = DAY_MS } = one
  return {
    property,
    before,
    bound: least === 1 ? 'taken back' : `taken back in at least ${least * 100} %`,
    run: (effort: Effort) => {
      const runs = toRuns(effort, full)
      const ended = runAll(plan, make, { seed: effort.seed, runs, maxMs })
      const back = countOf(ended, 'rolledBack')
      return { runs, judge: toFoundText(ended), holds: back >= least * runs }
    },
  }
}

/** How many were taken back, how fast, and how many visitors had been harmed, if one can say so. */
export function toFoundText(ended: readonly Run[]): string {
  const back = ended.filter(({ outcome }) => outcome === 'rolledBack')
  const ms = toTime(toMean(back.map((run) => run.ms)))
  const harmed = toMean(back.map((run) => run.harmed))
  const visitors = toCount(toMean(back.map((run) => run.visitors[0] + run.visitors[1])))
  if (back.length === 0) return `none of ${ended.length} taken back`
  return `${back.length} of ${ended.length} taken back, after ${ms}, ${visitors} visitors${harmed > 0 ? ` and ${toCount(harmed)} harmed` : ''}`
}
