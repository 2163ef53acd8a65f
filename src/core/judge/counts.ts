// Evidence from one window of counts: for one hypothesis about the ratio of two failure rates, and
// that a version fails for few visitors, whatever the other one does. metric.ts decides which
// hypotheses a metric has; verdict.ts decides what follows.

import { logMeanExp } from './logarithms.ts'

/**
 * What one window counted of one yes/no outcome. Visitors are those who were active in the window
 * and had not yet failed in this rollout, including those whose first failure falls into the
 * window; failures are these first failures. All four are whole numbers of visitors, with no more
 * failures than visitors.
 */
export type Counts = readonly [
  baseVisitors: number,
  baseFailures: number,
  canaryVisitors: number,
  canaryFailures: number,
]

/**
 * The hypothesis "the canary's failure rate is `nullRatio` times the base's", and the ratios that
 * are tested against it. Ratios above it give evidence that the canary is worse, ratios below it
 * that it is better.
 */
export type Hypothesis = {
  readonly nullRatio: number
  readonly alternatives: readonly number[]
  /** ln(alternative / nullRatio) of each alternative. */
  readonly logs: readonly number[]
}

/**
 * One log-likelihood ratio for each alternative, in nats: all that is remembered of a hypothesis.
 */
export type Evidence = readonly number[]

/** Multiples of the null ratio that stand for a worse and for a better canary. */
export const WORSE: readonly number[] = [1.1, 1.25, 1.5, 2, 3, 5, 10, 20]
export const BETTER: readonly number[] = [0.4, 0.5, 0.6, 0.67, 0.75, 0.83, 0.9]

/** For rolling back: evidence against "the canary fails at most as often as the base". */
export const WORSE_THAN_BASE: Hypothesis = toHypothesis(1, WORSE)

/** A hypothesis of a null ratio and its alternatives, all above 0. */
export function toHypothesis(nullRatio: number, alternatives: readonly number[]): Hypothesis {
  const logs = alternatives.map((ratio) => Math.log(ratio / nullRatio))
  return { nullRatio, alternatives, logs }
}

/**
 * For going on: evidence against "the canary fails at least `margin` times as often as the base".
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

/** Whether these are counts: whole numbers from 0, with no more failures than visitors. */
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
 * Adds a window. Each window is a stratum of its own: only the split of its failures between the
 * two sides counts, so that neither a failure rate that drifts nor a change of weights biases the
 * result. A window in which one side has no visitors or nobody failed says nothing.
 *
 * For every alternative r and null ratio m this adds k_b ln(p_r / p_m) + k_a ln((1 - p_r) / (1 -
 * p_m)) with p_r = n_b r / (n_b r + n_a), written so that very large and very small shares lose no
 * digits (a is the base, b the canary). With first failures that are independent, the exponential
 * of the sum is a supermartingale starting at 1 for every pair of rates with q_b <= m q_a (q_b >= m
 * q_a for alternatives below m), rare or not: E[x^k] <= exp(n q (x - 1)) makes the two exponents
 * cancel at q_b = m q_a.
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
 * reaches 1/alpha with a probability of at most alpha if the null ratio holds in every window,
 * however often one looks.
 */
export function toLogE(evidence: Evidence): number {
  return logMeanExp(evidence)
}

/** Multiples of the floor that are tested against it. */
const FEWER: readonly number[] = [0.05, 0.2, 0.4, 0.6]

/** Evidence before the first window. */
export const NO_FEW: Evidence = FEWER.map(() => 0)

/**
 * Adds a window to the evidence that few visitors fail. The hypothesis is that the canary fails for
 * at least the share `floor` of its visits, 0 to 1. For every multiple r below 1 this adds k_b ln r
 * + n_b floor (1 - r). With first failures that are independent, the exponential of the sum is a
 * supermartingale starting at 1 for every rate from the floor on: E[r^k] <= exp(n q (r - 1)) <=
 * exp(n floor (r - 1)) for q >= floor. A window in which one side has no visitors says nothing.
 */
export function addFew(floor: number, evidence: Evidence, counts: Counts): Evidence {
  const [baseVisitors, , canaryVisitors, canaryFailures] = counts
  if (baseVisitors === 0 || canaryVisitors === 0) return evidence
  return evidence.map((sum, i) => {
    const multiple = FEWER[i] ?? 1
    return sum + canaryFailures * Math.log(multiple) + canaryVisitors * floor * (1 - multiple)
  })
}

/**
 * ln of the mean of two E, which is an E as well: evidence against "the canary is beyond the
 * margin, and does not fail for few visitors only".
 */
export function eitherOf(within: number, few: Evidence): number {
  return logMeanExp([within, logMeanExp(few)])
}
