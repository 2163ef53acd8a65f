// How a rollout passes from one phase into another: the new state, the actions that the control
// carries out, and the audit row. tick.ts and step.ts decide when.

import { toLogSampleRatio } from '../judge/sample-ratio.ts'
import { judge } from '../judge/verdict.ts'
import type { Action, AuditRow, RolloutEvent, StepResult } from './events.ts'
import {
  isRunning,
  NO_DATA,
  type Phase,
  type RolloutState,
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
    verdict: judge(plan, toObserved(before)),
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

/** The phase after the present one. */
export function toFollowing(state: RolloutState): Phase {
  const { phase } = state
  if (phase.name === 'step') return toNext(state, phase.index)
  if (phase.name === 'bake') return { name: 'promoted', reason: 'the bake is over' }
  return phase
}

/** Enters a phase. The counts of a step start over; evidence is kept. */
export function enter(
  state: RolloutState,
  event: RolloutEvent,
  phase: Phase,
  reason: string,
  before: readonly Action[] = [],
): StepResult {
  const weight = toWeight(state.plan, phase)
  const after = { ...state, phase, weight, data: NO_DATA }
  return move(state, event, after, reason, [...before, ...toActions(state, phase, weight)])
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

function toActions({ plan }: RolloutState, phase: Phase, weight: number): Action[] {
  switch (phase.name) {
    case 'promoted':
      return [{ kind: 'complete' }]
    case 'rolledBack':
      return [{ kind: 'rollBack', withdraw: plan.withdraws }]
    default:
      return [{ kind: 'setWeight', weight }]
  }
}
