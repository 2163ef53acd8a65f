// Reads what an older Holo stored of rollouts into the present form. What it knew of visitors cannot be
// taken over: a rollout that runs begins its analysis anew, and one that is over shows the reasons it
// stored.

import { findMetric } from '../../core/counting/metrics.ts'
import type { Metric } from '../../core/judge/sets.ts'
import type { AuditRow, RolloutEvent } from '../../core/rollout/events.ts'
import { DEFAULTS, type Plan, toDefaultMetric } from '../../core/rollout/plan.ts'
import {
  isRunning,
  NO_DATA,
  newAnalysis,
  type Pause,
  type RolloutState,
  STATE_FORM,
} from '../../core/rollout/state.ts'

/** Whether a stored state is of an older form. */
export function isOlder({ form }: Partial<Pick<RolloutState, 'form'>>): boolean {
  return form !== STATE_FORM
}

/**
 * @param state as it was stored.
 * @param rows its transitions, oldest first: who paused it stands there, where the state has only
 *   the sentence.
 */
export function readOlderState(state: RolloutState, rows: readonly AuditRow[]): RolloutState {
  const plan = readOlderPlan(state.plan)
  const { phase, weight, generation, lastWindow, lastNowMs, oddities, sampleRatio } = state
  return {
    form: STATE_FORM,
    plan,
    phase: isRunning(phase) ? { ...phase, paused: readPause(phase.paused, rows) } : phase,
    weight,
    generation,
    lastWindow,
    lastNowMs,
    oddities,
    ...newAnalysis(plan),
    sampleRatio,
    data: NO_DATA,
  }
}

/** Metrics that are no longer there are left out; fields that are new get their defaults. */
function readOlderPlan(plan: Plan): Plan {
  const metrics = plan.metrics.flatMap(({ name, weight, margin }): Metric[] =>
    findMetric(name) ? [{ ...toDefaultMetric({ name }), weight, margin }] : [],
  )
  return {
    ...plan,
    metrics: metrics.length > 0 ? metrics : DEFAULTS.metrics,
    warmUpMs: plan.warmUpMs ?? DEFAULTS.warmUpMs,
    segments: plan.segments ?? DEFAULTS.segments,
  }
}

function readPause(paused: Pause | string | null, rows: readonly AuditRow[]): Pause | null {
  if (typeof paused !== 'string') return paused
  const row = rows.findLast(({ event }) => event === 'pause' || event === 'trafficChanged')
  const cause = row?.event === 'trafficChanged' ? 'traffic' : 'command'
  return { by: row?.by ?? '', cause, text: paused }
}

/** Windows of an older form say nothing to the present judge. */
export function readOlderEvent(event: RolloutEvent): RolloutEvent {
  if (event.kind !== 'tick') return event
  const windows = event.windows.filter(({ sets }) => Array.isArray(sets))
  return windows.length === event.windows.length ? event : { ...event, windows }
}

/** The numbers of a transition, where they are of an older form: the reason says what they were. */
export function readOlderRow(row: AuditRow): AuditRow {
  if (Array.isArray(row.verdict.blind)) return row
  const { outcome, reason, logWorse, threshold } = row.verdict
  const [base = 0, canary = 0] = row.data.visitors
  return {
    ...row,
    verdict: { outcome, reason, logWorse, threshold, findings: [], blind: [] },
    data: { visitors: [base, canary], silentMs: 0 },
  }
}
