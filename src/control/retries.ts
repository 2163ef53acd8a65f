// When the control retries what has failed: a publication, the evaluation of a rollout, a delivery of
// events.

import { toBackOffMs } from '../core/back-off.ts'

/** The wait after a first failure. It doubles with each further failure, up to the longest. */
export const FIRST_RETRY_MS = 2000
export const LONGEST_RETRY_MS = 60_000

/** How long to wait after `failures` failures in a row. */
export function toRetryMs(failures: number): number {
  return toBackOffMs(failures, FIRST_RETRY_MS, LONGEST_RETRY_MS)
}

/**
 * A stored time in milliseconds since the epoch, or 0 if it lies further ahead than the longest wait: a
 * wrong clock wrote such a time, and nothing should wait for it.
 */
export function toLikelyTime(time: number, now: number): number {
  return time - now > LONGEST_RETRY_MS ? 0 : time
}
