// When the control may do something again: after a failure (a publication, the evaluation of a rollout, a
// delivery of events), and within a rate limit.

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

/**
 * A rate limit: a burst at once, then one call per interval. Its whole state is one number, so that it can
 * be stored. This is the generic cell rate algorithm (ITU-T I.371, annex A).
 */
type Allowance = {
  /** How many calls may follow each other without a pause. */
  readonly burst: number
  /** The interval: how many milliseconds one call costs. */
  readonly costMs: number
}

/**
 * When the next call is allowed, in milliseconds since the epoch. `debt` is the last result of
 * `charge`.
 */
export function allowedAt(debt: number, { burst, costMs }: Allowance): number {
  return debt - (burst - 1) * costMs
}

/** The new debt after a call at `now`. The first debt is 0. */
export function charge(debt: number, now: number, { costMs }: Allowance): number {
  return Math.max(debt, now) + costMs
}
