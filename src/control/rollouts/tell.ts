// Converts a stored rollout into what the API says of it: in a list, with all that is known, and in
// sentences.

import { toDuration } from '../../core/amounts.ts'
import { toFindingText } from '../../core/judge/finding.ts'
import { findSmallestLoss, toLogSampleRatio } from '../../core/judge/sample-ratio.ts'
import { decideOutcome, judge, type Verdict } from '../../core/judge/verdict.ts'
import { nameVersions, toNumber, toVisitors } from '../../core/judge/words.ts'
import { toUnconfirmed } from '../../core/rollout/confirm.ts'
import { findObstacle } from '../../core/rollout/gate.ts'
import { toQuestion } from '../../core/rollout/plan.ts'
import {
  isRunning,
  isWithBaseline,
  toObserved,
  toPhaseText,
  toStepNumber,
} from '../../core/rollout/state.ts'
import type { RolloutStatus, RolloutSummary, Transition } from '../../wire/rollouts.ts'
import { readOlderRow } from './older.ts'
import { toSegments } from './segments.ts'
import type { Rollout, TransitionRow } from './store.ts'

/** Puts the versions of a rollout, or the variants of a flag, into a sentence about the new and the old one. */
function toNamer({ flag, version, baseVersion }: Named): (text: string) => string {
  const [one, other] =
    flag === undefined ? [version, baseVersion] : [`"${version}"`, `"${baseVersion}"`]
  return (text) => nameVersions(text, one, other)
}

type Named = Pick<RolloutSummary, 'flag' | 'version' | 'baseVersion'>

export function toSummary(rollout: Rollout): RolloutSummary {
  const { id, environment, base, state, seen } = rollout
  const { phase, plan, weight } = state
  const name = toNamer({ ...seen, flag: rollout.flag?.key })
  // A rollout that was never started is stored nowhere.
  const phaseName = phase.name === 'ready' ? 'step' : phase.name
  const paused = isRunning(phase) ? phase.paused : null
  const { version, baseVersion } = seen
  return {
    id,
    environment,
    base,
    version,
    baseVersion,
    baseline:
      rollout.baseline === undefined || !seen.baseline
        ? undefined
        : {
            environment: rollout.baseline,
            version: seen.baseline.version,
            compared: isWithBaseline(state, phase),
          },
    startedAt: rollout.started_at,
    startedBy: rollout.started_by,
    endedAt: rollout.ended_at ?? undefined,
    flag: rollout.flag?.key,
    phase: phaseName,
    phaseText: toPhaseText(plan, phase),
    step: toStepNumber(plan, phase),
    reason: 'reason' in phase ? name(phase.reason) : undefined,
    weight,
    paused: paused?.text,
    pause: paused ? { by: paused.by, cause: paused.cause } : undefined,
  }
}

export function toStatus(rollout: Rollout): RolloutStatus {
  const { state } = rollout
  const name = toNamer({ ...rollout.seen, flag: rollout.flag?.key })
  const { phase, plan, sampleRatio, generation, lastWindow, oddities, data } = state
  const observed = toObserved(state)
  const question = toQuestion(plan)
  const outcome = decideOutcome(question, observed)
  const unconfirmed = isRunning(phase) ? toUnconfirmed(state) : undefined
  const obstacle =
    (isRunning(phase) && outcome !== 'rollback' ? findObstacle(state, phase, outcome) : null) ??
    (unconfirmed === undefined ? null : { kind: 'confirmation' as const, reason: unconfirmed })
  return {
    ...toSummary(rollout),
    plan,
    generation,
    lastWindow,
    oddities,
    elapsedMs: isRunning(phase) ? phase.elapsedMs : 0,
    held: isRunning(phase) && phase.held,
    obstacle: obstacle ? { ...obstacle, reason: name(obstacle.reason) } : undefined,
    verdict: nameInVerdict(judge(question, observed), name),
    segments: toSegments(state),
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

function nameInVerdict(verdict: Verdict, name: (text: string) => string): Verdict {
  const blind = verdict.blind.map((one) => ({ ...one, reason: name(one.reason) }))
  return { ...verdict, reason: name(verdict.reason), blind }
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
  const { id, flag, version, environment, baseVersion, base, verdict, problem, endedAt } = status
  const name = toNamer(status)
  const [baseVisitors, visitors] = verdict.findings[0]?.seen ?? [0, 0]
  const isBlind = verdict.blind.length > 0
  return [
    flag === undefined
      ? `Rollout ${id}: version ${version} in "${environment}", compared with ${baseVersion} in "${base}".`
      : `Rollout ${id}: "${version}" of the flag "${flag}", compared with "${baseVersion}".`,
    ...toBaselineLines(status),
    toStanding(status),
    name(
      `${toVisitors(visitors)} had the new version, and ${toNumber(baseVisitors)} had the old one.`,
    ),
    ...(endedAt === undefined ? [toSentence(verdict.reason)] : []),
    ...verdict.findings
      .filter(({ worst }) => worst !== null)
      .map((finding) => toSentence(name(toFindingText(finding)))),
    ...verdict.blind.map(({ reason }) => `The judge sees less than it could: ${reason}.`),
    ...(isBlind ? [] : [toReach(status)]),
    ...(problem === undefined ? [] : [`The last look came to nothing: ${problem}.`]),
    ...(status.waiting ? [`Behind it waits: ${status.waiting.join(', ')}.`] : []),
  ]
}

function toBaselineLines({ baseline, base, endedAt }: RolloutStatus): string[] {
  if (!baseline || endedAt !== undefined) return []
  const { environment, version, compared } = baseline
  return [
    compared
      ? `At present it is compared with the baseline: version ${version} in "${environment}", which has as many visitors.`
      : `The baseline "${environment}" is over: it is compared with "${base}" itself.`,
  ]
}

function toStanding(status: RolloutStatus): string {
  const { phaseText, elapsedMs, obstacle, reason, held } = status
  if (reason !== undefined) return toEnd(status, reason)
  const since = `It is at ${phaseText}, for ${toDuration(elapsedMs)}`
  if (!obstacle) return `${since}, and goes on at the next look.`
  return `${since}, and ${held ? 'holds' : 'waits'}: ${obstacle.reason}.`
}

/** `Taken back after 18 s: 8 of 8 visitors of 1.5.0 got 503 from POST /api/checkout, …`. */
function toEnd({ phase, startedAt, endedAt }: RolloutStatus, reason: string): string {
  const end = phase === 'promoted' ? 'Promoted' : 'Taken back'
  const time = endedAt === undefined ? '' : ` after ${toDuration(endedAt - startedAt)}`
  return `${end}${time}: ${reason}.`
}

/** What loss of visitors the sample ratio would have noticed by now. */
function toReach(status: RolloutStatus): string {
  const { visitors, weight, baseline } = status
  // A baseline has as many visitors as the canary.
  const loss = findSmallestLoss(visitors, baseline?.compared ? 50 : weight)
  if (loss === undefined) {
    return 'Whether visitors get lost on one side cannot be seen yet: too few have come.'
  }
  const said = `Visitors arrive in the shares that they were given: if the new version lost ${Math.ceil(loss * 100)} % of its visitors, that would have been seen.`
  return toNamer(status)(said)
}

function toSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}
