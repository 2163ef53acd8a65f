// Ways in which data can be missing. None of them may ever promote by itself, whatever the gate.

import { ERRORS, LATENCY, type Plan } from '../../src/core/rollout/plan.ts'
import { seededRandom } from '../../src/core/simulate/random.ts'
import { type NextWindow, runRollout } from '../../src/core/simulate/simulate.ts'
import { drawWindow, type Load, type WindowDraw } from '../../src/core/simulate/traffic.ts'
import { stay } from './plans.ts'
import type { Row } from './row.ts'

/** Simulated: a day for each way, gate and run. */
const WINDOWS = 8640
const HOUR_MS = 3_600_000

const NOTHING: WindowDraw = { metrics: {}, visitors: [0, 0] }
const SAME = { base: { rate: 0.01 }, canary: { rate: 0.01 } }
const HEALTHY: Load = { visitorsPerMinute: 600, metrics: { errors: SAME } }
const BROKEN = {
  base: { error: 'the source answers 500' },
  canary: { error: 'the source answers 500' },
}

/** Windows as `load` has them, changed by `spoil`. */
type Way = { readonly name: string; readonly source: (seed: number) => NextWindow }

function drawn(load: Load, weightOf: (weight: number) => number = (weight) => weight) {
  return (seed: number): NextWindow => {
    const random = seededRandom(seed)
    return ({ weight }) => drawWindow(random, load, weightOf(weight), [ERRORS, LATENCY])
  }
}

export const WAYS: readonly Way[] = [
  { name: 'no window ever comes', source: () => () => null },
  { name: 'windows without any data', source: () => () => NOTHING },
  { name: 'too little data: 99 visitors of the canary', source: toFew },
  { name: 'the base is silent', source: drawn(HEALTHY, () => 100) },
  { name: 'the canary is silent', source: drawn(HEALTHY, () => 0) },
  { name: 'the canary falls silent after ten minutes', source: toFallen },
  {
    name: 'every metric errs',
    source: drawn({ ...HEALTHY, metrics: { errors: BROKEN, latency: BROKEN } }),
  },
  {
    name: 'one of two metrics errs',
    source: drawn({ ...HEALTHY, metrics: { errors: SAME, latency: BROKEN } }),
  },
  {
    name: 'the metric is misspelt and has no data',
    source: drawn({ ...HEALTHY, metrics: { erors: SAME } }),
  },
  {
    name: 'counts that are none',
    source: () => () => ({ metrics: { errors: [[10, Number.NaN, 5, 9]] }, visitors: [100, 100] }),
  },
  { name: 'visitors of the canary get lost (sample ratio)', source: toLost },
]

function toFew(seed: number): NextWindow {
  const healthy = drawn(HEALTHY)(seed)
  let canary = 0
  return (moment) => {
    const window = healthy(moment) ?? NOTHING
    if (canary + window.visitors[1] > 99) return NOTHING
    canary += window.visitors[1]
    return window
  }
}

function toFallen(seed: number): NextWindow {
  const [healthy, silent] = [drawn(HEALTHY)(seed), drawn(HEALTHY, () => 0)(seed)]
  return (moment) => (moment.index < 60 ? healthy(moment) : silent(moment))
}

function toLost(seed: number): NextWindow {
  const healthy = drawn(HEALTHY)(seed)
  return (moment) => {
    const { metrics, visitors } = healthy(moment) ?? NOTHING
    return { metrics, visitors: [visitors[0], Math.floor(visitors[1] / 2)] }
  }
}

/** One step at 25 % whose gate would open within the hour if all were well. */
function toPlan(gate: 'evidence' | 'time', withoutData: Plan['withoutData'] = 'hold'): Plan {
  const maxMs = withoutData === 'hold' ? null : 2 * HOUR_MS
  const step = { weight: 25, gate, minMs: HOUR_MS, maxMs, atMax: 'hold' } as const
  const plan = stay(25, [ERRORS, LATENCY])
  return { ...plan, minVisitors: 100, withoutData, steps: [step] }
}

/** How a day ends for each way: by the gate, and where the plan takes back what has no data. */
export function endOf(
  way: Way,
  gate: 'evidence' | 'time',
  withoutData: Plan['withoutData'],
  seed: number,
) {
  const options = { maxWindows: WINDOWS, personAdvances: false, endsHeld: false }
  return runRollout(toPlan(gate, withoutData), way.source(seed), options)
}

export const NEVER_ROW: Row = {
  property: `no data, too little, a side silent, metrics that err: ${WAYS.length} ways, each for a day`,
  bound: 'never promoted',
  run: ({ seed }) => {
    const ends = WAYS.flatMap((way) => [
      endOf(way, 'evidence', 'hold', seed),
      endOf(way, 'time', 'hold', seed),
    ])
    const promoted = ends.filter(({ outcome }) => outcome === 'promoted').length
    return { runs: ends.length, judge: `${promoted} promoted`, holds: promoted === 0 }
  },
}
