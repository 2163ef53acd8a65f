// Plans that need no thought. Small steps have time gates, because evidence of a margin at 1 % of
// the visitors would take weeks; evidence against the canary takes it back in all of them.

import { LATENCY_EDGES_MS, type Metric } from '../judge/metric.ts'
import type { Plan, Step } from './plan.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/**
 * Failures of visitors; promotion wants them shown to be at most 1.5 times the control's. A service that
 * never fails shows no ratio, and is shown to fail for fewer than 2 in 1,000 visits instead.
 */
export const ERRORS: Metric = {
  name: 'errors',
  edges: null,
  weight: 1,
  margin: { ratio: 1.5, edge: null, floor: 0.002 },
  required: true,
}

/** Time to first byte of services. A site without services has none, so it is not waited for. */
export const LATENCY: Metric = {
  name: 'latency',
  edges: LATENCY_EDGES_MS,
  weight: 1,
  margin: null,
  required: false,
}

/** What a plan has where it does not say otherwise. */
export const DEFAULTS: Omit<Plan, 'steps' | 'bake'> = {
  metrics: [ERRORS, LATENCY],
  alpha: 0.01,
  combine: 'average',
  sampleRatioAlpha: 0.001,
  minVisitors: 100,
  withoutData: 'hold',
  withdraws: false,
}

function timed(weight: number, minMs: number): Step {
  return { weight, gate: 'time', minMs, maxMs: null, atMax: 'hold' }
}

function evident(weight: number, minMs: number, maxMs: number): Step {
  return { weight, gate: 'evidence', minMs, maxMs, atMax: 'hold' }
}

/** Complete plans by name. */
export const PRESETS = {
  careful: {
    ...DEFAULTS,
    minVisitors: 300,
    steps: [
      timed(1, 30 * MINUTE_MS),
      timed(5, HOUR_MS),
      evident(25, HOUR_MS, 24 * HOUR_MS),
      evident(50, HOUR_MS, 24 * HOUR_MS),
    ],
    bake: { minMs: 12 * HOUR_MS, heldBack: 5 },
    withdraws: true,
  },
  standard: {
    ...DEFAULTS,
    steps: [
      timed(1, 5 * MINUTE_MS),
      timed(5, 10 * MINUTE_MS),
      evident(25, 10 * MINUTE_MS, 12 * HOUR_MS),
    ],
    bake: { minMs: 30 * MINUTE_MS, heldBack: 5 },
  },
  /** The new version is looked at under its own address, then gets all but those held back at once. */
  'blue-green': {
    ...DEFAULTS,
    steps: [{ weight: 0, gate: 'manual', minMs: 0, maxMs: null, atMax: 'hold' }],
    bake: { minMs: HOUR_MS, heldBack: 5 },
  },
  /** Everybody at once, unjudged. */
  instant: { ...DEFAULTS, steps: [], bake: { minMs: 0, heldBack: 0 } },
} as const satisfies Record<string, Plan>

export type PresetName = keyof typeof PRESETS
