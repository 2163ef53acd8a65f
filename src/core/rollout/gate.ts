// When a gate opens by itself, what keeps it shut, and how often a rollout has to be looked at
// meanwhile.

import { toDuration } from '../amounts.ts'
import { isBetter, judge, toMissingText } from '../judge/verdict.ts'
import { toNumber, toVisitors } from '../judge/words.ts'
import { toBaselineFailures, toLogBaselineFails } from './baseline.ts'
import { findUnpassed } from './checks.ts'
import { type Plan, toQuestion } from './plan.ts'
import {
  isRunning,
  isWithBaseline,
  type RolloutState,
  type RunningPhase,
  type StepData,
  toObserved,
} from './state.ts'

/** What keeps a gate shut: as a code, and in words. */
export type Obstacle = {
  readonly kind:
    | 'paused'
    | 'time'
    | 'manual'
    | 'sampleRatio'
    | 'baseline'
    | 'data'
    | 'evidence'
    | 'confirmation'
    | 'check'
    | 'smoke'
    | 'frozen'
  readonly reason: string
}

/**
 * The first obstacle before the next step, or `null` if there is none. `outcome` is the judge's on
 * the present evidence; a rollback has been dealt with before.
 */
export function findObstacle(
  state: RolloutState,
  phase: RunningPhase,
  outcome: 'promote' | 'continue',
): Obstacle | null {
  const { plan, sampleRatio, data, weight } = state
  const { gate, minMs } = toGate(state, phase)
  if (phase.paused !== null) return { kind: 'paused', reason: `paused: ${phase.paused.text}` }
  if (phase.name === 'smoke') return findSmokeObstacle(state, phase.isPassed)
  if (phase.elapsedMs < minMs) {
    return { kind: 'time', reason: toTimeText(state, phase, minMs) }
  }
  if (gate === 'manual') {
    return { kind: 'manual', reason: 'somebody has to let it go on: holo rollout advance' }
  }
  const missing = findMissing(plan, data, weight)
  if (missing) return { kind: 'data', reason: missing }
  if (sampleRatio.alarmed) {
    return {
      kind: 'sampleRatio',
      reason:
        'visitors do not arrive in the shares that they were given, so that the two versions cannot be compared',
    }
  }
  const isDoubtful = isWithBaseline(state, phase) && mayBaselineFail(state)
  if (isDoubtful) return { kind: 'baseline', reason: toBaselineText(state) }
  const unpassed = findUnpassed(state)
  if (unpassed !== undefined) return { kind: 'check', reason: unpassed }
  const question = toQuestion(plan)
  if (gate === 'evidence' && outcome !== 'promote' && !goesOn(state, phase)) {
    return { kind: 'evidence', reason: toMissingText(question, toObserved(state)) }
  }
  if (gate === 'better' && !isBetter(question, toObserved(state))) {
    return {
      kind: 'evidence',
      reason: `not shown to be better yet: ${judge(question, toObserved(state)).reason}`,
    }
  }
  return state.hold === undefined ? null : { kind: 'frozen', reason: state.hold }
}

function findSmokeObstacle({ hold }: RolloutState, isPassed: boolean): Obstacle | null {
  if (!isPassed) return { kind: 'smoke', reason: 'the smoke requests are not all answered yet' }
  return hold === undefined ? null : { kind: 'frozen', reason: hold }
}

/** So much evidence against a canary is common where nothing is wrong. */
const NOTHING_AGAINST = Math.log(3)

/** Whether the step's maximum has passed, the plan goes on then, and nothing speaks against it. */
function goesOn(state: RolloutState, phase: RunningPhase): boolean {
  const { maxMs, atMax } = toGate(state, phase)
  if (atMax !== 'goOn' || maxMs === null || phase.elapsedMs < maxMs) return false
  return judge(toQuestion(state.plan), toObserved(state)).logWorse < NOTHING_AGAINST
}

