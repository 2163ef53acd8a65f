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

export const MAX_MESSAGE_CHARACTERS = 200
export const MAX_FRAME_CHARACTERS = 300
export const MAX_STACK_CHARACTERS = 2000

/** Most groups of one batch; further ones are counted as lost. */
export const MAX_BATCH_ERROR_GROUPS = 50

/** Names of environments and ids of versions are shorter. */
const MAX_NAME_CHARACTERS = 256

/** Whether a value that came from elsewhere has the shape and the size of a group. */
export function isErrorGroup(value: unknown): value is ErrorGroup {
  const { environment, version, kind, message, frame, count, stack } = (value ?? {}) as Partial<
    Record<keyof ErrorGroup, unknown>
  >
  return (
    isText(environment, 1, MAX_NAME_CHARACTERS) &&
    isText(version, 1, MAX_NAME_CHARACTERS) &&
    ERROR_KINDS.includes(kind as ErrorKind) &&
    isText(message, 0, MAX_MESSAGE_CHARACTERS) &&
    isText(frame, 0, MAX_FRAME_CHARACTERS) &&
    Number.isSafeInteger(count) &&
    (count as number) >= 1 &&
    (stack === undefined || isText(stack, 0, MAX_STACK_CHARACTERS))
  )
}

function isText(value: unknown, least: number, most: number): boolean {
  return typeof value === 'string' && value.length >= least && value.length <= most
}
