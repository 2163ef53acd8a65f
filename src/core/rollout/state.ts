// The state of a rollout: plain JSON that is stored after every event. step.ts decides which state
// follows on an event.

import type { Tally } from '../judge/evidence.ts'
import { type MetricState, startMetric } from '../judge/metric.ts'
import { NO_SAMPLE, type SampleRatioState } from '../judge/sample-ratio.ts'
import type { Segments } from '../judge/segments.ts'
import type { BlockFacts, Pair, Surroundings } from '../judge/sets.ts'
import { type BaselineCheck, startBaselineCheck } from './baseline.ts'
import type { Checked } from './checks.ts'
import type { Confirming } from './confirm.ts'
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
  /** Observed time in this phase, without pauses and jumps of the clock. */
  readonly elapsedMs: number
  /** `null` where it moves by itself. Evidence takes a release back also in a pause. */
  readonly paused: Pause | null
  /** Its maximum time has passed and it waits for data or a person. */
  readonly held: boolean
}

/** Where a rollout is. It ends as `promoted` or `rolledBack`. */
export type Phase =
  | { readonly name: 'ready' }
  /** Nobody has the version yet: the control makes the smoke requests of the plan. */
  | ({ readonly name: 'smoke'; readonly isPassed: boolean } & Running)
  | ({ readonly name: 'step'; readonly index: number } & Running)
  | ({ readonly name: 'bake' } & Running)
  | { readonly name: 'promoted'; readonly reason: string }
  | {
      readonly name: 'rolledBack'
      readonly cause: 'evidence' | 'tooLong' | 'person' | 'smoke'
      readonly reason: string
    }

/** Counts of odd events that are tolerated. */
export type Oddities = {
  /** Windows that were added before, or that came too late. */
  readonly oldWindows: number
  /** Windows of another generation. */
  readonly foreignWindows: number
  /** Events after a gap of more than a minute: an alarm was lost, or the clock jumped ahead. */
  readonly gaps: number
  readonly clockWentBack: number
}

/** What the evidence is made of, beside the sample ratio. */
export type Analysis = {
  /** In the order of the plan's metrics. Evidence is kept across steps. */
  readonly metrics: readonly MetricState[]
  /** Distinct visitors since the analysis began. */
  readonly visitors: Pair
  /** Visitors who were there and had met no failure, by the canary's share of buckets. */
  readonly present: readonly Tally[]
  readonly block: BlockState
  /** The share of the visitors that are one client, the largest. */
  readonly crowd: number
  readonly sampleRatio: SampleRatioState
  /** Visitors by segment; left out where the plan does not tell them apart. */
  readonly segments?: Segments
  /** Whether the baseline fails by itself; left out where the plan has none. */
  readonly baselineCheck?: BaselineCheck
}

/** The present block of time. */
export type BlockState = BlockFacts & {
  /** Its number: 0 for the first one. */
  readonly at: number
  /** When the first one began: when the first visitors of the canary came. `null` before. */
  readonly since: number | null
}

/** The form of a stored state. It grows when a state of an older form cannot be gone on with. */
export const STATE_FORM = 2

/**
 * Everything that a rollout remembers. Plain JSON of bounded size, the same after it was stored and
 * read.
 */
export type RolloutState = Analysis & {
  readonly form: number
  readonly plan: Plan
  readonly phase: Phase
  /** The canary's present share of both sides together, in percent. */
  readonly weight: number
  /** Whether the baseline has ended for good: it failed by itself, or the base got another version. */
  readonly baselineIsOver?: boolean | undefined
  /** The share, in percent, that the token which began it may give without evidence; left out for any. */
  readonly maxShare?: number | undefined
  /** Which confirmation of the plan is asked for; left out while none is. */
  readonly confirming?: Confirming | undefined
  /** The last value of each check of the plan; left out before the first. */
  readonly checks?: Readonly<Record<string, Checked>> | undefined
  /** Grows whenever the analysis starts over. */
  readonly generation: number
  /** The id of the last window that was added; -1 before the first. */
  readonly lastWindow: number
  /** Why nothing may go forward, as the last tick said it; left out if it may. */
  readonly hold?: string | undefined
  /** `now` of the last event. */
  readonly lastNowMs: number | null
  /** What was counted in this step or bake alone. */
  readonly data: StepData
  readonly oddities: Oddities
}

