// Decides when the next publication is due. Pure. The times that it depends on are stored, so that a
// control that restarts keeps the same intervals.

import { allowedAt, toLikelyTime } from '../intervals.ts'

/**
 * KV accepts one write per second and key, and replies 429 to more. A tenth of a second is our margin.
 */
export const PUT_SPACING_MS = 1100

/**
 * The rate limit on alarms: so many at once, then one per interval. Publications then come every ten
 * seconds. Isolates still get every change within seconds, because they ask the control.
 */
export const ALARM_BURST = 60
export const ALARM_COST_MS = 10_000

/** The most alarms per day: their rows are about a quarter of what a free account may write. */
export const MAX_ALARMS_PER_DAY = ALARM_BURST + 86_400_000 / ALARM_COST_MS

export const ALARMS = { burst: ALARM_BURST, costMs: ALARM_COST_MS }

/** All times in milliseconds since the epoch; 0 for never. */
export type PublicationState = {
  /** The newest revision that KV has accepted; 0 for none. */
  readonly published: number
  /** KV has lost that revision since. */
  readonly putAgain: boolean
  /** When the last write to KV began. */
  readonly lastPutAt: number
  /** Failed publications in a row. */
  readonly failures: number
  /** The next attempt may not come before this time, because the last one failed. */
  readonly retryAt: number
  /** The state of the rate limit on alarms: see intervals.ts. */
  readonly alarmDebt: number
}

/** Whether KV lacks `revision`. */
export function isPublicationDue(
  { published, putAgain }: PublicationState,
  revision: number | undefined,
): boolean {
  return revision !== undefined && (putAgain || published < revision)
}

/** When the next alarm may run; never before `now`. */
export function dueAt(state: PublicationState, now: number): number {
  return Math.max(
    now,
    toLikelyTime(state.lastPutAt, now) + PUT_SPACING_MS,
    toLikelyTime(state.retryAt, now),
    toLikelyTime(allowedAt(state.alarmDebt, ALARMS), now),
  )
}
