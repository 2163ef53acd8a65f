// Counts requests in the isolate and hands them out in batches. It never throws and waits for
// nothing, so that no reply depends on it.

import type { Batch, SampleBounds } from '../core/counting/batch.ts'
import { closesAt } from '../core/counting/limits.ts'
import { type Mark, toAddressHash, toMarks, toSampleHash } from '../core/counting/marks.ts'
import { addNamed, countEdgesBelow, type GrowingTotals } from '../core/counting/totals.ts'
import type { BatchSource } from '../loading/sync.ts'
import {
  type CountedReply,
  type CountedRequest,
  isAssigned,
  isJudged,
  toFailureCode,
} from './observed.ts'
import { type Page, Pages } from './pages.ts'

/**
 * A call that has not ended by then never will: it is longer than the longest wait for the control.
 */
export const IN_FLIGHT_MS = 4000

/** About 1 MB of an isolate's 128. */
export const MAX_HASHED_ADDRESSES = 10_000

export type RecorderOptions = {
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
  /** Gets every new batch too, to keep counts elsewhere. Should not throw. */
  readonly copy?: ((batch: Batch) => void) | undefined
}

/** What could not be counted or reported, since the isolate started. */
export type Losses = { requests: number; visitors: number; errors: number }

type Flight = { readonly batch: Batch; readonly began: number }

export class Recorder implements BatchSource {
  readonly losses: Losses = { requests: 0, visitors: 0, errors: 0 }
  readonly #options: RecorderOptions
  readonly #pages = new Pages()
  readonly #addresses = new Map<string, number>()
  #collected: SampleBounds | undefined
  #isolate: string | undefined
  #sequence = 0
  /** How many of `losses.requests` no batch has reported yet. */
  #untold = 0
  #inFlight: Flight | undefined
  /** A batch whose call failed: it may have arrived, and is sent again unchanged. */
  #unsure: Batch | undefined

  constructor(options: RecorderOptions) {
    this.#options = options
  }

  /** Whether there is nothing to send. */
  get isEmpty(): boolean {
    return this.#pages.isEmpty && this.#unsure === undefined
  }

