// What subscribers are told of a rollout: one event for each of its transitions.

import type { AuditRow } from '../../core/rollout/events.ts'
import { isRunning, type Phase, type RolloutState } from '../../core/rollout/state.ts'
import type { NewEvent } from '../../wire/events.ts'
import type { Seen } from './seen.ts'
import type { Made, Rollout } from './store.ts'

/** In the order of the transitions. `seen` says which versions are compared. */
export function toEvents(
  { id, environment, base, state: before }: Rollout,
  { version, baseVersion }: Seen,
  { state: after, transitions }: { state: RolloutState; transitions: readonly Made[] },
  actor: string,
): NewEvent[] {
  return transitions.map(({ row }, index) => {
    const told = {
      rollout: id,
      environment,
      base,
      version,
      baseVersion,
      weight: row.weight,
      by: row.by ?? actor,
      reason: row.reason,
    }
    const isLast = index === transitions.length - 1
    const { phase } = after
    if (isLast && (phase.name === 'promoted' || phase.name === 'rolledBack')) {
      return { kind: 'rollout.ended', ...told, outcome: phase.name }
    }
    const kind = toKind(row, before.phase, phase)
    return kind === 'rollout.stepped'
      ? { kind, ...told, from: row.from, to: row.to }
      : { kind, ...told }
  })
}

function toKind(row: AuditRow, before: Phase, after: Phase) {
  if (row.event === 'start') return 'rollout.started'
  if (row.event === 'resume') return 'rollout.resumed'
  if (row.from !== row.to) return 'rollout.stepped'
  if (!isRunning(before) || !isRunning(after)) return 'rollout.noticed'
  if (before.paused === null && after.paused !== null) return 'rollout.paused'
  return !before.held && after.held ? 'rollout.waiting' : 'rollout.noticed'
}
