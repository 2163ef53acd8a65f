// The state machine of a rollout: what an event does to it. Pure: the clock is in the event, data
// come in windows, and whoever calls it stores the state and does the actions.

import { passTime } from './clock.ts'
import {
  abort,
  advance,
  noticeTraffic,
  pause,
  promote,
  pushVersion,
  refuse,
  resume,
  start,
} from './command.ts'
import type { Action, AuditRow, Moved, RolloutEvent } from './events.ts'
import { isRunning, type Phase, type RolloutState, toPhaseText } from './state.ts'
import { tick } from './tick.ts'

/**
 * The next state, what the control shall do for it, and an audit row for every transition.
 *
 * A rollout that is over stays as it is, whatever comes. It is never stuck: from every running phase
 * a person's `advance`, `promote` and `abort` lead on.
 */
export function step(state: RolloutState, event: RolloutEvent): Moved {
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
      return tick(timed, phase, event, event.windows)
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
    case 'versionPushed':
      return pushVersion(timed, phase, event)
    case 'trafficChanged':
      return noticeTraffic(timed, phase, event)
  }
}

/** A transition, the event that made it, and the phases before and after it. */
export type MadeTransition = {
  /** The place of the event among those that were given, from 0. */
  readonly event: number
  /** Its place among the transitions of this event. */
  readonly place: number
  readonly row: AuditRow
  readonly before: Phase
  readonly after: Phase
}

/** What several events together lead to. */
export type GivenEvents = {
  readonly state: RolloutState
  readonly actions: readonly Action[]
  readonly transitions: readonly MadeTransition[]
}

/**
 * Gives events to the machine one after the other. Each makes a round trip through JSON first, so that the
 * machine sees exactly what a replay will read.
 *
 * @returns `refused`, in words, as soon as the machine refuses one of them.
 */
export function giveEvents(
  before: RolloutState,
  events: readonly RolloutEvent[],
): GivenEvents | { readonly refused: string } {
  let state = before
  const actions: Action[] = []
  const transitions: MadeTransition[] = []
  for (const [number, event] of events.entries()) {
    const moved = step(state, JSON.parse(JSON.stringify(event)) as RolloutEvent)
    if (moved.refused !== null) return { refused: moved.refused }
    for (const [place, row] of moved.audit.entries()) {
      // Only the last row of an event changes the phase; those before it tell what was noticed.
      const isLast = place === moved.audit.length - 1
      const after = isLast ? moved.state.phase : state.phase
      transitions.push({ event: number, place, row, before: state.phase, after })
    }
    state = moved.state
    actions.push(...moved.actions)
  }
  return { state, actions, transitions }
}
