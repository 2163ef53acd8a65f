// Every bound on what the control counts and keeps, with its reason. Those that isolates share are in
// core/counting.

/** A day of windows of ten seconds, and thirty days of minutes: rings, whose rows are written over. */
export const KEPT_WINDOWS = 8640
export const KEPT_MINUTES = 43_200

/**
 * The budget, in rows written: one for each window in which anything was counted, one for each of its
 * minutes, one for each look at a rollout that has seen new visitors. Nothing when nothing happens, and never one
 * for a call.
 */
export const ROWS_PER_WINDOW = 1
export const ROWS_PER_MINUTE = 1
export const ROWS_PER_ROLLOUT_LOOK = 1
/** Without rollouts and with requests in every window; a rollout all day adds 8,640. */
export const MAX_ROWS_PER_DAY = KEPT_WINDOWS * ROWS_PER_WINDOW + 1440 * ROWS_PER_MINUTE

/** Versions in environments that one window tells apart; with sketches of visitors a row of 170 KB at most. */
export const MAX_SERIES = 64

/** Versions of which the time of the last request is kept: those that were asked least lately go first. */
export const MAX_USED_VERSIONS = 200

/** Series that totals since the beginning are kept of: those that saw no requests longest go first. */
export const MAX_TOTAL_SERIES = 200

/** The last batch of so many isolates is remembered, and for so long: a batch comes again within seconds. */
export const MAX_REMEMBERED_ISOLATES = 50_000
export const REMEMBERED_MS = 120_000

/** Rollouts run on disjoint environments, and nobody has more than a few pairs of them. */
export const MAX_COUNTED_ROLLOUTS = 16
