// Counting as the router uses it: a recorder, the timer that sends what it holds, the copies for
// Workers Analytics Engine, and the rules that failed. One per isolate.

import type { Batch } from '../core/counting/batch.ts'
import { addTotals, type GrowingTotals, noTotals } from '../core/counting/totals.ts'
import { isExperimentPlace } from '../core/experiments/limits.ts'
import type { Decision } from '../core/types.ts'
import { Copies } from './copies.ts'
import { type Flush, Flusher } from './flusher.ts'
import { Recorder } from './recorder.ts'

/** Analytics Engine takes 25 data points for each invocation in the stricter of its documents. */
export const MAX_POINTS = 20

export type Counter = {
  readonly recorder: Recorder
  readonly copies: Copies
  /** Has to be called after something was counted. Never throws. */
  readonly flushLater: (flush: Flush, waitUntil: (work: Promise<unknown>) => void) => void
}

/**
 * @param dataset gets a copy of everything that is counted, if one is bound.
 * @param flushMs how long counts may wait for a call of their own; 0 for ever.
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
    isEmpty: () => recorder.outgoing.isEmpty,
    isUrgent: () => recorder.outgoing.isUrgent,
    afterMs: flushMs,
    now: Date.now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  })
  return {
    recorder,
    copies: new Copies(),
    flushLater: (flush, waitUntil) => flusher.arm(flush, waitUntil),
  }
}

/**
 * Writes one data point for each version of a batch; Analytics Engine keeps them for three months.
 * blob1 is the environment, blob2 the version, index1 both. The doubles are, in this order:
 * requests, failed, judged, assigned, replies 1xx to 5xx, sum of times to first byte in ms, replies
 * with such a time, bytes. Sums of them need `_sample_interval`.
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
    if (isExperimentPlace(environment)) continue
    const key = `${environment} ${version}`
    const known = versions.get(key) ?? { environment, version, totals: noTotals() }
    versions.set(key, known)
    addTotals(known.totals, totals)
  }
  return versions
}

/**
 * Counts rules that failed to evaluate, and logs them. Without that, nobody would notice a rule
 * that always fails.
 */
export class SkippedRules {
  /** Failures by rule since the isolate started. */
  readonly counts = new Map<string, number>()

  /** Never throws. Logs the first failure of a rule, then the tenth, the hundredth, … */
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
