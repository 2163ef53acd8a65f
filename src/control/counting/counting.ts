// Counting in the control: takes batches, closes windows, and keeps what they add up to for people and
// for the judge of each rollout. The driver of rollouts says when counting begins and ends.

import type { ErrorGroup } from '../../core/browser/error-groups.ts'
import {
  type Batch,
  COUNTING_FORM,
  type Collected,
  type Group,
  isBatch,
} from '../../core/counting/batch.ts'
import {
  type CountedState,
  type CountedStratum,
  type ToCount,
  toCollected,
} from '../../core/counting/counted.ts'
import type { FlagCount } from '../../core/counting/flag-counts.ts'
import { toWindow, WINDOW_MS } from '../../core/counting/limits.ts'
import { RolloutCounter } from '../../core/counting/rollout-counter.ts'
import type { Window } from '../../core/rollout/events.ts'
import type { ShadowReport } from '../../core/shadow/reports.ts'
import type { MetricPoint } from '../../wire/metrics.ts'
import { LastRequests, type VersionRequests } from './last-requests.ts'
import { MAX_COUNTED_ROLLOUTS } from './limits.ts'
import { MetricStore } from './metric-store.ts'
import { OpenWindows, type WindowLosses } from './open-windows.ts'
import { RolloutStore } from './rollout-store.ts'
import type { MetricRange, SeriesSince } from './series.ts'
import { createCountingTables } from './tables.ts'
import { countVisitors, toFirstNow, toWindowVisitors } from './visitors-now.ts'

const HOUR_MS = 3_600_000

export type CountingDeps = {
  readonly storage: DurableObjectStorage
  readonly now: () => number
  /** A secret that nobody can guess, for hashing. */
  readonly toKey: () => string
  /** Sets a timer, which is lost when the object is evicted. */
  readonly later: (run: () => void, ms: number) => void
  /**
   * Called when windows have been stored, with the time at which the newest of them began and the versions
   * that were asked in them. Never throws.
   */
  readonly onStored?: (windowAt: number, versions: ReadonlySet<string>) => void
  /** Called with what every new batch has counted. Never throws. */
  readonly onGroups?: (groups: readonly Group[]) => void
  /** Called with the errors that browsers have reported and how many are lost, once for each batch. Never throws. */
  readonly onErrors?: (groups: readonly ErrorGroup[], lost: number) => void
  /** Called with evaluations of flags and how many are lost, once for each batch. Never throws. */
  readonly onFlags?: (counts: readonly FlagCount[], lost: number) => void
  /** Called with what was learnt of shadows, once for each batch. Never throws. */
  readonly onShadows?: (reports: readonly ShadowReport[]) => void
}

export class Counting {
  readonly #parts: CountingDeps
  readonly #open = new OpenWindows()
  readonly #metrics: MetricStore
  readonly #store: RolloutStore
  /** By the rollout's name. Made on first use, so that the start of a control does not wait for it. */
  #loaded: Map<string, RolloutCounter> | undefined
  /** What is stored of each rollout, so that it is written only when it has changed. */
  readonly #stored = new Map<string, CountedState>()
  /** The same of transactions that may not be done yet. */
  readonly #saving = new Map<string, CountedState>()
  #requests: LastRequests | undefined
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
  get collected(): Collected | undefined {
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

  /**
   * Takes a batch. In memory: no row is written for a call. Never throws.
   *
   * @returns the rollouts of which the batch tells something that speaks for or against them.
   */
  receive(batch: unknown): readonly string[] {
    try {
      this.closeDue()
      if (!isBatch(batch)) {
        this.#errors += 1
        return []
      }
      const isNew = this.#open.add(batch, this.#parts.now())
      this.#closeLater()
      if (!isNew) return []
      const { errorGroups = [], lostErrors = 0, flagCounts = [], lostFlags = 0 } = batch
      if (errorGroups.length > 0 || lostErrors > 0) {
        this.#parts.onErrors?.(errorGroups, lostErrors)
      }
      if (flagCounts.length > 0 || lostFlags > 0) this.#parts.onFlags?.(flagCounts, lostFlags)
      if (batch.shadows) this.#parts.onShadows?.(batch.shadows)
      return this.#receiveGroups(batch)
    } catch (cause) {
      this.#fail(cause)
      return []
    }
  }

  #receiveGroups({ windows }: Batch): readonly string[] {
    const now = this.#parts.now()
    const groups = windows.flatMap((window) => window.groups)
    this.#parts.onGroups?.(groups)
    const touched: string[] = []
    for (const [rollout, counter] of this.#counters) {
      let isTouched = false
      for (const group of groups) {
        if (counter.receive(group, now) && group.outcomes.length > 0) isTouched = true
      }
      if (isTouched) touched.push(rollout)
    }
    return touched
  }

