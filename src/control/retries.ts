// When the control tries again what has failed: a publication, a look at a rollout, a delivery of events.

import { toBackOffMs } from '../core/back-off.ts'

/** After a failure the next attempt waits, twice as long each time, up to the longest. */
export const FIRST_RETRY_MS = 2000
export const LONGEST_RETRY_MS = 60_000

/** How long to wait after so many failures in a row. */
export function toRetryMs(failures: number): number {
  return toBackOffMs(failures, FIRST_RETRY_MS, LONGEST_RETRY_MS)
}

/**
 * A stored time in milliseconds since the epoch, or 0 where it lies further ahead than any wait: a clock that
 * was wrong wrote it, and it holds up nothing.
 */
export function toLikelyTime(time: number, now: number): number {
  return time - now > LONGEST_RETRY_MS ? 0 : time
}
