// What subscribers are told of a rollout: one event for each of its transitions.

import { isRunning, isSamePhase, toStepNumber } from '../../core/rollout/state.ts'
import type { MadeTransition } from '../../core/rollout/step.ts'
import type { NewEvent } from '../../wire/events.ts'
import type { ComparedState } from './seen.ts'
import type { Rollout } from './store.ts'

/** In the order of the transitions. `seen` says which versions are compared. */
export function toEvents(
  {
    id,
    environment,
    base,
    state: { plan },
  }: Pick<Rollout, 'id' | 'environment' | 'base' | 'state'>,
  { version, baseVersion }: Pick<ComparedState, 'version' | 'baseVersion'>,
  transitions: readonly MadeTransition[],
  actor: string,
): NewEvent[] {
  return transitions.map((transition) => {
    const { row, after } = transition
    const told = {
      rollout: id,
      environment,
      base,
      version,
      baseVersion,
      weight: row.weight,
      // A rollout that was never started has no transitions.
      phase: after.name === 'ready' ? ('step' as const) : after.name,
      step: toStepNumber(plan, after),
      by: row.by ?? actor,
      reason: row.reason,
    }
    if (after.name === 'promoted' || after.name === 'rolledBack') {
      return { kind: 'rollout.ended', ...told, outcome: after.name }
    }
    const kind = toKind(transition)
    return kind === 'rollout.stepped'
      ? { kind, ...told, from: row.from, to: row.to }
      : { kind, ...told }
  })
}

function toKind({ row, before, after }: MadeTransition) {
  if (row.event === 'start') return 'rollout.started'
  if (row.event === 'resume') return 'rollout.resumed'
  if (!isSamePhase(before, after)) return 'rollout.stepped'
  if (!isRunning(before) || !isRunning(after)) return 'rollout.noticed'
  if (before.paused === null && after.paused !== null) return 'rollout.paused'
  return !before.held && after.held ? 'rollout.waiting' : 'rollout.noticed'
}
