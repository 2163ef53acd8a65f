// Gives several events to the state machine of a rollout, one after the other, and collects what they lead
// to. The control, a replay and the dashboard all use it.

import type { Action, AuditRow, RolloutEvent } from './events.ts'
import type { Phase, RolloutState } from './state.ts'
import { step } from './step.ts'

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
