// Counting as the router sees it: a recorder, the timer that sends what it holds, the copies for
// Analytics Engine, and the rules that failed. One per isolate.

import type { Batch } from '../core/counting/batch.ts'
import { addTotals, type GrowingTotals, noTotals } from '../core/counting/totals.ts'
import type { Decision } from '../core/types.ts'
import { Recorder } from './recorder.ts'

/** Work behind a reply may go on for 30 s; a control that is busy is tried again until then. */
const FLUSH_WITHIN_MS = 25_000

/** Another call is under way, which takes everything along or ends soon. */
const FLUSH_AGAIN_MS = 500

/** Analytics Engine takes 25 data points for each invocation in the stricter of its documents. */
const MAX_POINTS = 20

export type Counter = {
  readonly recorder: Recorder
  /** To be called when something was counted. Never throws. */
  readonly flushLater: (flush: Flush, waitUntil: (work: Promise<unknown>) => void) => void
}

/**
 * @param dataset Gets a copy of all that is counted, where one is bound.
 * @param flushMs How long counts may wait for a call of their own; 0 for ever.
 */
export function createCounter(
  dataset: AnalyticsEngineDataset | undefined,
  flushMs: number,
): Counter {
  const recorder = new Recorder({
    now: Date.now,
    toIsolate: () => crypto.randomUUID(),
    copy: (batch) => writePoints(dataset, batch),
  })
  const flusher = new Flusher({
    isEmpty: () => recorder.isEmpty,
    afterMs: flushMs,
    now: Date.now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  })
  return {
    recorder,
    flushLater: (flush, waitUntil) => flusher.arm(flush, waitUntil),
  }
}

export type FlusherOptions = {
  readonly isEmpty: () => boolean
  /** How long counts may wait; 0 where they only ever travel on calls that are due anyway. */
  readonly afterMs: number
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
}

/** Tells the control. Milliseconds until it may be tried again; `undefined` once it was tried. */
export type Flush = () => Promise<number | undefined>

export class Flusher {
  readonly #options: FlusherOptions
  /** When a timer that is under way sends what there is; 0 where none is. Its request may be ended. */
  #armedFor = 0

  constructor(options: FlusherOptions) {
    this.#options = options
  }

  /**
   * To be called when something was counted. Whatever is counted before a timer runs out goes with
   * it, and what comes after that has a timer of its own, so that nothing is left behind. Never throws.
   */
  arm(flush: Flush, waitUntil: (work: Promise<unknown>) => void): void {
    const { now, afterMs } = this.#options
    const at = now()
    if (afterMs === 0 || at < this.#armedFor) return
    this.#armedFor = at + afterMs
    waitUntil(this.#run(flush, at).catch((cause) => console.error('counts cannot be sent', cause)))
  }

  async #run(flush: Flush, began: number): Promise<void> {
    const { isEmpty, afterMs, now, sleep } = this.#options
    const deadline = began + FLUSH_WITHIN_MS
    await sleep(afterMs)
    this.#armedFor = 0
    while (!isEmpty()) {
      const wait = Math.max(FLUSH_AGAIN_MS, (await flush()) ?? FLUSH_AGAIN_MS)
      if (isEmpty() || now() + wait > deadline) return
      await sleep(wait)
    }
  }
}

/**
 * Writes a batch down. blob1 is the environment, blob2 the version, index1 both; the doubles are, in
 * this order: requests, failed, judged, assigned, replies 1xx to 5xx, sum of first byte in ms, replies
 * with a first byte, bytes. Sums of them need `_sample_interval`.
 */
export function writePoints(dataset: AnalyticsEngineDataset | undefined, batch: Batch): void {
  if (!dataset) return
  for (const [key, { environment, version, totals }] of [...toVersions(batch)].slice(
    0,
    MAX_POINTS,
  )) {
    const { requests, failed, judged, assigned, statuses, latencyMs, latency, bytes } = totals
    const timed = latency.reduce((sum, count) => sum + count, 0)
    dataset.writeDataPoint({
      indexes: [key.slice(0, 96)],
      blobs: [environment, version],
      doubles: [requests, failed, judged, assigned, ...statuses, latencyMs, timed, bytes],
    })
  }
}

function toVersions({ windows }: Batch) {
  const versions = new Map<
    string,
    { environment: string; version: string; totals: GrowingTotals }
  >()
  for (const { environment, version, totals } of windows.flatMap(({ groups }) => groups)) {
    const key = `${environment} ${version}`
    const known = versions.get(key) ?? { environment, version, totals: noTotals() }
    versions.set(key, known)
    addTotals(known.totals, totals)
  }
  return versions
}

/** Counts the rules that failed to evaluate, and logs them: nothing else would show a rule that always fails. */
export class SkippedRules {
  /** Failures by rule since the isolate began. */
  readonly counts = new Map<string, number>()

  /** Never throws. The first failure of a rule is logged, then the tenth, the hundredth, … */
  record({ skipped, revision }: Pick<Decision, 'skipped' | 'revision'>): void {
    for (const rule of skipped) {
      const count = (this.counts.get(rule) ?? 0) + 1
      this.counts.set(rule, count)
      if (Number.isInteger(Math.log10(count))) {
        console.warn(
          `rule "${rule}" of revision ${revision} failed and was skipped: ${count} times`,
        )
      }
    }
  }
}
