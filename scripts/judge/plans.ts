// Plans that ask the judge one question each.

import { WINDOW_MS } from '../../src/core/counting/limits.ts'
import type { Metric } from '../../src/core/judge/metric.ts'
import { DEFAULTS, ERRORS, LATENCY, type Plan, type Step } from '../../src/core/rollout/plan.ts'
import type { RunOptions } from '../../src/core/simulate/simulate.ts'

export const ALPHA = 0.01

const UNJUDGED: Metric = { ...ERRORS, margin: null }
export const GUARDED_LATENCY: Metric = { ...LATENCY, required: true }

/** Stays at one weight, so that only evidence against the canary ends it. */
export function stay(weight: number, metrics: readonly Metric[] = [UNJUDGED]): Plan {
  return ramp([weight], 1, metrics)
}

/** Weights one after the other, each for so many windows; the last one is not left. */
export function ramp(
  weights: readonly number[],
  windowsEach: number,
  metrics: readonly Metric[] = [UNJUDGED],
): Plan {
  const steps = weights.map((weight, i): Step => {
    const gate = i + 1 < weights.length ? 'time' : 'manual'
    return { weight, gate, minMs: windowsEach * WINDOW_MS, maxMs: null, atMax: 'hold' }
  })
  return {
    ...DEFAULTS,
    alpha: ALPHA,
    metrics,
    minVisitors: 1,
    steps,
    bake: { minMs: 0, heldBack: 0 },
  }
}

/** Promotes as soon as there is evidence that the canary fails at most 1.5 times as often. */
export function promoteOnEvidence(weight: number): Plan {
  const step: Step = { weight, gate: 'evidence', minMs: 0, maxMs: null, atMax: 'hold' }
  return { ...stay(weight, [ERRORS]), steps: [step] }
}

export function forWindows(maxWindows: number): RunOptions {
  return { maxWindows, personAdvances: false, endsHeld: false }
}
