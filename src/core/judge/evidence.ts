// Evidence from visitors who have met something, such as a failure. Under the hypothesis that a
// visitor meets it on either side alike, the side it is on is the toss of a coin: its bucket was
// chosen by a hash, and the canary has a known share of the buckets. metric.ts decides which
// hypotheses a metric has; verdict.ts decides what follows.

import { logMeanExp, logSumExp } from './logarithms.ts'

/**
 * Visitors who have met something for the first time while the canary had `share` of the buckets of
 * both sides, 0 to 1. They are weighed: many visitors of one client count for less than as many
 * clients, so that the numbers need not be whole.
 */
export type Tally = {
  readonly share: number
  readonly base: number
  readonly canary: number
}

/**
 * The hypothesis "on the canary `nullRatio` times as many visitors meet it as on the base", and the
 * ratios that are tested against it, all above it or all below.
 */
export type Hypothesis = {
  readonly nullRatio: number
  readonly alternatives: readonly number[]
  /** How much each alternative weighs in the evidence; they sum to 1. All the same if left out. */
  readonly weights?: readonly number[]
}

/** One log-likelihood ratio for each alternative, in nats. */
export type Evidence = readonly number[]

/** Multiples of the null ratio that stand for a canary on which more, or fewer, visitors meet it. */
export const MORE: readonly number[] = [1.25, 1.5, 2, 3, 5, 10, 30, 100]

/**
 * How much each of MORE weighs. Two and three times as many are the hardest to find of what is worth
 * finding, so they weigh most. The large ratios need some weight too: with it, three clients of the
 * canary are enough where all of them fail.
 */
export const MORE_WEIGHTS: readonly number[] = [0.05, 0.12, 0.23, 0.2, 0.12, 0.1, 0.09, 0.09]

export const FEWER: readonly number[] = [0.01, 0.1, 0.25, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]

/** Multiples of a margin that stand for a canary that is within it. */
const WITHIN: readonly number[] = [0.4, 0.5, 0.6, 0.67, 0.75, 0.83, 0.9]

/**
 * Against "on the canary at most `tolerance` times as many meet it", or where fewer are bad, against
 * "at least 1 / `tolerance` times as many".
 */
export function toWorse(bad: 'more' | 'fewer', tolerance: number): Hypothesis {
  return bad === 'more'
    ? { ...toHypothesis(tolerance, MORE), weights: MORE_WEIGHTS }
    : toHypothesis(1 / tolerance, FEWER)
}

/**
 * For going on: against "on the canary at least `margin` times as many meet it", or where fewer are
 * bad, against "at most 1 / `margin` times as many".
 */
export function toWithin(bad: 'more' | 'fewer', margin: number): Hypothesis {
  return bad === 'more'
    ? toHypothesis(margin, WITHIN)
    : toHypothesis(
        1 / margin,
        WITHIN.map((multiple) => 1 / multiple),
      )
}

function toHypothesis(nullRatio: number, multiples: readonly number[]): Hypothesis {
  if (!(nullRatio > 0 && Number.isFinite(nullRatio))) {
    throw new TypeError(`nullRatio: a ratio above 0, not ${nullRatio}`)
  }
  return { nullRatio, alternatives: multiples.map((multiple) => nullRatio * multiple) }
}

export function noEvidence({ alternatives }: Hypothesis): Evidence {
  return alternatives.map(() => 0)
}

/**
 * What a tally adds. With p_r = s r / (s r + 1 - s) for a share s, the alternative r and the null
 * ratio m, this is canary ln(p_r / p_m) + base ln((1 - p_r) / (1 - p_m)), written so that very large
 * and very small shares lose no digits. A tally in which one side has no buckets says nothing.
 *
 * For m = 1 each visitor is one toss: given that it meets the thing at all, and when, it is on the
 * canary with probability s whatever it and the others do, because its bucket does not depend on
 * its habits. So the exponential of the sum is a martingale that starts at 1, over visitors in any
 * order. If no visitor meets it sooner on the canary than it would on the base, the sum is at no
 * time above that of such a martingale. For m other than 1 the same holds for visitors who meet it
 * independently of each other, in the limit of rare events, and is a supermartingale otherwise. A
 * weight below 1 keeps a supermartingale one (Jensen).
 *
 * Source: Lindon & Malek, "Anytime-valid inference for multinomial count data" (2022).
 */
export function toGain({ nullRatio, alternatives }: Hypothesis, tally: Tally): Evidence {
  const { share, base, canary } = tally
  if (!(share > 0 && share < 1)) return alternatives.map(() => 0)
  const expected = share * nullRatio + (1 - share)
  return alternatives.map((ratio) => {
    const more = (share * (ratio - nullRatio)) / expected
    return canary * Math.log(ratio / nullRatio) - (base + canary) * Math.log1p(more)
  })
}

export function addEvidence(one: Evidence, other: Evidence): Evidence {
  return one.map((log, i) => log + (other[i] ?? 0))
}

/** The evidence of several tallies. */
export function toEvidence(hypothesis: Hypothesis, tallies: readonly Tally[]): Evidence {
  return tallies
    .map((tally) => toGain(hypothesis, tally))
    .reduce(addEvidence, noEvidence(hypothesis))
}

/** Adds to the tally of the same share. There are as many as a rollout has had weights. */
export function addTally(tallies: readonly Tally[], more: Tally): readonly Tally[] {
  const known = tallies.find(({ share }) => share === more.share)
  if (!known) return [...tallies, more]
  const { share, base, canary } = known
  const sum = { share, base: base + more.base, canary: canary + more.canary }
  return tallies.map((tally) => (tally === known ? sum : tally))
}

/**
 * ln of E, the mixture over the alternatives with the hypothesis' weights. By Ville's inequality E
 * ever reaches 1/alpha with a probability of at most alpha if the hypothesis holds, however often one
 * looks.
 */
export function toLogE({ weights }: Pick<Hypothesis, 'weights'>, evidence: Evidence): number {
  if (!weights) return logMeanExp(evidence)
  const largest = Math.max(...evidence)
  let sum = 0
  for (const [i, log] of evidence.entries()) sum += (weights[i] ?? 0) * Math.exp(log - largest)
  return largest + Math.log(sum)
}

/** Multiples of the floor that are tested against it. */
const BELOW: readonly number[] = [0.05, 0.2, 0.4, 0.6]

/**
 * ln E that few visitors of the canary meet it. The hypothesis is that at least the share `floor`,
 * 0 to 1, of its visitors does. With `met` of `visitors` this is the mixture over multiples r of
 * met ln r + visitors floor (1 - r). With visitors who meet it independently it is a
 * supermartingale for every share from the floor on: E[r^met] <= exp(n q (r - 1)) <= exp(n floor (r
 * - 1)) for q >= floor.
 */
export function toLogFew(floor: number, met: number, visitors: number): number {
  return logMeanExp(
    BELOW.map((multiple) => met * Math.log(multiple) + visitors * floor * (1 - multiple)),
  )
}

/** ln of the weighted mean of several E; the weights sum to 1. */
export function toLogMean(parts: readonly { readonly log: number; readonly weight: number }[]) {
  return logSumExp(parts.map(({ log, weight }) => log + Math.log(weight)))
}
