// The state machine of a rollout: what each event does to it. It is pure: the clock is in the
// event, counts come as windows, and the caller stores the state and carries out the actions.

import { addMeasurement } from './checks.ts'
import type { Action, RolloutEvent, StepResult } from './events.ts'
import { decideAttention } from './gate.ts'
import {
  isRunning,
  isWithBaseline,
  NO_DATA,
  type Pause,
  type RolloutState,
  type RunningPhase,
  toBaselineWeight,
  toPhaseText,
  toWeight,
} from './state.ts'
import { tick } from './tick.ts'
import {
  beginAnew,
  dropBaseline,
  enter,
  move,
  rollBack,
  START,
  toFirst,
  toFollowing,
  toSetWeight,
} from './transition.ts'

/**
 * The next state, the actions that the control has to carry out, and an audit row for every
 * transition.
 *
 * A rollout that has ended stays as it is, whatever comes. It never gets stuck: in every running
 * phase a person can `advance`, `promote` or `abort` it.
 */
export function step(state: RolloutState, event: RolloutEvent): StepResult {
  const timed = passTime(state, event.now)
  const { phase } = timed
  if (phase.name === 'ready') {
    return event.kind === 'start' ? start(timed, event) : refuse(state, 'not started')
  }
  if (!isRunning(phase))
    return refuse(state, `the rollout is over: ${toPhaseText(state.plan, phase)}`)
  switch (event.kind) {
    case 'start':
      return refuse(state, 'already started')
    case 'tick':
      return tick({ ...timed, hold: event.hold }, phase, event, event.windows)
    case 'pause':
      return pause(timed, phase, event)
    case 'resume':
      return resume(timed, phase, event)
    case 'advance':
      return advance(timed, phase, event)
    case 'promote':
      return promote(timed, event)
    case 'abort':
      return abort(timed, event)
    case 'confirmed':
      return confirm(timed, event)
    case 'measured': {
      const checks = addMeasurement(timed, event)
      return ignore(checks ? { ...timed, checks } : timed)
    }
    case 'smoked':
      return endSmoke(timed, phase, event)
    case 'versionPushed':
      return pushVersion(timed, phase, event)
    case 'restart':
      return restart(timed, phase, event)
    case 'baselineGone':
      return loseBaseline(timed, phase, event)
    case 'trafficChanged':
      return noticeTraffic(timed, phase, event)
  }
}

/** Alarms come more often than this. Time beyond it was not observed and does not count. */
const LONGEST_GAP_MS = 60_000

/**
 * Adds the time since the last event to the phase, unless it is paused, and to the silence of visitors. A clock that went back adds nothing; one that jumped ahead adds at most a minute. The
 * next event counts from the new time in both cases, so that no jump skips a gate and none keeps it
 * shut. Where a rollout is looked at rarely, no gate depends on observed time, and all of it
 * counts.
 */
function passTime(state: RolloutState, now: number): RolloutState {
  const { phase, lastNowMs, oddities, data } = state
  if (!Number.isFinite(now)) return state
  const gap = lastNowMs === null ? 0 : now - lastNowMs
  const longest = decideAttention(state) === 'rarely' ? Number.POSITIVE_INFINITY : LONGEST_GAP_MS
  const passed = Math.min(Math.max(gap, 0), longest)
  const counted = isRunning(phase) && phase.paused === null ? passed : 0
  return {
    ...state,
    lastNowMs: now,
    phase: isRunning(phase) ? { ...phase, elapsedMs: phase.elapsedMs + counted } : phase,
    data: { ...data, silentMs: data.silentMs + passed },
    oddities: {
      ...oddities,
      gaps: oddities.gaps + (gap > longest ? 1 : 0),
      clockWentBack: oddities.clockWentBack + (gap < 0 ? 1 : 0),
    },
  }
}

type Of<K extends RolloutEvent['kind']> = Extract<RolloutEvent, { kind: K }>

/** Two weights that differ by less are the same: they are percentages with two decimals. */
const SAME_WEIGHT = 0.005

/** A command that is not carried out, with the reason for the person who gave it. */
function refuse(state: RolloutState, refused: string): StepResult {
  return { state, actions: [], audit: [], refused }
}

