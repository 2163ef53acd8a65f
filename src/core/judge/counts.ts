// Evidence from one window of counts: for one hypothesis about the ratio of two failure rates, and that
// a version fails for few visitors, whatever the other one does. metric.ts decides which hypotheses a
// metric has; verdict.ts decides what follows.

import { logMeanExp } from './logarithms.ts'

/**
 * What one window saw of one yes/no outcome. Visitors are those active in the window who had not yet
 * failed in this rollout, those whose first failure falls into the window included; failures are
 * these first failures. All four are whole numbers of visitors, failures at most visitors.
 */
export type Counts = readonly [
  baseVisitors: number,
  baseFailures: number,
  canaryVisitors: number,
  canaryFailures: number,
]

/**
 * "The canary's rate is `nullRatio` times the control's", and the ratios that are held against it.
 * Ratios above it ask for evidence that the canary is worse, ratios below that it is better.
 */
export type Hypothesis = {
  readonly nullRatio: number
  readonly alternatives: readonly number[]
  /** ln(alternative / nullRatio) of each. */
  readonly logs: readonly number[]
}

/** One log-likelihood ratio for each alternative, in nats: the whole memory of a hypothesis. */
export type Evidence = readonly number[]

/** Multiples of the null ratio that speak of a worse and of a better canary. */
export const WORSE: readonly number[] = [1.1, 1.25, 1.5, 2, 3, 5, 10, 20]
export const BETTER: readonly number[] = [0.4, 0.5, 0.6, 0.67, 0.75, 0.83, 0.9]

/** Evidence for taking a release back: against "the canary fails at most as often". */
export const WORSE_THAN_BASE: Hypothesis = toHypothesis(1, WORSE)

/** A null ratio and what is held against it, all above 0. */
export function toHypothesis(nullRatio: number, alternatives: readonly number[]): Hypothesis {
  const logs = alternatives.map((ratio) => Math.log(ratio / nullRatio))
  return { nullRatio, alternatives, logs }
}

/**
 * Evidence for going on: against "the canary fails at least `margin` times as often".
 *
 * @throws TypeError when the margin is not a number above 0.
 */
export function withinMargin(margin: number): Hypothesis {
  if (!(margin > 0 && Number.isFinite(margin))) {
    throw new TypeError(`margin: a ratio above 0, not ${margin}`)
  }
  return toHypothesis(
    margin,
    BETTER.map((ratio) => margin * ratio),
  )
}

/** Whether these are counts at all: whole numbers from 0, no more failures than visitors. */
export function isCounts(value: readonly number[]): value is Counts {
  const [baseVisitors = -1, baseFailures = -1, canaryVisitors = -1, canaryFailures = -1] = value
  return (
    value.length === 4 &&
    value.every((count) => Number.isSafeInteger(count) && count >= 0) &&
    baseFailures <= baseVisitors &&
    canaryFailures <= canaryVisitors
  )
}

/** Evidence before the first window. */
export function noEvidence(hypothesis: Hypothesis): Evidence {
  return hypothesis.alternatives.map(() => 0)
}

/**
 * Adds a window. Each window is a stratum of its own: only the split of its failures between the two
 * sides counts, so a base rate that drifts and weights that change do no harm. A window in which a
 * side is silent or nobody failed says nothing.
 *
 * For every alternative r and null ratio m this adds k_b ln(p_r / p_m) + k_a ln((1 - p_r) / (1 - p_m))
 * with p_r = n_b r / (n_b r + n_a), written so that huge and tiny shares lose no digits. With first
 * failures that are independent the exponential of the sum is a supermartingale starting at 1 for
 * every pair of rates with q_b <= m q_a (q_b >= m q_a for alternatives below m), rare or not:
 * E[x^k] <= exp(n q (x - 1)) makes the two exponents cancel at q_b = m q_a.
 *
 * Source: Lindon & Malek, "Anytime-valid inference for multinomial count data" (2022).
 */
export function addCounts(hypothesis: Hypothesis, evidence: Evidence, counts: Counts): Evidence {
  const [baseVisitors, baseFailures, canaryVisitors, canaryFailures] = counts
  const failures = baseFailures + canaryFailures
  if (baseVisitors === 0 || canaryVisitors === 0 || failures === 0) return evidence
  const { nullRatio, alternatives, logs } = hypothesis
  const expected = canaryVisitors * nullRatio + baseVisitors
  return evidence.map((sum, i) => {
    const more = (canaryVisitors * ((alternatives[i] ?? nullRatio) - nullRatio)) / expected
    return sum + canaryFailures * (logs[i] ?? 0) - failures * Math.log1p(more)
  })
}

/**
 * The natural logarithm of E, the equal mixture over the alternatives. By Ville's inequality E ever
 * reaches 1/alpha with a chance of at most alpha if the null ratio holds in every window, however
 * often it is looked at.
 */
export function toLogE(evidence: Evidence): number {
  return logMeanExp(evidence)
}

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
  const [baseVisitors, , canaryVisitors, canaryFailures] = counts
  if (baseVisitors === 0 || canaryVisitors === 0) return evidence
  return evidence.map((sum, i) => {
    const multiple = FEWER[i] ?? 1
    return sum + canaryFailures * Math.log(multiple) + canaryVisitors * floor * (1 - multiple)
  })
}

/** ln of the mean of two E, which is an E as well: against "beyond the margin, and not few either". */
export function eitherOf(within: number, few: Evidence): number {
  return logMeanExp([within, logMeanExp(few)])
}
