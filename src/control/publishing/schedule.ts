// When the next publication is due. Pure: what it is due after was written down before, so that a
// control that starts anew keeps the same distances.

import { allowedAt } from '../allowance.ts'
import {
  ALARM_BURST,
  ALARM_COST_MS,
  FIRST_BACK_OFF_MS,
  LONGEST_BACK_OFF_MS,
  PUT_SPACING_MS,
} from '../limits.ts'

export const ALARMS = { burst: ALARM_BURST, costMs: ALARM_COST_MS }

/** All times in milliseconds since the epoch; 0 for never. */
export type Publication = {
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
  { published, putAgain }: Publication,
  revision: number | undefined,
): boolean {
  return revision !== undefined && (putAgain || published < revision)
}

/** When the next alarm may run; never before `now`. */
export function dueAt(state: Publication, now: number): number {
  return Math.max(
    now,
    toLikely(state.lastPutAt, now) + PUT_SPACING_MS,
    toLikely(state.retryAt, now),
    toLikely(allowedAt(state.alarmDebt, ALARMS), now),
  )
}

/** How long to wait after so many failures in a row. */
export function backOffMs(failures: number): number {
  return Math.min(FIRST_BACK_OFF_MS * 2 ** Math.max(0, failures - 1), LONGEST_BACK_OFF_MS)
}

/** A stored time that no control can have meant, because its clock was wrong, holds up nothing. */
function toLikely(time: number, now: number): number {
  return time - now > LONGEST_BACK_OFF_MS ? 0 : time
}
