// The outbox: events are written in the transaction that makes them true, and subscribers read them in
// order. It keeps a bounded number of events, and knows nothing of what subscribers do with them.

import { withTimeout } from '../core/with-timeout.ts'
import type { EventKind, EventPage, HoloEvent, NewEvent } from '../wire/events.ts'
import { toLikelyTime, toRetryMs } from './intervals.ts'

/** How many events are kept: about 3 MB, and weeks of a busy site. */
export const MAX_OUTBOX_EVENTS = 10_000

/** A subscriber gets so many events at once, and has this long to accept them. */
export const EVENTS_PER_DELIVERY = 50
const DELIVERY_TIMEOUT_MS = 15_000

/**
 * `outbox`: the newest events. `subscribers`: how far each one has read, so that this survives a
 * restart.
 */
const TABLES = `
CREATE TABLE IF NOT EXISTS outbox (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  fields TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS subscribers (
  name TEXT PRIMARY KEY,
  position INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  retry_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`

type EventRow = {
  readonly id: number
  readonly at: number
  readonly kind: EventKind
  /** JSON. */
  readonly fields: string
}

type SubscriberRow = {
  readonly name: string
  /** The id of the last event that it accepted. */
  readonly position: number
  readonly failures: number
  readonly retry_at: number
}

export type Subscriber = {
  /** Unique, and the same after a restart. */
  readonly name: string
  /**
   * Receives events in order. After a rejection or a timeout the same events are delivered again later.
   * So an event may arrive more than once, and none is skipped as long as the outbox keeps it.
   */
  readonly deliver: (events: readonly HoloEvent[]) => Promise<void>
}

export type OutboxDeps = {
  readonly sql: SqlStorage
  /** Those that are always there. */
  readonly subscribers: readonly Subscriber[]
  readonly now: () => number
  /** Sets the alarm of the control for the next task that is due. */
  readonly arm: () => void
}

export class Outbox {
  readonly #parts: OutboxDeps
  #subscribers: readonly Subscriber[] = []
  readonly #readers: (() => boolean)[] = []
  #isRunning = false

  constructor(parts: OutboxDeps) {
    this.#parts = parts
    parts.sql.exec(TABLES)
    for (const subscriber of parts.subscribers) this.subscribe(subscriber, 'continue')
  }

  /**
   * Delivers events to a subscriber from now on. It continues where it was, or begins with the next event
   * if it is new or `from` says so.
   */
  subscribe(subscriber: Subscriber, from: 'begin' | 'continue'): void {
    this.unsubscribe(subscriber.name)
    this.#subscribers = [...this.#subscribers, subscriber]
    if (from === 'continue' && this.#subscriber(subscriber.name)) return
    this.#parts.sql.exec(
      'INSERT OR REPLACE INTO subscribers (name, position, failures, retry_at) VALUES (?, ?, 0, 0)',
      subscriber.name,
      this.newest(),
    )
  }

  /** Delivers nothing more to a subscriber. Its row stays, and costs nothing. */
  unsubscribe(name: string): void {
    this.#subscribers = this.#subscribers.filter((subscriber) => subscriber.name !== name)
  }

  /** For a task that reads `page` at its own pace: new events set the alarm while it waits for some. */
  addReader(isWaiting: () => boolean): void {
    this.#readers.push(isWaiting)
  }

  /** Writes one event. Call it inside the transaction that makes the event true. */
  add({ kind, ...fields }: NewEvent): void {
    const { sql, now, arm } = this.#parts
    const { id } = sql
      .exec<{ id: number }>(
        'INSERT INTO outbox (at, kind, fields) VALUES (?, ?, ?) RETURNING id',
        now(),
        kind,
        JSON.stringify(fields),
      )
      .one()
    if (id > MAX_OUTBOX_EVENTS) sql.exec('DELETE FROM outbox WHERE id <= ?', id - MAX_OUTBOX_EVENTS)
    if (this.#subscribers.length > 0 || this.#readers.some((isWaiting) => isWaiting())) arm()
  }

  /** The id of the newest event; 0 if there was never one. */
  newest(): number {
    // The newest event is never deleted, so that no id is used twice.
    return this.#parts.sql
      .exec<{ id: number }>('SELECT coalesce(max(id), 0) AS id FROM outbox')
      .one().id
  }

  /** Events after `after`, at most `limit`. Without `after`: no events, only the id to begin with. */
  page(after: number | undefined, limit: number): EventPage {
    return after === undefined
      ? { events: [], next: this.newest(), missed: 0 }
      : this.#read(after, limit)
  }

  #read(after: number, limit: number): EventPage {
    const rows = this.#parts.sql.exec<EventRow>(
      'SELECT * FROM outbox WHERE id > ? ORDER BY id LIMIT ?',
      after,
      limit,
    )
    const events = [...rows].map(toEvent)
    const first = events[0]?.id ?? this.newest() + 1
    const next = events.at(-1)?.id ?? Math.max(after, first - 1)
    return { events, next, missed: Math.max(0, first - after - 1) }
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  /**
   * When the next delivery is due. `undefined` if every subscriber has all events, and also while a
   * delivery runs, because it sets the alarm at its end.
   */
  dueAt(): number | undefined {
    const { now } = this.#parts
    if (this.#subscribers.length === 0 || this.#isRunning) return undefined
    const newest = this.newest()
    const times = this.#subscribers.flatMap(({ name }) => {
      const row = this.#subscriber(name)
      return row && row.position < newest ? [Math.max(now(), this.#retryAt(row))] : []
    })
    return times.length > 0 ? Math.min(...times) : undefined
  }

  /** Delivers the next events to each subscriber that is due. Never throws. */
  async run(): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    try {
      await Promise.all(this.#subscribers.map((subscriber) => this.#deliver(subscriber)))
    } finally {
      this.#isRunning = false
    }
    if (this.dueAt() !== undefined) this.#parts.arm()
  }

  async #deliver({ name, deliver }: Subscriber): Promise<void> {
    const { sql, now } = this.#parts
    const row = this.#subscriber(name)
    if (!row || this.#retryAt(row) > now()) return
    const { events, missed } = this.#read(row.position, EVENTS_PER_DELIVERY)
    const last = events.at(-1)
    if (!last) return
    if (missed > 0) console.error(`subscriber ${name} was too slow and missed ${missed} events`)
    try {
      await withTimeout(deliver(events), DELIVERY_TIMEOUT_MS)
      sql.exec(
        'UPDATE subscribers SET position = ?, failures = 0, retry_at = 0 WHERE name = ?',
        last.id,
        name,
      )
    } catch (cause) {
      const failures = row.failures + 1
      console.error(`subscriber ${name} did not take events, attempt ${failures}`, cause)
      sql.exec(
        'UPDATE subscribers SET failures = ?, retry_at = ? WHERE name = ?',
        failures,
        now() + toRetryMs(failures),
        name,
      )
    }
  }

  #retryAt({ retry_at }: SubscriberRow): number {
    return toLikelyTime(retry_at, this.#parts.now())
  }

  #subscriber(name: string): SubscriberRow | undefined {
    const rows = this.#parts.sql.exec<SubscriberRow>(
      'SELECT * FROM subscribers WHERE name = ?',
      name,
    )
    return [...rows][0]
  }
}

function toEvent({ id, at, kind, fields }: EventRow): HoloEvent {
  return { id, at, kind, ...JSON.parse(fields) } as HoloEvent
}
