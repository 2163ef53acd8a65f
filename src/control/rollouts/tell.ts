// Converts a stored rollout into what the API says of it: in a list, with all that is known, and in
// sentences.

import { toDuration } from '../../core/amounts.ts'
import { findSmallestLoss, toLogSampleRatio } from '../../core/judge/sample-ratio.ts'
import { decideOutcome, judge, toFindingText } from '../../core/judge/verdict.ts'
import { toNumber } from '../../core/judge/words.ts'
import { findObstacle } from '../../core/rollout/gate.ts'
import { isRunning, toObserved, toPhaseText, toStepNumber } from '../../core/rollout/state.ts'
import type { RolloutStatus, RolloutSummary, Transition } from '../../wire/rollouts.ts'
import { readOlderRow } from './older.ts'
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
  const { phase, plan, sampleRatio, generation, lastWindow, oddities, data } = state
  const observed = toObserved(state)
  const outcome = decideOutcome(plan, observed)
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
    verdict: judge(plan, observed),
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
  return {
    ...readOlderRow(JSON.parse(row)),
    revision: revision ?? undefined,
    said: said ?? undefined,
  }
}

/** How it stands, for people. How it came to that is in the transitions. */
export function toLines(status: RolloutStatus): string[] {
  const { id, version, environment, baseVersion, base, verdict, problem, startedAt, endedAt } =
    status
  const [baseVisitors, visitors] = verdict.findings[0]?.seen ?? [0, 0]
  return [
    `Rollout ${id}: version ${version} in "${environment}", compared with ${baseVersion} in "${base}".`,
    toStanding(status),
    `${toNumber(visitors)} visitors have had the new version, ${toNumber(baseVisitors)} the old one.`,
    ...(endedAt === undefined ? [toSentence(verdict.reason)] : []),
    ...verdict.findings
      .filter(({ worst }) => worst !== null)
      .map((finding) => toSentence(toFindingText(finding))),
    ...verdict.blind.map(({ reason }) => `The judge sees less than it could: ${reason}.`),
    ...(verdict.blind.some(({ kind }) => kind === 'sampleRatio') ? [] : [toReach(status)]),
    ...(problem === undefined ? [] : [`The last look came to nothing: ${problem}.`]),
    ...(endedAt === undefined ? [] : [`It took ${toDuration(endedAt - startedAt)}.`]),
  ]
}

function toStanding({ phaseText, elapsedMs, obstacle, reason, held }: RolloutStatus): string {
  if (reason !== undefined) return `It is over, ${phaseText}: ${reason}.`
  const since = `It is at ${phaseText}, for ${toDuration(elapsedMs)}`
  if (!obstacle) return `${since}, and goes on at the next look.`
  return `${since}, ${held ? 'holds' : 'waits'}: ${obstacle.reason}.`
}

/** What loss of visitors the sample ratio would have noticed by now. */
function toReach({ visitors, weight }: RolloutStatus): string {
  const loss = findSmallestLoss(visitors, weight)
  if (loss === undefined)
    return 'Whether visitors get lost on one side cannot be seen yet: too few have come.'
  return `Visitors arrive in the shares they were given; a loss of ${Math.ceil(loss * 100)} % on the new version's side would have been seen.`
}

function toSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
