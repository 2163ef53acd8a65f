// What an isolate has counted and not sent yet, and one batch of it at a time on its way to the control. A
// batch whose call failed may have arrived: it is sent again unchanged, until its windows are closed.

import { type Batch, COUNTING_FORM, type Collected } from '../core/counting/batch.ts'
import { closesAt } from '../core/counting/limits.ts'
import { ShadowTally } from '../core/shadow/tally.ts'
import type { BatchSource } from '../loading/sync.ts'
import { PendingErrors } from './error-groups.ts'
import { PendingFlags } from './flag-counts.ts'
import { Pages } from './pages.ts'
import { Reports } from './reports.ts'

/**
 * A call that has not ended by then never will: it is longer than the longest wait for the control.
 */
export const IN_FLIGHT_MS = 4000

export type OutgoingOptions = {
  /**
   * Milliseconds since the epoch. In production the clock stands still between two I/O operations,
   * so that it cannot measure how long a computation took.
   */
  readonly now: () => number
  /**
   * Makes a unique name for the isolate. Called once, inside a request, where random numbers are
   * allowed.
   */
  readonly toIsolate: () => string
  /** Gets every new batch. Never throws. */
  readonly onBatch: (batch: Batch) => void
}

export class Outgoing implements BatchSource {
  readonly pages = new Pages()
  readonly reports = new Reports(this.pages)
  readonly errorGroups = new PendingErrors()
  readonly flags = new PendingFlags()
  readonly shadows = new ShadowTally()
  /** Requests that no batch counts, since the isolate started. */
  lostRequests = 0
  readonly #options: OutgoingOptions
  #inFlight: { readonly batch: Batch; readonly began: number } | undefined
  /** It may have arrived, and is sent again. */
  #unsure: Batch | undefined
  #isolate: string | undefined
  #sequence = 0
  /** How many of the lost requests no batch has reported yet. */
  #untold = 0

  constructor(options: OutgoingOptions) {
    this.#options = options
  }

  /** Whether there is nothing to send. */
  get isEmpty(): boolean {
    return this.#hasNothingNew && !this.#unsure
  }

  /** Whether something bad was met that has not been handed out yet: see `URGENT_FLUSH_MS`. */
  get isUrgent(): boolean {
    return this.reports.isUrgent
  }

  /** The batch to send now; `undefined` if there is none, or another one is on its way. */
  take(now: number): Batch | undefined {
    if (this.#inFlight && now - this.#inFlight.began < IN_FLIGHT_MS) return undefined
    if (this.#inFlight) this.failed(this.#inFlight.batch)
    const batch = this.#takeUnsure(now) ?? this.#takeNew(now)
    this.#inFlight = batch && { batch, began: now }
    return batch
  }

  arrived(batch: Batch, collected: Collected | undefined): void {
    if (this.#inFlight?.batch === batch) this.#inFlight = undefined
    if (this.#unsure === batch) this.#unsure = undefined
    this.collect(collected)
  }

  failed(batch: Batch): void {
    if (this.#inFlight?.batch !== batch) return
    this.#inFlight = undefined
    this.#unsure = batch
  }

  collect(collected: Collected | undefined): void {
    this.reports.collect(collected, this.#options.now())
  }

  /** Removes windows that are closed by now: nobody would count them. */
  dropClosed(now: number): void {
    const { requests, outcomes } = this.pages.dropClosed(now)
    this.lose(requests)
    if (outcomes > 0) this.reports.forget(now)
  }

  lose(requests: number): void {
    this.lostRequests += requests
    this.#untold += requests
  }

  get #hasNothingNew(): boolean {
    return (
      this.pages.isEmpty && this.errorGroups.isEmpty && this.flags.isEmpty && this.shadows.isEmpty
    )
  }

  #takeNew(now: number): Batch | undefined {
    this.dropClosed(now)
    this.reports.isUrgent = false
    if (this.#hasNothingNew) return undefined
    this.#isolate ??= this.#options.toIsolate()
    const isolate = this.#isolate
    const windows = this.pages.take()
    const batch = {
      form: COUNTING_FORM,
      isolate,
      sequence: ++this.#sequence,
      windows,
      dropped: this.#untold,
      ...this.errorGroups.take(),
      ...this.flags.take(),
      ...this.shadows.take(),
    }
    this.#untold = 0
    this.#options.onBatch(batch)
    return batch
  }

  /** A batch is lost once nobody would count it. */
  #takeUnsure(now: number): Batch | undefined {
    const batch = this.#unsure
    if (!batch || batch.windows.some(({ window }) => now < closesAt(window))) return batch
    this.#unsure = undefined
    for (const { groups } of batch.windows) {
      for (const { totals } of groups) this.lose(totals.requests)
    }
    this.errorGroups.lose(sumOf(batch.errorGroups, batch.lostErrors))
    this.flags.lose(sumOf(batch.flagCounts, batch.lostFlags))
    this.reports.forget(now)
    return undefined
  }
}

function sumOf(counted: readonly { readonly count: number }[] = [], lost = 0): number {
  return counted.reduce((sum, { count }) => sum + count, lost)
}