  /**
   * Has to be called when a request is decided and before any backend is asked, so that a canary
   * that crashes loses no assignment. Visitors are collected only while somebody compares
   * environments.
   */
  recordAssigned(asked: CountedRequest): void {
    this.#safely(() => {
      if (asked.facts.kind !== 'document' || !isAssigned(asked)) return
      const page = this.#pages.find(asked.decision, this.#options.now())
      // The request itself is counted, or counted as lost, when it is answered.
      if (!page) return
      page.totals.assigned += 1
      this.#mark(page, asked, { assigned: true })
    })
  }

  /** Counts a request when it is answered, once, for the version that was chosen. */
  record(asked: CountedRequest, answered: CountedReply): void {
    this.#safely(() => {
      const now = this.#options.now()
      this.#lose(this.#pages.dropClosed(now))
      const page = this.#pages.find(asked.decision, now)
      if (!page) return this.#lose(1)
      const failure = toFailureCode(answered)
      const edgesBelow = addAnswer(page.totals, answered, failure)
      if (!isJudged(asked)) return
      page.totals.judged += 1
      const unpinned = asked.decision.reason === 'bucket'
      this.#mark(page, asked, { failed: failure !== undefined, unpinned, edgesBelow })
    })
  }

  take(now: number): Batch | undefined {
    if (this.#inFlight && now - this.#inFlight.began < IN_FLIGHT_MS) return undefined
    if (this.#inFlight) this.failed(this.#inFlight.batch)
    const batch = this.#takeUnsure(now) ?? this.#takeNew(now)
    this.#inFlight = batch && { batch, began: now }
    return batch
  }

  arrived(batch: Batch, collected: SampleBounds | undefined): void {
    if (this.#inFlight?.batch === batch) this.#inFlight = undefined
    if (this.#unsure === batch) this.#unsure = undefined
    this.#collected = collected
  }

  failed(batch: Batch): void {
    if (this.#inFlight?.batch !== batch) return
    this.#inFlight = undefined
    this.#unsure = batch
  }

  collect(collected: SampleBounds | undefined): void {
    this.#collected = collected
  }

  #takeUnsure(now: number): Batch | undefined {
    const batch = this.#unsure
    if (!batch || batch.windows.some(({ window }) => now < closesAt(window))) return batch
    this.#unsure = undefined
    this.#lose(countRequests(batch))
    return undefined
  }

  #takeNew(now: number): Batch | undefined {
    this.#lose(this.#pages.dropClosed(now))
    if (this.#pages.isEmpty) return undefined
    const { toIsolate, copy } = this.#options
    this.#isolate ??= toIsolate()
    const isolate = this.#isolate
    const windows = this.#pages.take()
    const batch = { isolate, sequence: ++this.#sequence, windows, dropped: this.#untold }
    this.#untold = 0
    this.#safely(() => copy?.(batch))
    return batch
  }

  /** Adds a visitor whose hash is in the sample of its environment, if there is a sample. */
  #mark(
    page: Page,
    { facts, request, assignments: { salt } }: CountedRequest,
    mark: Omit<Mark, 'address'>,
  ): void {
    const bound = this.#collected?.[page.environment]
    if (bound === undefined) return
    const hash = toSampleHash(salt, facts.visitor)
    if (hash >= bound) return
    const address = this.#toAddress(salt, request.headers.get('cf-connecting-ip'))
    if (!this.#pages.mark(page, hash, toMarks({ ...mark, address }))) this.losses.visitors += 1
  }

  /**
   * Parsing an address takes longer than everything else here, and a visitor keeps its address for
   * a while.
   */
  #toAddress(salt: string, address: string | null): number {
    if (!address) return 0
    const known = this.#addresses.get(address)
    if (known !== undefined) return known
    if (this.#addresses.size >= MAX_HASHED_ADDRESSES) this.#addresses.clear()
    const hash = toAddressHash(salt, address)
    this.#addresses.set(address, hash)
    return hash
  }

  #lose(requests: number): void {
    this.losses.requests += requests
    this.#untold += requests
  }

  #safely(count: () => void): void {
    try {
      count()
    } catch (cause) {
      if (this.losses.errors === 0) console.error('counting failed', cause)
      this.losses.errors += 1
    }
  }
}

/** Adds a reply. How many edges lie below the service's time; `undefined` if it has none. */
function addAnswer(
  totals: GrowingTotals,
  { status, source, bytes, service }: CountedReply,
  failure: string | undefined,
): number | undefined {
  totals.requests += 1
  const statusClass = Math.floor(status / 100) - 1
  totals.statuses[statusClass] = (totals.statuses[statusClass] ?? 0) + 1
  addNamed(totals.sources, source)
  totals.bytes += bytes
  if (failure !== undefined) {
    totals.failed += 1
    addNamed(totals.failures, failure)
  }
  return service && addLatency(totals, service)
}

/**
 * Adds a latency, which is the time to the first byte of a service and no other time. A service
 * that timed out was at least as slow; one that could not be reached has no latency.
 */
function addLatency(
  totals: GrowingTotals,
  { status, failure, waitedMs }: NonNullable<CountedReply['service']>,
): number | undefined {
  if (status === undefined && failure !== 'origin_timeout') return undefined
  const edgesBelow = countEdgesBelow(waitedMs)
  totals.latency[edgesBelow] = (totals.latency[edgesBelow] ?? 0) + 1
  totals.latencyMs += Math.round(waitedMs)
  return edgesBelow
}

function countRequests({ windows }: Batch): number {
  const groups = windows.flatMap((window) => window.groups)
  return groups.reduce((sum, { totals }) => sum + totals.requests, 0)
}
