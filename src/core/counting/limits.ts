// Every bound on counting that the edge and the control have to agree on, with its reason.

/** Counts are kept by windows of this length: the judge looks that often. */
export const WINDOW_MS = 10_000

/** A window closes this long after its end. What comes later is dropped and counted. */
export const CLOSE_AFTER_MS = 20_000

/** Behind the newest window that was closed, or the first that is counted: older ones are of a clock that went back. */
export const CLOCK_WENT_BACK_WINDOWS = 6

/** Isolates of one document see a handful of versions; a window with more is somebody's mistake. */
export const MAX_GROUPS = 64

/** Visitors in one batch: 64 KiB of a call, and more than an isolate serves in fifteen seconds. */
export const MAX_BATCH_VISITORS = 8192

/** A batch holds the windows that are still open: the present one and those before it. */
export const MAX_BATCH_WINDOWS = 5

/** Codes of failures and sources of replies are a few; names beyond this are put together. */
export const MAX_NAMES = 24

/** All 32-bit hashes are below it: nobody is left out of the sample. */
export const EVERYBODY = 2 ** 32

/** The window that a moment falls into, counted from the epoch. */
export function toWindow(ms: number): number {
  return Math.floor(ms / WINDOW_MS)
}

/** When a window closes, in milliseconds since the epoch. */
export function closesAt(window: number): number {
  return (window + 1) * WINDOW_MS + CLOSE_AFTER_MS
}