/** A release must not look good beside a baseline that fails: while it may, nothing goes on. */
function mayBaselineFail({ baselineCheck }: RolloutState): boolean {
  return baselineCheck !== undefined && toLogBaselineFails(baselineCheck) >= NOTHING_AGAINST
}

/** In words, that the baseline fails although it has the base's build. */
export function toBaselineText({ plan, baselineCheck }: RolloutState): string {
  const [base, baseline] = baselineCheck ? toBaselineFailures(baselineCheck) : [0, 0]
  return `the baseline "${plan.baseline}" fails more than twice as often as the base, although both have the same build (${toVisitors(baseline)} of the baseline and ${toNumber(base)} of the base met a failure after the warm-up)`
}

/** The gate of the present phase. The bake has a time gate; smoke takes no time of its own. */
export function toGate({ plan }: RolloutState, phase: RunningPhase) {
  const step = phase.name === 'step' ? plan.steps[phase.index] : undefined
  const minMs = phase.name === 'smoke' ? 0 : plan.bake.minMs
  return step ?? { gate: 'time' as const, minMs, maxMs: null, atMax: 'hold' as const }
}

/** How much of the time has passed, and what else a gate that opens by itself will ask for. */
function toTimeText({ plan, data }: RolloutState, phase: RunningPhase, minMs: number): string {
  const place = phase.name === 'step' ? 'this step' : 'the bake'
  const time = `${place} takes at least ${toDuration(minMs)}, of which ${toDuration(phase.elapsedMs)} have passed`
  const [, canary] = data.visitors
  return canary >= plan.minVisitors
    ? time
    : `${time}; it also needs ${toVisitors(plan.minVisitors)} of the new version, of whom ${toNumber(canary)} have come`
}

/**
 * How closely a rollout has to be watched:
 * - `each-window`: the next window may open the gate, or show that the release is bad
 * - `each-minute`: only time can change something, or no visitors have come for a while
 * - `rarely`: looking cannot change anything
 */
export type Attention = 'each-window' | 'each-minute' | 'rarely'

/** Observed time without visits on both sides after which none are expected in the next window. */
const QUIET_MS = 60_000

/**
 * Decides how closely to watch. Every window matters unless the rollout waits for a person: it is
 * paused, or its gate is manual. Evidence rolls back such a release too, so it is still watched
 * while it has visitors.
 */
export function decideAttention(state: RolloutState): Attention {
  const { phase, weight, data } = state
  if (!isRunning(phase)) return 'rarely'
  if (state.confirming && phase.paused === null) return 'each-window'
  const { gate, minMs, maxMs } = toGate(state, phase)
  if (phase.paused === null && gate !== 'manual') return 'each-window'
  const isSeen = weight > 0
  if (isSeen && data.silentMs <= QUIET_MS) return 'each-window'
  const isTimed = phase.elapsedMs < minMs || (maxMs !== null && !phase.held)
  return isSeen || (isTimed && phase.paused === null) ? 'each-minute' : 'rarely'
}

/** Counts older than this, in observed time, do not show that both sides still get visitors. */
const FRESH_MS = 5 * 60_000

/**
 * What data are missing, in words, before a gate may open by itself; `null` if none are. Silence
 * never opens a gate.
 */
function findMissing(plan: Plan, data: StepData, weight: number): string | null {
  const needed = Math.max(1, plan.minVisitors)
  const hasBase = weight < 100
  const [base, canary] = data.visitors
  if (canary < needed) return toFewText(canary, needed, 'the new version')
  if (hasBase && base < needed) return toFewText(base, needed, 'the old version')
  if (data.silentMs <= FRESH_MS) return null
  const silent = toDuration(data.silentMs)
  return hasBase
    ? `for ${silent} nobody has come to one of the two versions`
    : `for ${silent} nobody has come to the new version`
}

function toFewText(count: number, needed: number, version: string): string {
  const has = `${toVisitors(count)} ${count === 1 ? 'has' : 'have'}`
  return `too few visitors: ${has} had ${version} in this step, and ${toNumber(needed)} are needed`
}