  /**
   * Begins to count a generation of a rollout, nobody having come yet. An earlier generation of the
   * same rollout ends. Its first stratum comes with `beginStratum`.
   *
   * @param sinceId the id of the last window of the generations before.
   * @throws TypeError when too many rollouts are counted.
   */
  begin(asked: ToCount, sinceId: number): void {
    const counters = this.#counters
    if (!counters.has(asked.rollout) && counters.size >= MAX_COUNTED_ROLLOUTS) {
      throw new TypeError(`rollout: at most ${MAX_COUNTED_ROLLOUTS} are counted at a time`)
    }
    const counter = RolloutCounter.begin(asked, this.#parts.toKey())
    this.#store.begin(counter.counted, sinceId)
    counters.set(asked.rollout, counter)
  }

  /** The weights have changed with the revision `stratum.id`. */
  beginStratum(rollout: string, stratum: Omit<CountedStratum, 'since'>): void {
    const counter = this.#counters.get(rollout)
    if (!counter) return
    counter.beginStratum({ ...stratum, since: this.#parts.now() })
    this.#store.save(counter.counted)
  }

  /** Ends counting. What is known of the visitors stays until another rollout begins. */
  end(rollout: string): void {
    if (!this.#counters.delete(rollout)) return
    this.#store.end(rollout, this.#parts.now())
  }

  /** What was reported since the window `sinceId`, and stays so until it is confirmed. */
  nextWindow(rollout: string, sinceId: number): Window | undefined {
    return this.#counters.get(rollout)?.next(sinceId)?.window
  }

  /** The same, without anything being changed by it. */
  peekWindow(rollout: string, sinceId: number): Window | undefined {
    return this.#counters.get(rollout)?.peek(sinceId)
  }

  /** Stores what the window `id` changed, in the transaction that gives it to the judge. */
  store(rollout: string, id: number): void {
    const counter = this.#counters.get(rollout)
    const given = counter?.next(id - 1)
    if (!counter || given?.window.id !== id) return
    this.#store.add(rollout, given)
    // Not as it stood when the window was made: the weights may have changed since.
    const { counted } = counter
    if (this.#stored.get(rollout) !== counted) this.#store.save(counted)
    this.#saving.set(rollout, counted)
  }

  /** The judge has the window: that transaction is done. */
  confirm(rollout: string): void {
    this.#counters.get(rollout)?.confirm()
    const counted = this.#saving.get(rollout)
    if (counted) this.#stored.set(rollout, counted)
  }

  /** What is counted now: the rollouts by name. */
  counted(): readonly CountedState[] {
    return [...this.#counters.values()].map(({ counted }) => counted)
  }

  metrics(range: MetricRange): readonly MetricPoint[] {
    this.closeDue()
    return this.#metrics.read(range)
  }

  /** About how many visitors each environment has had in the last five minutes. */
  visitorsNow(): Readonly<Record<string, number>> {
    this.closeDue()
    const first = toFirstNow(this.#parts.now())
    const open = this.#open.list().filter(({ window }) => window >= first)
    return countVisitors([...this.#metrics.readVisitors(first), ...open.map(toWindowVisitors)])
  }

  /** When a version and its services were last asked, how often in the last hour, and by how many tabs. */
  requestsOf(version: string): VersionRequests {
    this.closeDue()
    return this.#lastRequests.read(version, this.#open.list(), this.#parts.now())
  }

  since(): readonly SeriesSince[] {
    this.closeDue()
    return this.#metrics.readSince()
  }

  /** Closes the windows whose time has come. Cheap where there is none; never throws. */
  closeDue(): void {
    const now = this.#parts.now()
    if (now < this.#open.nextCloseAt) return
    let newest: number | undefined
    const versions = new Set<string>()
    for (const closed of this.#open.close(now)) {
      try {
        const last = this.#lastRequests
        this.#parts.storage.transactionSync(() => this.#metrics.add(closed, () => last.toText()))
        last.add(closed)
        for (const version of closed.uses.keys()) versions.add(version)
        newest = closed.window
      } catch (cause) {
        this.#fail(cause)
      }
    }
    if (newest !== undefined) this.#parts.onStored?.(newest * WINDOW_MS, versions)
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

  /** Made on first use from the windows of the last hour or two. */
  get #lastRequests(): LastRequests {
    if (this.#requests) return this.#requests
    const { lastUses, windows } = this.#metrics.readUses(toWindow(this.#parts.now() - HOUR_MS))
    const requests = new LastRequests(lastUses)
    for (const window of windows) requests.add(window)
    requests.addUnknown(this.#metrics.readSince())
    this.#requests = requests
    return requests
  }

  get #counters(): Map<string, RolloutCounter> {
    if (this.#loaded) return this.#loaded
    const loaded = new Map<string, RolloutCounter>()
    for (const row of this.#store.running()) {
      try {
        const counted: CountedState = JSON.parse(row.counted)
        // The rollout of an older form begins its analysis anew, and counting with it.
        if (counted.form !== COUNTING_FORM) continue
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
