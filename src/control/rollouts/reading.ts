// Reads rollouts for those who look at them: a list, one as it stands, how it came to that, and its
// stored events in pages for whoever replays it. Changes nothing.

import type { AuditRow, RolloutEvent } from '../../core/rollout/events.ts'
import type { ComparedSegments } from '../../wire/metrics.ts'
import type { RolloutEventsPage } from '../../wire/rollout-events.ts'
import type { RolloutExplanation, RolloutStatus, RolloutSummary } from '../../wire/rollouts.ts'
import type { PageQuery } from '../caller.ts'
import { readOlderEvent, readOlderRow } from './older.ts'
import { toComparedSegments } from './segments.ts'
import type { Stalls } from './stalls.ts'
import type { Rollout, RolloutStore } from './store.ts'
import { toLines, toStatus, toSummary, toTransition } from './tell.ts'

/**
 * The size of one page of the events of a rollout, with their transitions: some 3,000 windows of counts. A
 * week of events is 20 to 40 calls of a few milliseconds each.
 */
export const MAX_EVENTS_PAGE_BYTES = 1024 * 1024

export class RolloutReader {
  readonly #store: RolloutStore
  readonly #stalls: Pick<Stalls, 'queued'>

  constructor(store: RolloutStore, stalls: Pick<Stalls, 'queued'>) {
    this.#store = store
    this.#stalls = stalls
  }

  /** Newest first. */
  page(page: PageQuery): readonly RolloutSummary[] {
    return this.#store.page(page).map((rollout) => this.#withQueue(toSummary(rollout)))
  }

  status(id: number): RolloutStatus | undefined {
    const rollout = this.#store.get(id)
    return rollout && this.#withQueue(toStatus(rollout))
  }

  /** Visitors by segment, of the rollouts that run. */
  segments(): readonly ComparedSegments[] {
    return this.#store.running().flatMap((rollout) => toComparedSegments(rollout) ?? [])
  }

  explain(id: number): RolloutExplanation | undefined {
    const rollout = this.#store.get(id)
    if (!rollout) return undefined
    const status = this.#withQueue(toStatus(rollout))
    return {
      rollout: status,
      lines: toLines(status),
      transitions: this.#store.transitions(id).map(toTransition),
    }
  }

  /** A page of the events of its machine, from a cursor on; from the first event without a valid one. */
  events(id: number, cursor: string | undefined): RolloutEventsPage | undefined {
    const rollout = this.#store.get(id)
    return rollout && readEventsPage(this.#store, rollout, cursor)
  }

  /** Adds the releases that wait behind it. */
  #withQueue<T extends RolloutSummary>(rollout: T): T {
    if (rollout.endedAt !== undefined) return rollout
    const waiting = this.#stalls.queued(rollout.id)
    return waiting.length === 0 ? rollout : { ...rollout, waiting }
  }
}

/** Where a page begins. */
type Position = {
  readonly chunk: number
  /** The place in the chunk, from 0. */
  readonly place: number
  /** The number of this event among all of the rollout. */
  readonly event: number
}

const BEGINNING: Position = { chunk: 0, place: 0, event: 0 }
const CURSOR = /^(\d{1,9})-(\d{1,9})-(\d{1,9})$/

type Store = Pick<RolloutStore, 'eventLines' | 'transitionsOf'>

/**
 * One page of stored events with the transitions they led to. Bounded in bytes, because a rollout of a week
 * has 20 to 40 MB of events; at least one event, where there is any more.
 */
export function readEventsPage(
  store: Store,
  { id, events: count, state, isOlder }: Pick<Rollout, 'id' | 'events' | 'state' | 'isOlder'>,
  cursor: string | undefined,
): RolloutEventsPage {
  const from = parseCursor(cursor)
  const events: RolloutEvent[] = []
  const transitions: RolloutEventsPage['transitions'][number][] = []
  let bytes = 0
  let { chunk, place, event } = from
  for (let lines = store.eventLines(id, chunk); lines; lines = store.eventLines(id, chunk)) {
    const rows = Map.groupBy(
      store.transitionsOf(id, event, event + lines.length - place),
      (row) => row.event,
    )
    for (const line of lines.slice(place)) {
      const made = rows.get(event) ?? []
      bytes += toBytes(line) + made.reduce((sum, { row }) => sum + toBytes(row), 0)
      if (bytes > MAX_EVENTS_PAGE_BYTES && events.length > 0) {
        return toPage(`${chunk}-${place}-${event}`)
      }
      events.push(readOlderEvent(JSON.parse(line) as RolloutEvent))
      for (const one of made) {
        const row = readOlderRow(JSON.parse(one.row) as AuditRow)
        transitions.push({ event, place: one.place, row })
      }
      place++
      event++
    }
    chunk++
    place = 0
  }
  return toPage(undefined)

  function toPage(next: string | undefined): RolloutEventsPage {
    return {
      ...(from.event === 0
        ? { recorded: { events: count, state, ...(isOlder ? { isOlder } : {}) } }
        : {}),
      events,
      transitions,
      ...(next === undefined ? {} : { next }),
    }
  }
}

function parseCursor(cursor: string | undefined): Position {
  const [, chunk, place, event] = CURSOR.exec(cursor ?? '') ?? []
  if (chunk === undefined || place === undefined || event === undefined) return BEGINNING
  return { chunk: Number(chunk), place: Number(place), event: Number(event) }
}

function toBytes(text: string): number {
  return new TextEncoder().encode(text).length
}
