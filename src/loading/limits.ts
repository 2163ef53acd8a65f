// Every bound on reading and holding the document, with its reason.

/** KV's own floor for `cacheTtl`; a longer one would only delay a hand edit further. */
export const KV_CACHE_TTL_S = 30

/**
 * How long a request of a cold isolate waits for KV and the control before it takes the data
 * centre's last good copy. With the next bound it keeps a cold start below half a second whatever is
 * down.
 */
export const COLD_WAIT_MS = 350

/** The Cache API is in the same building; if it has not answered by then, it will not. */
export const COLO_TIMEOUT_MS = 100

/** A copy that KV has not shown for so many of its intervals has missed reads: the isolate slept. */
export const OVER_OLD_INTERVALS = 2

/** A reload in the background hurts nobody, but one that hangs must not block the next. */
export const KV_TIMEOUT_MS = 5000

/** Past this the answer would come too late to be of use, and the next call shall begin. */
export const CONTROL_TIMEOUT_MS = 2000

/** How often a waiter looks whether another request's reload has arrived. */
export const POLL_MS = 5

/** After a failed call the next one waits: doubled each time up to the longest. */
export const FIRST_BACK_OFF_MS = 500
export const LONGEST_BACK_OFF_MS = 30_000

/** Each isolate draws its intervals from ± this share, so that isolates born together part. */
export const JITTER = 0.2

/** The last good copy outlives any outage worth planning for. */
export const LAST_GOOD_TTL_S = 30 * 24 * 3600

/** A confirmation is of use for seconds; a little longer costs nothing and is not believed. */
export const CONFIRMATION_TTL_S = 60
