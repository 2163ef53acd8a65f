// A rollout once more from its stored events: whether the machine still says the same, bit for bit. A long
// one takes several calls; what they have come to is in memory, and begins anew where that is lost.

import type { RolloutEvent } from '../../core/rollout/events.ts'
import { newRollout, type RolloutState } from '../../core/rollout/state.ts'
import {
  KEPT_REPLAY_MS,
  MAX_KEPT_REPLAYS,
  MAX_REPLAYABLE_ROLLOUTS,
  REPLAYED_CHUNKS_PER_STEP,
} from '../limits.ts'
import type { Replay } from './contract.ts'
import { giveEvents, type Outcome } from './feed.ts'
import type { Rollout, RolloutStore } from './store.ts'

/** What is told of what differs. */
const MAX_DIFFERENCES = 20

type Parts = { readonly store: RolloutStore; readonly now: () => number }

/** How far a replay has come. */
type Replaying = {
  /** As it was when the replay began: events that come meanwhile are left. */
  readonly rollout: Rollout
  state: RolloutState
  /** The next chunk of events. */
  chunk: number
  events: number
  windows: number
  readonly recomputed: string[]
  /** Why it cannot go on; `undefined` where it can. */
  problem: string | undefined
  keptAt: number
}

export class Replays {
  readonly #parts: Parts
  /** By the rollout's number, the oldest first. Whoever goes on with one takes it out. */
  readonly #kept = new Map<number, Replaying>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** One chunk of events at a time, so that others have their turn; the same call again goes on. */
  async step(rollout: Rollout): Promise<Replay> {
    const { store } = this.#parts
    const replaying = this.#take(rollout.id) ?? begin(rollout)
    for (let chunks = 0; chunks < REPLAYED_CHUNKS_PER_STEP; chunks++) {
      if (!replayChunk(store, replaying)) return compare(store, replaying)
      await scheduler.wait(0)
    }
    this.#keep(replaying)
    return { done: false, events: replaying.events, of: replaying.rollout.events }
  }

  #take(id: number): Replaying | undefined {
    const kept = this.#kept.get(id)
    this.#kept.delete(id)
    return kept && this.#parts.now() - kept.keptAt <= KEPT_REPLAY_MS ? kept : undefined
  }

  #keep(replaying: Replaying): void {
    const { id } = replaying.rollout
    replaying.keptAt = this.#parts.now()
    this.#kept.delete(id)
    this.#kept.set(id, replaying)
    const [oldest = id] = this.#kept.keys()
    if (this.#kept.size > MAX_KEPT_REPLAYS) this.#kept.delete(oldest)
  }
}

function begin(rollout: Rollout): Replaying {
  return {
    rollout,
    state: newRollout(rollout.state.plan),
    ...{ chunk: 0, events: 0, windows: 0, recomputed: [], problem: undefined, keptAt: 0 },
  }
}

/** Whether there may be another one. */
function replayChunk(store: RolloutStore, replaying: Replaying): boolean {
  const { id, events: count } = replaying.rollout
  const some = store.events(id, replaying.chunk)?.slice(0, count - replaying.events)
  if (!some) return false
  for (const event of some) {
    const outcome = giveEvents(replaying.state, [event])
    if ('refused' in outcome) {
      replaying.problem = `event ${replaying.events} (${event.kind}) is refused: ${outcome.refused}`
      return false
    }
    replaying.state = outcome.state
    replaying.recomputed.push(...toTexts(outcome, replaying.events))
    replaying.windows += countWindows(event)
    replaying.events++
  }
  replaying.chunk++
  return replaying.events < count
}

function compare(store: RolloutStore, replaying: Replaying): Replay {
  const { rollout, state, events, windows, recomputed, problem } = replaying
  const { id, events: count } = rollout
  const known = store
    .transitions(id, Number.MAX_SAFE_INTEGER)
    .filter(({ event }) => event < count)
    .map(({ event, place, row }) => `${event} ${place} ${row}`)
  const isSameState = JSON.stringify(state) === JSON.stringify(rollout.state)
  const differences = [
    ...(problem === undefined ? [] : [problem]),
    ...(events < count ? [toMissing(events, count)] : findDifferences(known, recomputed)),
    ...(events < count || isSameState ? [] : ['the state is another one']),
  ].slice(0, MAX_DIFFERENCES)
  return {
    done: true,
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
