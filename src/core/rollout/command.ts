// What people do to a rollout: pause, resume, advance, promote, abort. And what changes of the document
// do to it that were made without it: another version, other traffic.

import { startMetric } from '../judge/metric.ts'
import { NO_SAMPLE } from '../sample-ratio/sample-ratio.ts'
import { noData } from './data.ts'
import type { Action, Moved, RolloutEvent } from './events.ts'
import { isRunning, type Pause, type RolloutState, type RunningPhase, toWeight } from './state.ts'
import { enter, move, rollBack, START, toFollowing, toNext } from './transition.ts'

type Of<K extends RolloutEvent['kind']> = Extract<RolloutEvent, { kind: K }>

/** Weights are percentages of two decimals. */
const SAME_WEIGHT = 0.005

/** A command that does nothing, with the reason for whoever gave it. */
export function refuse(state: RolloutState, refused: string): Moved {
  return { state, actions: [], audit: [], refused }
}

/** The first step, or the bake, or the end: whatever the plan begins with. */
export function start(state: RolloutState, event: Of<'start'>): Moved {
  const generation = state.generation + 1
  const first = toNext(state, -1)
  const phase =
    first.name === 'promoted'
      ? { ...first, reason: 'the plan asks for everybody at once, without evidence' }
      : first
  const counting: Action = { kind: 'startCounting', generation }
  const reason = phase.name === 'promoted' ? phase.reason : 'started'
  return enter({ ...state, generation }, event, phase, reason, [counting])
}

/** Stops time and steps. The judge goes on: evidence takes back a paused release, too. */
export function pause(state: RolloutState, phase: RunningPhase, event: Of<'pause'>): Moved {
  if (phase.paused !== null) return refuse(state, `already paused: ${phase.paused.text}`)
  const text = `by ${event.by}`
  const paused: Pause = { by: event.by, cause: 'command', text }
  return move(state, event, { ...state, phase: { ...phase, paused } }, `paused ${text}`)
}

/** Goes on with the plan; a weight that was changed by hand is set back to the plan's. */
export function resume(state: RolloutState, phase: RunningPhase, event: Of<'resume'>): Moved {
  if (phase.paused === null) return refuse(state, 'not paused')
  const weight = toWeight(state.plan, phase)
  const isMoved = Math.abs(weight - state.weight) >= SAME_WEIGHT
  const actions: Action[] = isMoved ? [{ kind: 'setWeight', weight }] : []
  const after = { ...state, weight, phase: { ...phase, paused: null } }
  return move(state, event, after, `resumed by ${event.by}`, actions)
}

/** The next step on somebody's word. A pause stays one, so that steps can be taken by hand. */
export function advance(state: RolloutState, phase: RunningPhase, event: Of<'advance'>): Moved {
  const reason = `advanced by ${event.by}, whatever the gate asks for`
  const next = toFollowing(state)
  if (isRunning(next)) return enter(state, event, { ...next, paused: phase.paused }, reason)
  return enter(state, event, next.name === 'promoted' ? { ...next, reason } : next, reason)
}

/** The end for the release, from whatever phase. */
export function promote(state: RolloutState, event: Of<'promote'>): Moved {
  const reason = `promoted by ${toAuthor(event)}, whatever the gates ask for`
  return enter(state, event, { name: 'promoted', reason }, reason)
}

/** The end against the release, from whatever phase. */
export function abort(state: RolloutState, event: Of<'abort'>): Moved {
  return rollBack(state, event, 'person', `aborted by ${toAuthor(event)}`)
}

type Author = Pick<Of<'abort'>, 'by' | 'action' | 'why'>

/** In words: `bob`, or with the change of the document that it follows from, `bob (swap): …`. */
function toAuthor({ by, action, why }: Author): string {
  const author = action === undefined ? by : `${by} (${action})`
  return why === undefined ? author : `${author}: ${why}; the document stays as it was made`
}

/**
 * Evidence about another version is no evidence: the analysis begins anew. A new canary goes back to
 * the first step, because nobody has judged it; a new control leaves the step and its weight.
 */
export function pushVersion(
  state: RolloutState,
  phase: RunningPhase,
  event: Of<'versionPushed'>,
): Moved {
  const generation = state.generation + 1
  const { metrics } = state.plan
  const anew = { ...state, generation, metrics: metrics.map(startMetric), sampleRatio: NO_SAMPLE }
  const counting: Action = { kind: 'startCounting', generation }
  const first = event.side === 'canary' ? toNext(state, -1) : phase
  const next: RunningPhase = { ...(first as RunningPhase), ...START, paused: phase.paused }
  const reason = `${event.side} got version ${event.version} by ${toAuthor(event)}: the analysis begins anew`
  const entered =
    event.side === 'canary'
      ? enter(anew, event, next, reason, [counting])
      : stay(anew, event, next, reason, counting)
  // The audit row tells what was known of the version that was replaced.
  return { ...entered, audit: move(state, event, entered.state, reason).audit }
}

/** A weight that was changed by hand stays, too. */
function stay(
  state: RolloutState,
  event: RolloutEvent,
  phase: RunningPhase,
  reason: string,
  counting: Action,
): Moved {
  const { weight, plan } = state
  const actions: Action[] = [counting, { kind: 'setWeight', weight }]
  return move(state, event, { ...state, phase, data: noData(plan) }, reason, actions)
}

/** What a person does to the traffic stays: the rollout pauses until somebody resumes it. */
export function noticeTraffic(
  state: RolloutState,
  phase: RunningPhase,
  event: Of<'trafficChanged'>,
): Moved {
  const planned = toWeight(state.plan, phase)
  if (!(Number.isFinite(event.weight) && event.weight >= 0 && event.weight <= 100)) {
    return refuse(state, `weight: a percentage, not ${event.weight}`)
  }
  if (Math.abs(event.weight - planned) < SAME_WEIGHT) {
    return move(
      state,
      event,
      { ...state, weight: event.weight },
      `traffic was changed by ${toAuthor(event)}; the canary still has its ${planned} %`,
    )
  }
  const text = `${toAuthor(event)} gave the canary ${event.weight} %, and the plan says ${planned} %`
  const paused: Pause = { by: event.by, cause: 'traffic', text }
  const after = { ...state, weight: event.weight, phase: { ...phase, paused } }
  return move(state, event, after, `paused: ${text}`)
}
