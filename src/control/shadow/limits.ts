// The bounds on what is kept of shadows, each with its reason. docs/storage.md lists them.

/** Pairs of versions: those that were compared last. */
export const MAX_SHADOW_PAIRS = 5

/** Soaks: the last one of each pair of environments; each has at most 8 KB. */
export const MAX_KEPT_SOAKS = 5

/** Routes of a pair; each has 1 to 20 KB in memory. The one with the fewest copies goes first. */
export const MAX_SHADOW_ROUTES = 60

/** Written so often, one row for each route with news. What came since is lost if the control stops. */
export const SHADOWS_STORED_EVERY_MS = 60_000
