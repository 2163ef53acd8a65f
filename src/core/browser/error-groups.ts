// Errors that browsers have reported, counted by group: the same message at the same place in the same version.
// Isolates count them, batches carry them, and the control adds them up.

/** What a group is about. The last four come from the Reporting API, with no script in the page. */
export const ERROR_KINDS = [
  'error',
  'rejection',
  'chunk',
  'crash',
  'csp',
  'deprecation',
  'intervention',
] as const

export type ErrorKind = (typeof ERROR_KINDS)[number]

export type ErrorGroup = {
  readonly environment: string
  readonly version: string
  readonly kind: ErrorKind
  /** Without numbers, ids and other private parts; 200 characters at most. */
  readonly message: string
  /** The first frame as `/path/of/file.js:line:column`; empty if there is none. 300 characters at most. */
  readonly frame: string
  /** How many reports there were. */
  readonly count: number
  /** The stack of one of them, one frame a line, as `name@/path/of/file.js:line:column`; 2,000 characters at most. */
  readonly stack?: string
}

/** Most groups of one batch; further ones are counted as lost. */
export const MAX_BATCH_ERROR_GROUPS = 50
