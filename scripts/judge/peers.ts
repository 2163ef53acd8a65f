// The two rules that others use, for comparison: they see the same visitors, and only the first time
// they would have taken the release back is kept.

import type { Counts } from '../../src/core/judge/counts.ts'

/** A rule that is shown each window and says whether it has ever had enough. */
export type Rule = { readonly see: (counts: Counts) => void; readonly hasFired: () => boolean }

/** One-sided 1 - alpha point of the normal. */
const CRITICAL_Z = 2.3263478740408408

/** A two-proportion z-test of all counts so far, at every look, as if it were the only one. */
export function repeatedZTest(): Rule {
  let [n0, k0, n1, k1] = [0, 0, 0, 0]
  let fired = false
  return {
    see: ([controlVisitors, controlFailures, canaryVisitors, canaryFailures]) => {
      n0 += controlVisitors
      k0 += controlFailures
      n1 += canaryVisitors
      k1 += canaryFailures
      const pooled = (k0 + k1) / (n0 + n1)
      const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / n0 + 1 / n1))
      if ((k1 / n1 - k0 / n0) / deviation > CRITICAL_Z) fired = true
    },
    hasFired: () => fired,
  }
}

const VISITS_PER_CHECK = 100
const FAILED_CHECKS = 5
const LEAST_SUCCESS = 0.99

/** "At least 99 % of 100 requests succeed", checked again and again; five failed checks are enough. */
export function fixedThreshold(): Rule {
  let [visits, failures, failedChecks] = [0, 0, 0]
  return {
    see: ([, , canaryVisitors, canaryFailures]) => {
      visits += canaryVisitors
      failures += canaryFailures
      if (visits < VISITS_PER_CHECK) return
      if (1 - failures / visits < LEAST_SUCCESS) failedChecks += 1
      visits = 0
      failures = 0
    },
    hasFired: () => failedChecks >= FAILED_CHECKS,
  }
}
