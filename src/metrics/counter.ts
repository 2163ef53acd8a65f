// Counting as the router sees it: a recorder, and the timer that sends what it holds. One per isolate.

import { writePoints } from './analytics.ts'
import { type Flush, Flusher } from './flusher.ts'
import { Recorder } from './recorder.ts'

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
