// Every bound on reading and holding the document, with its reason.

/** A hundred versions with their services take about 30 KiB; more than this is an accident. */
export const MAX_ASSIGNMENTS_BYTES = 256 * 1024

/** KV's own floor for `cacheTtl`; a longer one would only delay a hand edit further. */
export const KV_CACHE_TTL_S = 30

/**
 * How long a request of a cold isolate waits for KV before it takes the colo's last good copy. With
 * the next bound it keeps a cold start below half a second whatever is down.
 */
export const COLD_WAIT_MS = 350

/** The Cache API is in the same building; if it has not answered by then, it will not. */
export const LAST_GOOD_TIMEOUT_MS = 100

/** A document decided on an over-old copy waits for the reload this long, and no longer. */
export const DOCUMENT_WAIT_MS = 300

/** A copy this many refresh intervals old has missed its reloads: the isolate slept, or KV failed. */
export const OVER_OLD_INTERVALS = 2

/** A reload in the background hurts nobody, but one that hangs must not block the next. */
export const RELOAD_TIMEOUT_MS = 5000

/** How often a waiter looks whether another request's reload has arrived. */
export const POLL_MS = 5

/** After a failed reload the next one waits: doubled each time up to the longest. */
export const FIRST_BACK_OFF_MS = 500
export const LONGEST_BACK_OFF_MS = 30_000

/** Each isolate draws its interval from ± this share, so that isolates born together part. */
export const JITTER = 0.2

/** The last good copy outlives any outage worth planning for. */
export const LAST_GOOD_TTL_S = 30 * 24 * 3600
