// The bounds on counting that the isolates and the control share, each with its reason.

/** Counts are kept in windows of this length, and the judge looks at each of them. */
export const WINDOW_MS = 10_000

/**
 * A window closes this long after its end. Counts that come later are dropped, and counted as
 * dropped.
 */
export const CLOSE_AFTER_MS = 20_000

/**
 * A window that lies further behind the newest closed one, or behind the first that is counted,
 * means that the clock went back.
 */
export const CLOCK_WENT_BACK_WINDOWS = 6

/**
 * Isolates that decide with one document see a handful of versions; more groups in one window are a
 * mistake.
 */
export const MAX_GROUPS = 64

/** Visitors in one batch: 64 KiB of a call, and more than an isolate serves in fifteen seconds. */
export const MAX_BATCH_VISITORS = 8192

/** Outcomes in one batch: 128 KiB of a call. */
export const MAX_BATCH_OUTCOMES = 8192

/** Longer routes are cut; nobody tells routes apart by what comes later. */
export const MAX_ROUTE_CHARACTERS = 120

/**
 * Above this many visitors of one rollout the sample of those who are there is halved: it only says
 * how many they are, and as many give all the precision there is.
 */
export const MAX_SAMPLED_VISITORS = 20_000

/**
 * Entries of visitors who met something, over all metrics, edges and routes of a rollout: some 6 MB.
 * Above it the most frequent metric gets a sample, which has evidence enough.
 */
export const MAX_MET_ENTRIES = 60_000

/** Visitors of one client that the sample holds: an office, and no crowd that drives others out. */
export const MAX_VISITORS_PER_CLIENT = 100

/** Visitors of one client that count for the sample ratio: one client must not trip its alarm. */
export const MAX_ASSIGNED_PER_CLIENT = 3

/** Network operators are told apart by 6 bits; two that share a number count as one. */
export const MAX_OPERATORS = 64

/** Weight changes of one rollout whose visitors are told apart; a bit each. The judge keeps fewer open. */
export const MAX_STRATA = 20

/** A batch holds the windows that are still open: the present one and those before it. */
export const MAX_BATCH_WINDOWS = 5

/**
 * There are few codes of failures and few sources of replies; names beyond this count as `other`.
 */
export const MAX_NAMES = 32

/** All 32-bit hashes are below it, so that every visitor is in the sample. */
export const EVERYBODY = 2 ** 32

/**
 * When a visitor met a failure, isolates send what they have after this time, and not with the next
 * call that is due: a release that fails for everybody is then found within seconds.
 */
export const URGENT_FLUSH_MS = 1000

/** The number of the window that a time falls into, counted from the epoch. */
export function toWindow(ms: number): number {
  return Math.floor(ms / WINDOW_MS)
}

/** When a window closes, in milliseconds since the epoch. */
export function closesAt(window: number): number {
  return (window + 1) * WINDOW_MS + CLOSE_AFTER_MS
}
