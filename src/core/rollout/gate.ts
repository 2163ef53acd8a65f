// Decides whether the gate of a rollout's present step opens by itself, and if not, what keeps it shut.

import { judge } from '../judge/verdict.ts'
import { findMissing } from './data.ts'
import type { RolloutState, RunningPhase } from './state.ts'

/** What keeps a gate shut. `reason` says the same in words. */
export type Obstacle = {
  readonly kind: 'paused' | 'time' | 'manual' | 'sampleRatio' | 'data' | 'evidence'
  readonly reason: string
}

/**
 * The first obstacle before the next step, or `null` when there is none. With `judge`'s outcome of
 * the present evidence, which must not be a rollback.
 */
export function findObstacle(
  state: RolloutState,
  phase: RunningPhase,
  outcome: 'promote' | 'continue',
): Obstacle | null {
  const { plan, sampleRatio, data, weight, metrics } = state
  const { gate, minMs } = toGate(state, phase)
  if (phase.paused !== null) return { kind: 'paused', reason: `paused: ${phase.paused.text}` }
  if (phase.elapsedMs < minMs) {
    return { kind: 'time', reason: `${toMinutes(phase.elapsedMs)} of ${toMinutes(minMs)}` }
  }
  if (gate === 'manual') return { kind: 'manual', reason: "waits for somebody's word" }
  const missing = findMissing(plan, data, weight)
  if (missing) return { kind: 'data', reason: `too little to go by: ${missing}` }
  if (sampleRatio.alarmed) {
    return {
      kind: 'sampleRatio',
      reason:
        'visitors do not arrive in the shares they were given, so the comparison is not valid',
    }
  }
  if (gate === 'evidence' && outcome !== 'promote') {
    return { kind: 'evidence', reason: `not enough evidence: ${judge(plan, metrics).reason}` }
  }
  return null
}

/** What the present phase asks for. A bake asks for time. */
export function toGate({ plan }: RolloutState, phase: RunningPhase) {
  const step = phase.name === 'step' ? plan.steps[phase.index] : undefined
  return (
    step ?? { gate: 'time' as const, minMs: plan.bake.minMs, maxMs: null, atMax: 'hold' as const }
  )
}

/** Milliseconds for people: `1.5 min`. */
export function toMinutes(ms: number): string {
  return `${Math.round(ms / 6000) / 10} min`
}