/** A phase that has begun and is not over. */
export type RunningPhase = Extract<Phase, Running>

export function isRunning(phase: Phase): phase is RunningPhase {
  return phase.name === 'smoke' || phase.name === 'step' || phase.name === 'bake'
}

/** A rollout before its start. */
export function newRollout(plan: Plan): RolloutState {
  return {
    form: STATE_FORM,
    plan,
    phase: { name: 'ready' },
    weight: 0,
    generation: 0,
    lastWindow: -1,
    lastNowMs: null,
    ...newAnalysis(plan),
    data: NO_DATA,
    oddities: { oldWindows: 0, foreignWindows: 0, gaps: 0, clockWentBack: 0 },
  }
}

/** Before anything was counted of the present versions. */
export function newAnalysis({
  metrics,
  segments,
  baseline,
}: Pick<Plan, 'metrics' | 'segments' | 'baseline'>): Analysis {
  return {
    metrics: metrics.map(startMetric),
    visitors: [0, 0],
    present: [],
    block: { at: 0, atRisk: 0, isFirst: true, since: null },
    crowd: 0,
    sampleRatio: NO_SAMPLE,
    ...(segments ? { segments: {} } : {}),
    ...(baseline === undefined ? {} : { baselineCheck: startBaselineCheck() }),
  }
}

/** What the judge looks at. */
export function toObserved(analysis: Analysis): {
  readonly metrics: readonly MetricState[]
  readonly around: Surroundings
} {
  const { metrics, visitors, present, block, crowd, sampleRatio, segments } = analysis
  return {
    metrics,
    around: { visitors, present, block, crowd, isUneven: sampleRatio.alarmed, segments },
  }
}

/** The canary's share, in percent, that the plan wants in a phase. */
export function toWeight(plan: Plan, phase: Phase): number {
  switch (phase.name) {
    case 'ready':
    case 'smoke':
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

/**
 * From this weight on the base takes the baseline's place. Two sides of 50 % would leave the base
 * without visitors, and its instances would not be warm when a rollback needs them.
 */
export const BASELINE_BELOW_WEIGHT = 50

type Compared = Pick<RolloutState, 'baselineIsOver'> & {
  readonly plan: Pick<Plan, 'steps' | 'baseline'>
}

/** Whether the canary is compared with the baseline in a phase, and not with the base. */
export function isWithBaseline({ plan, baselineIsOver }: Compared, phase: Phase): boolean {
  if (plan.baseline === undefined || baselineIsOver || phase.name !== 'step') return false
  return (plan.steps[phase.index]?.weight ?? 0) < BASELINE_BELOW_WEIGHT
}

/**
 * The baseline's share of the visitors of all sides together in a phase, in percent: the canary's, or
 * none. `undefined` where the plan has no baseline.
 */
export function toBaselineWeight(state: Compared, phase: Phase): number | undefined {
  if (state.plan.baseline === undefined) return undefined
  if (!isWithBaseline(state, phase) || phase.name !== 'step') return 0
  return state.plan.steps[phase.index]?.weight ?? 0
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
    case 'smoke':
      return 'smoke (0 %)'
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

/** What was counted in one step. Plain JSON. */
export type StepData = {
  /** Distinct visitors whose version was decided by their bucket. */
  readonly visitors: Pair
  /**
   * Observed time since both sides had visitors (the canary alone while it has everybody).
   */
  readonly silentMs: number
}

/** The counts at the beginning of a step. */
export const NO_DATA: StepData = { visitors: [0, 0], silentMs: 0 }
