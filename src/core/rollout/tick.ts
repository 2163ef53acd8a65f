// What a tick of the alarm does: adds the closed windows to the state and moves the rollout as
// their evidence says. A rollout moves by itself here and nowhere else.

import { toDuration } from '../amounts.ts'
import { addTally } from '../judge/evidence.ts'
import { addToMetric, closeBlock } from '../judge/metric.ts'
import { addVisitors, type Stratum, toLogSampleRatio } from '../judge/sample-ratio.ts'
import { addSegments, enterSegments } from '../judge/segments.ts'
import { BLOCK_MS, type BlockFacts, type Metric } from '../judge/sets.ts'
import { decideOutcome, judge, type Verdict } from '../judge/verdict.ts'
import { toChanceText } from '../judge/words.ts'
import { addToBaselineCheck, toLogBaselineFails } from './baseline.ts'
import { findFailed } from './checks.ts'
import { decidePermission } from './confirm.ts'
import type { AuditRow, RolloutEvent, StepResult, Window } from './events.ts'
import { findObstacle, type Obstacle, toBaselineText, toGate } from './gate.ts'
import { type Plan, toQuestion } from './plan.ts'
import { isWithBaseline, type RolloutState, type RunningPhase, toObserved } from './state.ts'
import { dropBaseline, enter, move, rollBack, toFollowing } from './transition.ts'

/** Adds the windows one by one, looks at the evidence after each, and then looks at the gate. */
export function tick(
  start: RolloutState,
  phase: RunningPhase,
  event: RolloutEvent,
  windows: readonly Window[],
): StepResult {
  let state = start
  let outcome: Verdict['outcome'] | undefined
  for (const window of windows.toSorted((one, other) => toPlace(one) - toPlace(other))) {
    if (outcome === 'rollback') break
    state = addWindow(state, window)
    outcome = decideOutcome(toQuestion(state.plan), toObserved(state))
  }
  outcome ??= decideOutcome(toQuestion(state.plan), toObserved(state))
  const noticed = noticeSampleRatio(start, state, event)
  if (outcome === 'rollback') {
    const { reason } = judge(toQuestion(state.plan), toObserved(state))
    return after(noticed, takeBack(state, phase, event, 'evidence', reason))
  }
  const failed = findFailed(state)
  if (failed !== undefined) return after(noticed, takeBack(state, phase, event, 'evidence', failed))
  if (isBaselineFailing(state, phase)) return after(noticed, endBaseline(state, phase, event))
  const obstacle = findObstacle(state, phase, outcome)
  if (obstacle) return after(noticed, wait(state, phase, event, obstacle))
  return after(noticed, goOn(state, phase, event))
}

/** Takes the next step, unless somebody has to confirm it first. */
function goOn(state: RolloutState, phase: RunningPhase, event: RolloutEvent): StepResult {
  const next = toFollowing(state)
  // The start was confirmed before.
  if (phase.name === 'smoke') return enter(state, event, next, 'all smoke requests were answered')
  const before = next.name === 'promoted' ? 'promotion' : 'step'
  const permission = decidePermission(state, phase, before, event)
  switch (permission.kind) {
    case 'go':
      return enter(state, event, next, toPassedReason(state, phase))
    case 'ask': {
      const { confirming, reason } = permission
      return move(state, event, { ...state, confirming }, reason)
    }
    case 'wait':
      return stay(state)
    case 'silent': {
      const { silence, reason } = permission
      if (silence === 'rollBack') return rollBack(state, event, 'tooLong', reason)
      if (phase.held) return stay(state)
      return move(state, event, { ...state, phase: { ...phase, held: true } }, `holds: ${reason}`)
    }
  }
}

/** Rolls back, after a bounded time in which somebody is asked. Commands of people do not come here. */
function takeBack(
  state: RolloutState,
  phase: RunningPhase,
  event: RolloutEvent,
  cause: 'evidence' | 'tooLong',
  reason: string,
): StepResult {
  const permission = decidePermission(state, phase, 'rollback', event)
  if (permission.kind === 'wait') return stay(state)
  if (permission.kind !== 'ask') return rollBack(state, event, cause, reason)
  const { confirming } = permission
  return move(state, event, { ...state, confirming }, `${reason}; ${permission.reason}`)
}

function stay(state: RolloutState): StepResult {
  return { state, actions: [], audit: [], refused: null }
}

/**
 * Sorts windows with an invalid id first, where they are dropped and do not disturb the order of
 * the others.
 */
function toPlace({ id }: Window): number {
  return Number.isSafeInteger(id) ? id : -1
}

/** Does, once, what the plan says for the time after a step's maximum. */
function wait(
  state: RolloutState,
  phase: RunningPhase,
  event: RolloutEvent,
  { kind, reason }: Obstacle,
): StepResult {
  // The gate is open: what holds the rollout is told once, and ends by itself.
  if (kind === 'frozen') {
    if (phase.held) return { state, actions: [], audit: [], refused: null }
    return move(state, event, { ...state, phase: { ...phase, held: true } }, `waits: ${reason}`)
  }
  const { maxMs, atMax } = toGate(state, phase)
  const isOver = maxMs !== null && phase.elapsedMs >= maxMs && kind !== 'paused'
  if (!isOver) return stay(state)
  const late = `the ${toDuration(maxMs)} that this step may take at most are over: ${reason}`
  const otherwise = kind === 'data' ? state.plan.withoutData : atMax
  // An alarm of the sample ratio, or a baseline that fails, means that the sides cannot be compared;
  // that is no reason to roll back.
  if (otherwise === 'rollBack' && kind !== 'sampleRatio' && kind !== 'baseline') {
    return takeBack(state, phase, event, 'tooLong', late)
  }
  if (phase.held) return stay(state)
  return move(state, event, { ...state, phase: { ...phase, held: true } }, `holds: ${late}`)
}

