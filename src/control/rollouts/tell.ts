// Converts a stored rollout into what the API says of it: in a list, with all that is known, and in
// sentences.

import { toLogSampleRatio } from '../../core/judge/sample-ratio.ts'
import { decideOutcome, judge, type MetricFinding, toRangeText } from '../../core/judge/verdict.ts'
import { findObstacle, toMinutes } from '../../core/rollout/gate.ts'
import { isRunning, toPhaseText, toStepNumber } from '../../core/rollout/state.ts'
import type { RolloutStatus, RolloutSummary, Transition } from '../../wire/rollouts.ts'
import type { Rollout } from './store.ts'
import type { TransitionRow } from './tables.ts'

export function toSummary(rollout: Rollout): RolloutSummary {
  const { id, environment, base, state, seen } = rollout
  const { phase, plan, weight } = state
  // A rollout that was never started is stored nowhere.
  const name = phase.name === 'ready' ? 'step' : phase.name
  const paused = isRunning(phase) ? phase.paused : null
  return {
    id,
    environment,
    base,
    version: seen.version,
    baseVersion: seen.baseVersion,
    startedAt: rollout.started_at,
    startedBy: rollout.started_by,
    endedAt: rollout.ended_at ?? undefined,
    phase: name,
    phaseText: toPhaseText(plan, phase),
    step: toStepNumber(plan, phase),
    reason: 'reason' in phase ? phase.reason : undefined,
    weight,
    paused: paused?.text,
    pause: paused ? { by: paused.by, cause: paused.cause } : undefined,
  }
}

export function toStatus(rollout: Rollout): RolloutStatus {
  const { state } = rollout
  const { phase, plan, metrics, sampleRatio, generation, lastWindow, oddities, data } = state
  const outcome = decideOutcome(plan, metrics)
  const obstacle =
    isRunning(phase) && outcome !== 'rollback' ? findObstacle(state, phase, outcome) : null
  return {
    ...toSummary(rollout),
    plan,
    generation,
    lastWindow,
    oddities,
    elapsedMs: isRunning(phase) ? phase.elapsedMs : 0,
    held: isRunning(phase) && phase.held,
    obstacle: obstacle ?? undefined,
    verdict: judge(plan, metrics),
    visitors: data.visitors,
    sampleRatio: {
      log: toLogSampleRatio(sampleRatio),
      threshold: Math.log(1 / plan.sampleRatioAlpha),
      alarmed: sampleRatio.alarmed,
    },
    lookedAt: rollout.looked_at,
    problem: rollout.problem ?? undefined,
  }
}

export function toTransition({ row, revision, said }: TransitionRow): Transition {
  return { ...JSON.parse(row), revision: revision ?? undefined, said: said ?? undefined }
}

/** How it stands, for people. How it came to that is in the transitions. */
export function toLines(status: RolloutStatus): string[] {
  const { id, version, environment, baseVersion, base, visitors, verdict, problem } = status
  const isOver = status.endedAt !== undefined
  const [control, canary] = visitors
  return [
    `Rollout ${id}: version ${version} in "${environment}", compared with ${baseVersion} in "${base}".`,
    toStanding(status),
    ...(isOver ? [] : [`Visitors of this step: ${canary} of the canary, ${control} of the base.`]),
    `Verdict: ${verdict.outcome}. ${verdict.reason}.`,
    ...verdict.findings.map(toFindingText),
    status.sampleRatio.alarmed
      ? 'Sample ratio: visitors do not arrive in the shares they were given, so the comparison is not valid.'
      : 'Sample ratio: nothing odd.',
    ...(problem === undefined ? [] : [`The last look came to nothing: ${problem}.`]),
  ]
}

function toStanding({ phaseText, elapsedMs, obstacle, reason, held }: RolloutStatus): string {
  if (reason !== undefined) return `It is over, ${phaseText}: ${reason}.`
  const since = `It is at ${phaseText}, for ${toMinutes(elapsedMs)}`
  if (!obstacle) return `${since}, and goes on at the next look.`
  return `${since}, ${held ? 'holds' : 'waits'}: ${obstacle.reason}.`
}

function toFindingText({ name, edge, totals, ratio }: MetricFinding): string {
  const [controlVisits, controlFailures, canaryVisits, canaryFailures] = totals
  const what = edge === null ? name : `${name} above ${edge}`
  const seen = `${canaryFailures} in ${canaryVisits} visits of the canary, ${controlFailures} in ${controlVisits} of the base`
  const isOpen = ratio.low === 0 && ratio.high === null
  return `${what}: ${seen}${isOpen ? '' : `; ${toRangeText(ratio)} times as often`}.`
}
