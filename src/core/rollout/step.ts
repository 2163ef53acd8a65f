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
import type { Plan } from './plan.ts'
import { isRunning, newRollout, type RolloutState, toPhaseText } from './state.ts'
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

/** A whole rollout again from its stored events, bit for bit. */
export function replay(
  plan: Plan,
  events: readonly RolloutEvent[],
): { state: RolloutState; actions: readonly Action[]; audit: readonly AuditRow[] } {
  let state = newRollout(plan)
  const actions: Action[] = []
  const audit: AuditRow[] = []
  for (const event of events) {
    const moved = step(state, event)
    state = moved.state
    actions.push(...moved.actions)
    audit.push(...moved.audit)
  }
  return { state, actions, audit }
}
