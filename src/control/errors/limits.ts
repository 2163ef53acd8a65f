// The bounds on errors that browsers report, each with its reason. Reports can be made up, so that every table
// and every rate is bounded. docs/storage.md lists them.

/** Different errors of one version: more are not read by anybody. */
export const MAX_ERROR_GROUPS_PER_VERSION = 100

/** All groups are in memory: some 2.5 KB each with the longest stack. */
export const MAX_ERROR_GROUPS = 1000

/** Environments of one group that are told apart; those beyond are not counted. */
export const MAX_ERROR_ENVIRONMENTS = 16

/**
 * A new group costs a row, and another one when it replaces one. A release that is broken everywhere has some
 * dozens; made-up messages would be endless.
 */
export const MAX_NEW_ERROR_GROUPS_PER_HOUR = 200

/** Counts are written so often, one row for each version with errors. What came since is lost if the control stops. */
export const ERRORS_STORED_EVERY_MS = 60_000