/** Begins with whatever the plan has first: a step, the bake, or the end. */
function start(state: RolloutState, event: Of<'start'>): StepResult {
  const generation = state.generation + 1
  const first = toFirst(state)
  const phase =
    first.name === 'promoted'
      ? { ...first, reason: 'the plan asks for everybody at once, without evidence' }
      : first
  const counting: Action = { kind: 'startCounting', generation }
  const reason = phase.name === 'promoted' ? phase.reason : 'started'
  const { maxShare } = event
  const begun = { ...state, generation, ...(maxShare === undefined ? {} : { maxShare }) }
  return enter(begun, event, phase, reason, [counting])
}

/** Stops time and steps. The judge goes on: evidence rolls back a paused release too. */
function pause(state: RolloutState, phase: RunningPhase, event: Of<'pause'>): StepResult {
  if (phase.paused !== null) return refuse(state, `already paused: ${phase.paused.text}`)
  const text = event.why ?? `by ${event.by}`
  const paused: Pause = { by: event.by, cause: 'command', text }
  const reason = event.why === undefined ? `paused ${text}` : `paused: ${text}`
  return move(state, event, { ...state, phase: { ...phase, paused } }, reason)
}

/** Goes on with the plan, and sets a weight that was changed by hand back to the plan's. */
function resume(state: RolloutState, phase: RunningPhase, event: Of<'resume'>): StepResult {
  if (phase.paused === null) return refuse(state, 'not paused')
  const weight = toWeight(state.plan, phase)
  // Of the baseline's weight only the plan's is known: it may have been changed by hand, too.
  const isMoved =
    Math.abs(weight - state.weight) >= SAME_WEIGHT || state.plan.baseline !== undefined
  const actions = isMoved ? [toSetWeight(state, phase, weight)] : []
  const after = { ...state, weight, phase: { ...phase, paused: null } }
  return move(state, event, after, `resumed by ${event.by}`, actions)
}

/**
 * Enters the next phase because a person says so. A pause stays, so that somebody can go through
 * the steps by hand.
 */
function advance(state: RolloutState, phase: RunningPhase, event: Of<'advance'>): StepResult {
  const reason = `advanced by ${event.by}, whatever the gate asks for`
  const next = toFollowing(state)
  if (isRunning(next)) return enter(state, event, { ...next, paused: phase.paused }, reason)
  return enter(state, event, next.name === 'promoted' ? { ...next, reason } : next, reason)
}

/** The next tick goes on, if the gate is still open then. An answer to another question changes nothing. */
function confirm(state: RolloutState, event: Of<'confirmed'>): StepResult {
  const { confirming } = state
  if (confirming?.before !== event.before || confirming.isConfirmed) return ignore(state)
  const after = { ...state, confirming: { ...confirming, isConfirmed: true } }
  return move(state, event, after, `confirmed by ${event.by}`)
}

/**
 * Takes in what the smoke requests have come to. The next tick goes on, unless something holds it; a failure
 * ends the rollout, which nobody is asked about, because nobody has the version. A result of an analysis
 * that is over is about another version.
 */
function endSmoke(state: RolloutState, phase: RunningPhase, event: Of<'smoked'>): StepResult {
  const { generation, outcome, text } = event
  if (phase.name !== 'smoke' || phase.isPassed || generation !== state.generation) {
    return ignore(state)
  }
  if (outcome === 'fail') return rollBack(state, event, 'smoke', text)
  return move(state, event, { ...state, phase: { ...phase, isPassed: true } }, text)
}

/** Ends the rollout in favour of the release, from whatever phase. */
function promote(state: RolloutState, event: Of<'promote'>): StepResult {
  const reason = `promoted by ${toAuthor(event)}, whatever the gates ask for`
  return enter(state, event, { name: 'promoted', reason }, reason)
}

/** Ends the rollout against the release, from whatever phase. */
function abort(state: RolloutState, event: Of<'abort'>): StepResult {
  return rollBack(state, event, 'person', `aborted by ${toAuthor(event)}`)
}

type Author = Pick<Of<'abort'>, 'by' | 'action' | 'why'>

/** In words: `bob`, or with the change of the document that it follows from, `bob (swap): …`. */
function toAuthor({ by, action, why }: Author): string {
  const author = action === undefined ? by : `${by} (${action})`
  return why === undefined ? author : `${author}: ${why}; the document stays as it was made`
}

