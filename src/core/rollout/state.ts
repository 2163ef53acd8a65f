// Where a rollout stands: plain JSON that is stored after every event. step.ts decides what it becomes
// next.

import { type MetricState, startMetric } from '../judge/metric.ts'
import { NO_SAMPLE, type SampleRatioState } from '../sample-ratio/sample-ratio.ts'
import { noData, type StepData } from './data.ts'
import type { Plan } from './plan.ts'

/** Why nothing moves by itself. */
export type Pause = {
  /** Who paused it, or who changed the traffic of the two environments. */
  readonly by: string
  readonly cause: 'command' | 'traffic'
  /** The same for people: `by alice`, `bob (shift) gave the canary 7 %, and the plan says 5 %`. */
  readonly text: string
}

type Running = {
  /** Observed time in this phase: pauses and clock jumps are not in it. */
  readonly elapsedMs: number
  /** `null` where it moves by itself. Evidence takes a release back also in a pause. */
  readonly paused: Pause | null
  /** Its maximum time has passed and it waits for data or a person. */
  readonly held: boolean
}

/** Where a rollout is. `promoted` and `rolledBack` are its two ends. */
export type Phase =
  | { readonly name: 'ready' }
  | ({ readonly name: 'step'; readonly index: number } & Running)
  | ({ readonly name: 'bake' } & Running)
  | { readonly name: 'promoted'; readonly reason: string }
  | {
      readonly name: 'rolledBack'
      readonly cause: 'evidence' | 'tooLong' | 'person'
      readonly reason: string
    }

/** Counts of odd things that may happen and must do no harm. */
export type Oddities = {
  /** Windows that had come before, or too late. */
  readonly oldWindows: number
  /** Windows of another generation. */
  readonly foreignWindows: number
  /** Events after a gap of more than a minute: an alarm was lost, or the clock jumped ahead. */
  readonly gaps: number
  readonly clockWentBack: number
}

/** The whole memory of a rollout. Plain JSON: bounded, and the same after it was stored. */
export type RolloutState = {
  readonly plan: Plan
  readonly phase: Phase
  /** The canary's share of both sides, in percent, as it is. */
  readonly weight: number
  /** Grows with every restart of the analysis. */
  readonly generation: number
  /** The id of the last window that was added; -1 before the first. */
  readonly lastWindow: number
  /** `now` of the last event. */
  readonly lastNowMs: number | null
  /** In the order of the plan's metrics. Kept across steps. */
  readonly metrics: readonly MetricState[]
  readonly sampleRatio: SampleRatioState
  /** What was seen in this step or bake alone. */
  readonly data: StepData
  readonly oddities: Oddities
}

/** A phase in which visitors are compared. */
export type RunningPhase = Extract<Phase, Running>

export function isRunning(phase: Phase): phase is RunningPhase {
  return phase.name === 'step' || phase.name === 'bake'
}

/** A rollout before its start. */
export function newRollout(plan: Plan): RolloutState {
  return {
    plan,
    phase: { name: 'ready' },
    weight: 0,
    generation: 0,
    lastWindow: -1,
    lastNowMs: null,
    metrics: plan.metrics.map(startMetric),
    sampleRatio: NO_SAMPLE,
    data: noData(plan),
    oddities: { oldWindows: 0, foreignWindows: 0, gaps: 0, clockWentBack: 0 },
  }
}

/** The canary's share in percent that the plan wants in a phase. */
export function toWeight(plan: Plan, phase: Phase): number {
  switch (phase.name) {
    case 'ready':
    case 'rolledBack':
      return 0
    case 'step':
      return plan.steps[phase.index]?.weight ?? 0
    case 'bake':
      return 100 - plan.bake.heldBack
    case 'promoted':
      return 100
  }
}

/** Which step of its plan a rollout is in, from 1, and how many there are; `undefined` in no step. */
export function toStepNumber(
  plan: Plan,
  phase: Phase,
): { readonly number: number; readonly of: number } | undefined {
  return phase.name === 'step' ? { number: phase.index + 1, of: plan.steps.length } : undefined
}

/** Whether two phases are the same place in a plan, however long each has lasted. */
export function isSamePhase(one: Phase, other: Phase): boolean {
  if (one.name === 'step' && other.name === 'step') return one.index === other.index
  return one.name === other.name
}

/** A phase for people: `step 2 of 3 (5 %)`. Programs have `toStepNumber`. */
export function toPhaseText(plan: Plan, phase: Phase): string {
  const weight = `${toWeight(plan, phase)} %`
  switch (phase.name) {
    case 'ready':
      return 'not started'
    case 'step':
      return `step ${phase.index + 1} of ${plan.steps.length} (${weight})`
    case 'bake':
      return `bake (${weight})`
    case 'promoted':
      return 'promoted'
    case 'rolledBack':
      return 'rolled back'
  }
}
