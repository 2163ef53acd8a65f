// How long to wait before a failed operation is tried again.

/**
 * The wait is `firstMs` after the first failure, and doubles with each further failure up to
 * `longestMs`.
 */
export function toBackOffMs(failures: number, firstMs: number, longestMs: number): number {
  return Math.min(firstMs * 2 ** Math.max(0, failures - 1), longestMs)
}
