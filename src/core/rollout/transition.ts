// How a rollout passes from one phase into another: the new state, the actions that the control
// carries out, and the audit row. tick.ts and step.ts decide when.

import { toLogSampleRatio } from '../judge/sample-ratio.ts'
import { judge } from '../judge/verdict.ts'
import type { Action, AuditRow, RolloutEvent, StepResult } from './events.ts'
import { toQuestion } from './plan.ts'
import {
  isRunning,
  isWithBaseline,
  NO_DATA,
  newAnalysis,
  type Phase,
  type RolloutState,
  type RunningPhase,
  toBaselineWeight,
  toObserved,
  toPhaseText,
  toWeight,
} from './state.ts'

/**
 * A change of state with one audit row, which holds everything that was known before the change.
 */
export function move(
  before: RolloutState,
  event: RolloutEvent,
  after: RolloutState,
  reason: string,
  actions: readonly Action[] = [],
): StepResult {
  const { plan, phase, sampleRatio, lastWindow, generation, data } = before
  const row: AuditRow = {
    at: event.now,
    event: event.kind,
    by: 'by' in event ? event.by : null,
    from: toPhaseText(plan, phase),
    to: toPhaseText(plan, after.phase),
    reason,
    weight: after.weight,
    generation,
    lastWindow,
    elapsedMs: isRunning(phase) ? phase.elapsedMs : 0,
    verdict: judge(toQuestion(plan), toObserved(before)),
    sampleRatio: {
      log: toLogSampleRatio(sampleRatio),
      threshold: Math.log(1 / plan.sampleRatioAlpha),
      alarmed: sampleRatio.alarmed,
    },
    data,
  }
  return { state: after, actions, audit: [row], refused: null }
}

/** The values with which a running phase begins. */
export const START = { elapsedMs: 0, paused: null, held: false } as const

/** The phase after the step `index`; with -1 the plan's first. */
export function toNext({ plan }: RolloutState, index: number): Phase {
  if (index + 1 < plan.steps.length) return { name: 'step', index: index + 1, ...START }
  if (plan.bake.minMs > 0) return { name: 'bake', ...START }
  return { name: 'promoted', reason: 'all steps are done, and the plan has no bake' }
}

/** The phase with which the plan begins. */
export function toFirst(state: RolloutState): Phase {
  const { smoke = [] } = state.plan
  return smoke.length > 0 ? { name: 'smoke', isPassed: false, ...START } : toNext(state, -1)
}

/** The phase after the present one. */
export function toFollowing(state: RolloutState): Phase {
  const { phase } = state
  if (phase.name === 'smoke') return toNext(state, -1)
  if (phase.name === 'step') return toNext(state, phase.index)
  if (phase.name === 'bake') return { name: 'promoted', reason: 'the bake is over' }
  return phase
}

/**
 * Enters a phase. The counts of a step start over; evidence is kept, but where the base takes the
 * baseline's place: evidence about one says nothing about the other.
 */
export function enter(
  state: RolloutState,
  event: RolloutEvent,
  phase: Phase,
  reason: string,
  before: readonly Action[] = [],
): StepResult {
  const weight = toWeight(state.plan, phase)
  const leaves =
    isRunning(phase) && isWithBaseline(state, state.phase) && !isWithBaseline(state, phase)
  // Counting begins with the first visitors, between the sides that they are given to.
  const isFirst = state.phase.name === 'smoke' && phase.name !== 'smoke' && isRunning(phase)
  const [kept, counting] = leaves || isFirst ? beginAnew(state) : [state, undefined]
  const after = { ...forgetConfirming(kept), phase, weight, data: NO_DATA }
  const actions = [...before, ...(counting ? [counting] : []), ...toActions(state, phase, weight)]
  const said = leaves
    ? `${reason}; from here on the base takes the place of the baseline, and the analysis begins anew`
    : reason
  return move(state, event, after, said, actions)
}

/** What was confirmed before one step does not count before another. */
function forgetConfirming({ confirming: _, ...state }: RolloutState): RolloutState {
  return state
}

/** The state of a new generation, in which nobody has come yet. */
export function beginAnew(state: RolloutState): readonly [RolloutState, Action] {
  const generation = state.generation + 1
  const { checks: _, ...kept } = forgetConfirming(state)
  const anew = { ...kept, generation, ...newAnalysis(state.plan) }
  return [anew, { kind: 'startCounting', generation }]
}

/** Ends the baseline for good, in the same phase, which begins anew with the base in its place. */
export function dropBaseline(
  state: RolloutState,
  phase: RunningPhase,
  event: RolloutEvent,
  reason: string,
): StepResult {
  const [anew, counting] = beginAnew({ ...state, baselineIsOver: true })
  const next = { ...phase, ...START, paused: phase.paused }
  const actions: Action[] = [counting, { kind: 'setWeight', weight: state.weight, baseline: 0 }]
  return move(state, event, { ...anew, phase: next, data: NO_DATA }, reason, actions)
}

/** Rolls back; people read the reason. */
export function rollBack(
  state: RolloutState,
  event: RolloutEvent,
  cause: Extract<Phase, { name: 'rolledBack' }>['cause'],
  reason: string,
): StepResult {
  return enter(state, event, { name: 'rolledBack', cause, reason }, reason)
}

function toActions(state: RolloutState, phase: Phase, weight: number): Action[] {
  const { plan } = state
  const end: Action[] = plan.baseline === undefined ? [] : [{ kind: 'endBaseline' }]
  switch (phase.name) {
    case 'promoted':
      return [...end, { kind: 'complete' }]
    case 'rolledBack':
      return [...end, { kind: 'rollBack', withdraw: plan.withdraws }]
    default:
      return [toSetWeight(state, phase, weight)]
  }
}

/** The weights that the plan has for a phase: that of the canary, and of the baseline if it has one. */
export function toSetWeight(state: RolloutState, phase: Phase, weight: number): Action {
  const baseline = toBaselineWeight(state, phase)
  return { kind: 'setWeight', weight, ...(baseline === undefined ? {} : { baseline }) }
}