function toPassedReason(state: RolloutState, phase: RunningPhase): string {
  const { reason } = judge(toQuestion(state.plan), toObserved(state))
  const place = phase.name === 'step' ? 'this step' : 'the bake'
  return `${reason}; ${place} took ${toDuration(phase.elapsedMs)}`
}

function noticeSampleRatio(
  before: RolloutState,
  state: RolloutState,
  event: RolloutEvent,
): readonly AuditRow[] {
  if (!state.sampleRatio.alarmed || before.sampleRatio.alarmed) return []
  const chance = toChanceText(toLogSampleRatio(state.sampleRatio))
  const reason = `visitors do not arrive in the shares that they were given (by chance alone: ${chance}); from here on nobody but a person promotes it`
  return move(state, event, state, reason).audit
}

/** The baseline has the base's build. If it fails far more often, it says nothing about the canary. */
function isBaselineFailing(state: RolloutState, phase: RunningPhase): boolean {
  const { plan, baselineCheck } = state
  if (!baselineCheck || !isWithBaseline(state, phase)) return false
  return toLogBaselineFails(baselineCheck) >= Math.log(1 / plan.sampleRatioAlpha)
}

/** Its visitors go back to the base, which takes its place. The step begins anew. */
function endBaseline(state: RolloutState, phase: RunningPhase, event: RolloutEvent): StepResult {
  const reason = `${toBaselineText(state)}: its visitors go back to the base, which takes its place, and the analysis begins anew`
  return dropBaseline(state, phase, event, reason)
}

function after(rows: readonly AuditRow[], moved: StepResult): StepResult {
  return rows.length === 0 ? moved : { ...moved, audit: [...rows, ...moved.audit] }
}

/**
 * Adds a window to the state. One that was added before, that is late or that counted another
 * generation is only counted as an oddity.
 */
function addWindow(state: RolloutState, window: Window): RolloutState {
  const { oddities } = state
  if (!(Number.isSafeInteger(window.id) && window.id > state.lastWindow)) {
    return { ...state, oddities: { ...oddities, oldWindows: oddities.oldWindows + 1 } }
  }
  const seen = { ...state, lastWindow: window.id }
  if (window.generation !== state.generation) {
    return { ...seen, oddities: { ...oddities, foreignWindows: oddities.foreignWindows + 1 } }
  }
  return addBaseline(
    addAssigned(addCounts(enterBlock(seen, window), window), window.assigned),
    window,
  )
}

function addBaseline(state: RolloutState, { baseline = [] }: Window): RolloutState {
  const { baselineCheck, lastNowMs } = state
  if (!baselineCheck) return state
  return {
    ...state,
    baselineCheck: addToBaselineCheck(baselineCheck, baseline, lastNowMs ?? 0),
  }
}

/** Ends the block of time before, if this is another one. An experiment has no more of a state than this. */
export function enterBlock<
  State extends Pick<RolloutState, 'metrics' | 'block' | 'segments' | 'lastNowMs'> & {
    readonly plan: Pick<Plan, 'metrics'>
  },
>(state: State, window: Window): State {
  const { plan, block, segments } = state
  const now = state.lastNowMs ?? 0
  const since = block.since ?? (hasCanary(window) ? now : null)
  const at = since === null ? 0 : Math.floor((now - since) / BLOCK_MS)
  if (at === block.at) return { ...state, block: { ...block, since } }
  const close = (metrics: RolloutState['metrics'], facts: BlockFacts) =>
    metrics.map((metric, i) => closeBlock(plan.metrics[i] as Metric, metric, facts, segments))
  const closed = close(state.metrics, block)
  // Blocks without a window lie between: nothing was gained just before.
  const metrics = at === block.at + 1 ? closed : close(closed, { atRisk: 0, isFirst: false })
  return {
    ...state,
    metrics,
    block: { at, atRisk: 0, isFirst: false, since },
    ...(segments ? { segments: enterSegments(segments) } : {}),
  }
}

/** Whether visitors of the canary were there. */
function hasCanary({ sets, present }: Window): boolean {
  return present.some(({ canary }) => canary > 0) || sets.some(({ visitors }) => visitors[1] > 0)
}

function addCounts(state: RolloutState, window: Window): RolloutState {
  const { plan, metrics, data, visitors, block, weight, segments } = state
  const { sets, crowd } = window
  let { present } = state
  let [base, canary] = [0, 0]
  for (const tally of window.present) {
    present = addTally(present, tally)
    base += tally.base
    canary += tally.canary
  }
  const speaks = canary > 0 && (base > 0 || weight >= 100)
  return {
    ...state,
    metrics: metrics.map((before, i) => {
      const metric = plan.metrics[i]
      return metric ? addToMetric(metric, before, sets) : before
    }),
    visitors: [visitors[0] + window.visitors[0], visitors[1] + window.visitors[1]],
    present,
    crowd,
    ...(segments ? { segments: addSegments(segments, window.segments) } : {}),
    block: { ...block, atRisk: block.atRisk + canary },
    data: { ...data, silentMs: speaks ? 0 : data.silentMs },
  }
}

function addAssigned(state: RolloutState, assigned: readonly Stratum[]): RolloutState {
  let { sampleRatio } = state
  let [base, canary] = state.data.visitors
  for (const stratum of assigned) {
    const next = addVisitors(sampleRatio, stratum, state.plan.sampleRatioAlpha)
    if (next === sampleRatio) continue
    sampleRatio = next
    base += stratum.visitors[0] ?? 0
    canary += stratum.visitors[1] ?? 0
  }
  return { ...state, sampleRatio, data: { ...state.data, visitors: [base, canary] } }
}
