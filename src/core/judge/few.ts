// Evidence that a version fails for few, whatever the other one does: where nearly nobody fails there is
// nothing to make a ratio of.

import { type Counts, type Evidence, logMeanExp } from './counts.ts'

/** Multiples of the floor that are held against it. */
const FEWER: readonly number[] = [0.05, 0.2, 0.4, 0.6]

/** Evidence before the first window. */
export const NO_FEW: Evidence = FEWER.map(() => 0)

/**
 * Adds a window. `floor` is the share of visits, 0 to 1, that the canary is said to fail at least. For
 * every multiple r below 1 this adds k_b ln r + n_b floor (1 - r). With first failures that are
 * independent the exponential of the sum is a supermartingale starting at 1 for every rate from the
 * floor on: E[r^k] <= exp(n q (r - 1)) <= exp(n floor (r - 1)) for q >= floor. A window in which a
 * side is silent says nothing.
 */
export function addFew(floor: number, evidence: Evidence, counts: Counts): Evidence {
  const [controlVisitors, , canaryVisitors, canaryFailures] = counts
  if (controlVisitors === 0 || canaryVisitors === 0) return evidence
  return evidence.map((sum, i) => {
    const multiple = FEWER[i] ?? 1
    return sum + canaryFailures * Math.log(multiple) + canaryVisitors * floor * (1 - multiple)
  })
}

/** ln of the mean of two E, which is an E as well: against "beyond the margin, and not few either". */
export function eitherOf(within: number, few: Evidence): number {
  return logMeanExp([within, logMeanExp(few)])
}
