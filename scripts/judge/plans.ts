// Plans that ask the judge one question each.

import type { Metric } from '../../src/core/judge/sets.ts'
import { DEFAULTS, type Plan, type Step, toDefaultMetric } from '../../src/core/rollout/plan.ts'
import { ALPHA } from './row.ts'

export const ERRORS = toDefaultMetric({ name: 'errors' })
export const LATENCY = toDefaultMetric({ name: 'latency' })

const NO_BAKE = { minMs: 0, heldBack: 0 }

/** Stays at one weight, so that only evidence against the canary ends it. */
export function stay(weight: number, metrics: readonly Metric[] = [ERRORS]): Plan {
  return ramp([weight], 0, metrics)
}

/** Weights one after the other, each for so many milliseconds; the last one is not left. */
export function ramp(
  weights: readonly number[],
  eachMs: number,
  metrics: readonly Metric[] = [ERRORS],
): Plan {
  const steps = weights.map((weight, i): Step => {
    const gate = i + 1 < weights.length ? 'time' : 'manual'
    return { weight, gate, minMs: eachMs, maxMs: null, atMax: 'hold' }
  })
  return { ...DEFAULTS, alpha: ALPHA, metrics, minVisitors: 1, steps, bake: NO_BAKE }
}

/** Promotes as soon as there is evidence that the canary fails at most 1.5 times as often. */
export function promoteOnEvidence(weight: number): Plan {
  const step: Step = { weight, gate: 'evidence', minMs: 0, maxMs: null, atMax: 'hold' }
  return { ...stay(weight), steps: [step] }
}
