// How much more likely other shares make the visitors that came than the shares they were given.

import { logGamma } from './log-gamma.ts'

/** How firmly the null's shares are believed, in visitors: shares within about 0.5 % are alike to it. */
export const CONCENTRATION = 10_000

/** Shares that were given and visitors that came, environments in one order. */
export type Split = {
  /** From 0, in any unit: buckets will do. */
  readonly shares: readonly number[]
  /** Whole numbers of distinct visitors. */
  readonly visitors: readonly number[]
}

/**
 * ln of the Bayes factor of a Dirichlet-multinomial around the intended shares against the
 * multinomial with just these. Under the null it is a martingale over visitors that starts at 1, so
 * it may be looked at always. Environments without a share are left out; with fewer than two others
 * there is nothing to compare, and the answer is 0.
 *
 * Source: Lindon & Malek, "Anytime-valid inference for multinomial count data" (2022); optimizely/ssrm.
 *
 * @throws TypeError when shares and visitors differ in number.
 */
export function toLogBayesFactor(
  { shares, visitors }: Split,
  concentration: number = CONCENTRATION,
): number {
  if (shares.length !== visitors.length) {
    throw new TypeError(`visitors: one count for each of ${shares.length} shares`)
  }
  const sides = shares
    .map((share, i) => ({ share, count: visitors[i] ?? 0 }))
    .filter(({ share }) => share > 0)
  if (sides.length < 2) return 0
  const whole = sides.reduce((sum, { share }) => sum + share, 0)
  const total = sides.reduce((sum, { count }) => sum + count, 0)
  let log = logGamma(concentration) - logGamma(concentration + total)
  for (const { share, count } of sides) {
    const prior = (concentration * share) / whole
    log += logGamma(prior + count) - logGamma(prior) - count * Math.log(share / whole)
  }
  return log
}
