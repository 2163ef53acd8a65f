// Counting in the control: takes batches, closes windows, and keeps what they add up to for people and
// for the judge of each rollout. The driver of rollouts says when counting begins and ends.

import { isBatch, type SampleBounds } from '../../core/counting/batch.ts'
import type { Window } from '../../core/rollout/events.ts'
import type { MetricPoint } from '../../wire/metrics.ts'
import { type CountedState, type CountedStratum, type ToCount, toCollected } from './counted.ts'
import { MAX_COUNTED_ROLLOUTS } from './limits.ts'
import { MetricStore } from './metric-store.ts'
import { type ClosedWindow, OpenWindows, type WindowLosses } from './open-windows.ts'
import { RolloutCounter } from './rollout-counter.ts'
import { RolloutStore } from './rollout-store.ts'
import type { MetricRange, SeriesSince } from './series.ts'
import { createCountingTables } from './tables.ts'

export type CountingDeps = {
  readonly storage: DurableObjectStorage
  readonly now: () => number
  /** Sets a timer, which is lost when the object is evicted. */
  readonly later: (run: () => void, ms: number) => void
}

export class Counting {
  readonly #parts: CountingDeps
  readonly #open = new OpenWindows()
  readonly #metrics: MetricStore
  readonly #store: RolloutStore
  /** By the rollout's name. Made on first use, so that the start of a control does not wait for it. */
  #loaded: Map<string, RolloutCounter> | undefined
  #isTimed = false
  /** Batches that could not be parsed, and batches or windows that could not be counted. */
  #errors = 0

  constructor(parts: CountingDeps) {
    const { sql } = parts.storage
    createCountingTables(sql)
    this.#parts = parts
    this.#metrics = new MetricStore(sql)
    this.#store = new RolloutStore(sql)
  }

  /** What isolates shall collect; `undefined` where no rollout is counted. Never throws. */
  get collected(): SampleBounds | undefined {
    try {
      return toCollected([...this.#counters.values()].map(({ counted }) => counted))
    } catch (cause) {
      this.#fail(cause)
      return undefined
    }
  }

  /** What did not come, or was not counted, since this control began. */
  get losses(): WindowLosses & { readonly errors: number } {
    return { ...this.#open.losses, errors: this.#errors }
  }

  /** Takes a batch. In memory: no row is written for a call. Never throws. */
  receive(batch: unknown): void {
    try {
      this.closeDue()
      if (!isBatch(batch)) {
        this.#errors += 1
        return
      }
      this.#open.add(batch, this.#parts.now())
      this.#closeLater()
    } catch (cause) {
      this.#fail(cause)
    }
  }

  /**
   * Begins to count a generation of a rollout: from the next window on, nobody having failed yet. An
   * earlier generation of the same rollout ends. Its first stratum comes with `beginStratum`.
   *
   * @throws TypeError when too many rollouts are counted.
   */
  begin(asked: ToCount): void {
    this.closeDue()
    const counters = this.#counters
    if (!counters.has(asked.rollout) && counters.size >= MAX_COUNTED_ROLLOUTS) {
      throw new TypeError(`rollout: at most ${MAX_COUNTED_ROLLOUTS} are counted at a time`)
    }
    const counter = RolloutCounter.begin(asked, this.#parts.now())
    this.#store.begin(counter.counted)
    counters.set(asked.rollout, counter)
  }

  /** The weights have changed with the revision `stratum.id`: assignments are counted anew from it. */
  beginStratum(rollout: string, stratum: CountedStratum): void {
    const counter = this.#counters.get(rollout)
    if (!counter) return
    counter.beginStratum(stratum)
    this.#store.save(counter.counted)
  }

  /** Ends counting. The windows stay until another rollout begins. */
  end(rollout: string): void {
    this.closeDue()
    if (!this.#counters.delete(rollout)) return
    this.#store.end(rollout, this.#parts.now())
  }

  /** Windows of a rollout above an id, oldest first, just as they were closed: for its judge. */
  closedWindows(rollout: string, sinceId: number): readonly Window[] {
    this.closeDue()
    return this.#store.windows(rollout, sinceId)
  }

  /** What is counted now: the rollouts by name. */
  counted(): readonly CountedState[] {
    return [...this.#counters.values()].map(({ counted }) => counted)
  }

  metrics(range: MetricRange): readonly MetricPoint[] {
    this.closeDue()
    return this.#metrics.read(range)
  }

  since(): readonly SeriesSince[] {
    this.closeDue()
    return this.#metrics.readSince()
  }

  /** Closes the windows whose time has come. Cheap where there is none; never throws. */
  closeDue(): void {
    const now = this.#parts.now()
    if (now < this.#open.nextCloseAt) return
    for (const closed of this.#open.close(now)) {
      try {
        this.#parts.storage.transactionSync(() => this.#keep(closed))
      } catch (cause) {
        this.#fail(cause)
        // Memory may know more of the visitors than what was stored.
        this.#loaded = undefined
      }
    }
  }

  #keep(closed: ClosedWindow): void {
    this.#metrics.add(closed)
    for (const [rollout, counter] of this.#counters) {
      const before = counter.counted
      const counted = counter.count(closed)
      if (counted) this.#store.add(rollout, closed.window, counted)
      if (counter.counted.bound !== before.bound) this.#store.save(counter.counted)
    }
  }

  /** One timer closes windows when no call comes. An eviction before it fires loses those windows. */
  #closeLater(): void {
    const { nextCloseAt } = this.#open
    if (this.#isTimed || nextCloseAt === Number.POSITIVE_INFINITY) return
    this.#isTimed = true
    const { later, now } = this.#parts
    later(
      () => {
        this.#isTimed = false
        this.closeDue()
        this.#closeLater()
      },
      Math.max(0, nextCloseAt - now()),
    )
  }

  get #counters(): Map<string, RolloutCounter> {
    if (this.#loaded) return this.#loaded
    const loaded = new Map<string, RolloutCounter>()
    for (const row of this.#store.running()) {
      try {
        const counted: CountedState = JSON.parse(row.counted)
        loaded.set(row.rollout, new RolloutCounter(counted, this.#store.changes(row)))
      } catch (cause) {
        this.#fail(cause)
      }
    }
    this.#loaded = loaded
    return loaded
  }

  #fail(cause: unknown): void {
    this.#errors += 1
    console.error('counting failed', cause)
  }
}
