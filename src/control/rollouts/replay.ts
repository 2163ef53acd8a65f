// A rollout once more from its stored events: whether the machine still says the same, bit for bit.

import type { RolloutEvent } from '../../core/rollout/events.ts'
import { newRollout } from '../../core/rollout/state.ts'
import { MAX_REPLAYABLE_ROLLOUTS } from '../limits.ts'
import type { Replay } from './contract.ts'
import { giveEvents, type Outcome } from './feed.ts'
import type { Rollout, RolloutStore } from './store.ts'

/** What is told of what differs. */
const MAX_DIFFERENCES = 20

/** One chunk of events at a time, so that others have their turn. Events that come meanwhile are left. */
export async function replayRollout(store: RolloutStore, rollout: Rollout): Promise<Replay> {
  const { id, events: count } = rollout
  const stored = store.transitions(id, Number.MAX_SAFE_INTEGER)
  const recomputed: string[] = []
  const problems: string[] = []
  let state = newRollout(rollout.state.plan)
  let [events, windows] = [0, 0]
  for (let chunk = 0; events < count && problems.length === 0; chunk++) {
    const some = store.events(id, chunk)?.slice(0, count - events)
    if (!some) break
    for (const event of some) {
      const outcome = giveEvents(state, [event])
      if ('refused' in outcome) {
        problems.push(`event ${events} (${event.kind}) is refused: ${outcome.refused}`)
        break
      }
      state = outcome.state
      recomputed.push(...toTexts(outcome, events))
      windows += countWindows(event)
      events++
    }
    await scheduler.wait(0)
  }
  const known = stored
    .filter(({ event }) => event < count)
    .map(({ event, place, row }) => `${event} ${place} ${row}`)
  const differences = [
    ...problems,
    ...(events < count ? [toMissing(events, count)] : findDifferences(known, recomputed)),
    ...(events < count || JSON.stringify(state) === JSON.stringify(rollout.state)
      ? []
      : ['the state is another one']),
  ].slice(0, MAX_DIFFERENCES)
  return {
    same: differences.length === 0,
    ...{ events, windows, transitions: recomputed.length, differences },
  }
}

function toTexts({ transitions }: Outcome, event: number): string[] {
  return transitions.map(({ place, row }) => `${event} ${place} ${JSON.stringify(row)}`)
}

function countWindows(event: RolloutEvent): number {
  return event.kind === 'tick' ? event.windows.length : 0
}

function toMissing(events: number, count: number): string {
  const why = `those of the newest ${MAX_REPLAYABLE_ROLLOUTS} rollouts are kept`
  return `of ${count} events ${events} could be replayed (${why})`
}

function findDifferences(known: readonly string[], recomputed: readonly string[]): string[] {
  const length = Math.max(known.length, recomputed.length)
  return Array.from({ length }, (_, i) => i)
    .filter((i) => known[i] !== recomputed[i])
    .map((i) => `transition ${i + 1}: ${recomputed[i] ?? 'none'}, and not ${known[i] ?? 'none'}`)
}
