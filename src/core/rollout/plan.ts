// What a rollout is told to do: steps, gates, metrics. How it is written down by people is plans'
// affair; what follows from it is step.ts'.

import type { Question } from '../judge/verdict.ts'

/**
 * What a step asks for before the next one: `evidence` that every metric with a margin stays within
 * it; `time`, its minimum time without evidence against the canary; `manual`, somebody's word. All but
 * `manual` ask for data on both sides as well, and for a sample ratio without alarm.
 */
export type Gate = 'evidence' | 'time' | 'manual'

/** What is done where a gate does not open: wait for data or a person, or take the release back. */
export type Otherwise = 'hold' | 'rollBack'

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
