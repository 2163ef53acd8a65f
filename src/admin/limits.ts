// Every bound on a request to the API, with its reason. Those on credentials and reasons are the
// control's own.

/** A document of 256 KiB, quoted inside another JSON. */
export const MAX_BODY_BYTES = 512 * 1024

/** A body of half a megabyte takes a second or two on a poor line. */
export const BODY_TIMEOUT_MS = 10_000

/** A document is a dozen levels deep, with its conditions; a machine's stack is not without end. */
export const MAX_JSON_DEPTH = 100

/** The control answers in some 50 ms; who waits longer learns more from an answer. */
export const CONTROL_TIMEOUT_MS = 5000

/** Committing and telling the outcome is worth more patience than reading. */
export const CONTROL_CHANGE_TIMEOUT_MS = 10_000

/** For a control that restarts, or one that has too much to do. */
export const RETRY_AFTER_S = 2

/** As long as the control remembers failed attempts of an address. */
export const RETRY_AFTER_ATTEMPTS_S = 60

/**
 * An isolate answers for the control this long to an address that the control has turned away, so that
 * a flood from it does not reach the control, which the edge needs.
 */
export const TURNED_AWAY_MS = 2000
/** About 50 KB of an isolate. */
export const MAX_TURNED_AWAY = 500

export const DEFAULT_PAGE_ROWS = 50
export const MAX_PAGE_ROWS = 100

/** What servers take as an address, and about what browsers send as headers. */
export const MAX_URL_CHARACTERS = 8192
export const MAX_EXPLAINED_HEADERS = 100
export const MAX_HEADER_CHARACTERS = 8192

/** Ten years: longer is for ever, which is asked for by leaving it out. */
export const MAX_TOKEN_DAYS = 3650
