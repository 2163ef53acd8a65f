// When the next publication is due. Pure: what it is due after was written down before, so that a
// control that starts anew keeps the same distances.

import { allowedAt } from '../allowance.ts'
import { toLikelyTime } from '../retries.ts'

/** KV takes one write a second and key, and answers 429 to more; a tenth of a second is our margin. */
export const PUT_SPACING_MS = 1100

/**
 * The brake on alarms: so many at once, then one in this time. Publications slow down to one in ten
 * seconds then, and isolates still have every change within seconds, because they ask the control.
 */
export const ALARM_BURST = 60
export const ALARM_COST_MS = 10_000

/** What the brake lets through: with its rows about a quarter of what a free account may write a day. */
export const MAX_ALARMS_PER_DAY = ALARM_BURST + 86_400_000 / ALARM_COST_MS

export const ALARMS = { burst: ALARM_BURST, costMs: ALARM_COST_MS }

/** All times in milliseconds since the epoch; 0 for never. */
export type PublicationState = {
  /** The newest revision that KV has taken; 0 for none. */
  readonly published: number
  /** KV has lost it since. */
  readonly putAgain: boolean
  /** When the last put began. */
  readonly lastPutAt: number
  /** Failed publications in a row. */
  readonly failures: number
  /** Not before this, because the last one failed. */
  readonly retryAt: number
  /** What the alarms so far have used up: see allowance.ts. */
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
