// The plan of a rollout: steps, gates and metrics, and the complete plans that have a name. How people
// write a plan is read in document/plan.ts; step.ts carries it out.

import { LATENCY_EDGES_MS, type Metric } from '../judge/metric.ts'
import type { Question } from '../judge/verdict.ts'

/**
 * What a step asks for before the next one: `evidence` that every metric with a margin stays within
 * it; `time`, its minimum time without evidence against the canary; `manual`, somebody's word. All but
 * `manual` ask for data on both sides as well, and for a sample ratio without alarm.
 */
export type Gate = 'evidence' | 'time' | 'manual'

/** What is done where a gate does not open: wait for data or a person, or take the release back. */
export type Otherwise = 'hold' | 'rollBack'

/** A share of the visitors, and what must be so before it grows. */
export type Step = {
  /** The canary's share of the visitors of both sides, in percent, below 100. */
  readonly weight: number
  readonly gate: Gate
  /** Observed time that must pass in any case. */
  readonly minMs: number
  /** Observed time after which `atMax` is done; `null`: never. */
  readonly maxMs: number | null
  readonly atMax: Otherwise
}

/** All that a rollout is told. Plain JSON; times are milliseconds, weights percent. */
export type Plan = Question & {
  /** Weights grow. None at all: the bake is entered at once. */
  readonly steps: readonly Step[]
  /**
   * The time in which everybody has the new version and evidence still takes it back. `heldBack` percent
   * stay with the control during it, because without them there is nobody to compare with: with 0
   * only a person takes it back. With a time of 0 there is no bake.
   */
  readonly bake: { readonly minMs: number; readonly heldBack: number }
  /** The chance of a false alarm of the sample ratio. */
  readonly sampleRatioAlpha: number
  /** Distinct visitors on each side, in each step and in the bake, before anything moves by itself. */
  readonly minVisitors: number
  /** What is done at a step's maximum time when data are missing. */
  readonly withoutData: Otherwise
  /** Whether a release that is taken back is withdrawn, which cuts open tabs too. */
  readonly withdraws: boolean
}

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
