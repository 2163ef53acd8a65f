// How long to wait before what has failed is tried again.

/** Doubled with each failure in a row, from `firstMs` after the first one up to `longestMs`. */
export function toBackOffMs(failures: number, firstMs: number, longestMs: number): number {
  return Math.min(firstMs * 2 ** Math.max(0, failures - 1), longestMs)
}