/**
 * Starts the analysis over, because evidence about one version says nothing about another. A new
 * canary goes back to the first step, because nobody has judged it yet; with a new base or baseline
 * the step and its weight stay. A baseline that stood for another version of the base ends.
 */
function pushVersion(
  state: RolloutState,
  phase: RunningPhase,
  event: Of<'versionPushed'>,
): StepResult {
  const isWith = isWithBaseline(state, phase)
  const from = `by ${toAuthor(event)}`
  if (event.side === 'baseline' && !isWith) return ignore(state)
  if (event.side === 'control' && isWith) {
    const reason = `the base got version ${event.version} ${from}: the baseline ends, and the analysis begins anew`
    return dropBaseline(state, phase, event, reason)
  }
  const [anew, counting] = beginAnew(state)
  const first = event.side === 'canary' ? toFirst(state) : phase
  const next: RunningPhase = { ...(first as RunningPhase), ...START, paused: phase.paused }
  const side = event.side === 'control' ? 'base' : event.side
  const reason = `the ${side} got version ${event.version} ${from}: the analysis begins anew`
  const entered =
    event.side === 'canary'
      ? enter(anew, event, next, reason, [counting])
      : stay(anew, event, next, reason, counting)
  // The audit row shows what was known about the version that was replaced.
  return { ...entered, audit: move(state, event, entered.state, reason).audit }
}

/** Starts the analysis over in the same phase, because what was known of the visitors is gone. */
function restart(state: RolloutState, phase: RunningPhase, event: Of<'restart'>): StepResult {
  const [anew, counting] = beginAnew(state)
  const next = { ...phase, ...START, paused: phase.paused }
  return stay(anew, event, next, `${event.why}: the analysis begins anew`, counting)
}

/** Without the baseline the base is compared, from now on and in later steps. */
function loseBaseline(
  state: RolloutState,
  phase: RunningPhase,
  event: Of<'baselineGone'>,
): StepResult {
  if (!isWithBaseline(state, phase)) return ignore({ ...state, baselineIsOver: true })
  const reason = `the baseline "${state.plan.baseline}" was removed or restricted by ${toAuthor(event)}: the base takes its place, and the analysis begins anew`
  return dropBaseline(state, phase, event, reason)
}

/** Nothing that anybody has to be told. */
function ignore(state: RolloutState): StepResult {
  return { state, actions: [], audit: [], refused: null }
}

/** Starts the analysis over in the same phase. A weight that was changed by hand stays too. */
function stay(
  state: RolloutState,
  event: RolloutEvent,
  phase: RunningPhase,
  reason: string,
  counting: Action,
): StepResult {
  const { weight } = state
  const actions: Action[] = [counting, { kind: 'setWeight', weight }]
  return move(state, event, { ...state, phase, data: NO_DATA }, reason, actions)
}

/**
 * Somebody changed traffic by hand: that takes precedence, and the rollout pauses until a person
 * says how to go on.
 */
function noticeTraffic(
  state: RolloutState,
  phase: RunningPhase,
  event: Of<'trafficChanged'>,
): StepResult {
  const planned = toWeight(state.plan, phase)
  if (!(Number.isFinite(event.weight) && event.weight >= 0 && event.weight <= 100)) {
    return refuse(state, `weight: a percentage, not ${event.weight}`)
  }
  const baseline = toBaselineWeight(state, phase) ?? 0
  const isOtherBaseline = Math.abs((event.baseline ?? 0) - baseline) >= SAME_WEIGHT
  if (Math.abs(event.weight - planned) < SAME_WEIGHT && !isOtherBaseline) {
    return move(
      state,
      event,
      { ...state, weight: event.weight },
      `traffic was changed by ${toAuthor(event)}; the canary still has its ${planned} %`,
    )
  }
  const text = isOtherBaseline
    ? `${toAuthor(event)} gave the canary ${event.weight} % and the baseline ${event.baseline ?? 0} %, and the plan says ${planned} % and ${baseline} %`
    : `${toAuthor(event)} gave the canary ${event.weight} %, and the plan says ${planned} %`
  const paused: Pause = { by: event.by, cause: 'traffic', text }
  const after = { ...state, weight: event.weight, phase: { ...phase, paused } }
  return move(state, event, after, `paused: ${text}`)
}
