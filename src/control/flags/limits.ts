// The bounds on counts of flags. docs/storage.md lists them.

/** Different flags, variants and reasons together: some 700 bytes each in one row, which holds 2 MB. */
export const MAX_FLAG_COUNTS = 1000

/** One row in all is written so often. What came since is lost if the control stops. */
export const FLAGS_STORED_EVERY_MS = 300_000
