// The sample ratio: whether visitors arrive in the environments in the shares that traffic gives
// them, over all weights that a rollout has had. If they do not, visitors get lost on one side and
// a comparison of the sides means nothing. It is no reason to roll back.

import { logGamma, logMeanExp, logSumExp } from './logarithms.ts'

/**
 * Visitors since one change of weights: those whose document was decided by their bucket, each
 * once, counted at that decision and before a backend is called.
 */
export type Stratum = Split & {
  /** The revision that set these weights; it grows. */
  readonly id: number
}

/** Plain JSON. */
export type SampleRatioState = {
  /** How many strata have begun. */
  readonly begun: number
  /** ln of the evidence of closed strata, weighted and summed; `null` if there are none. */
  readonly past: number | null
  /** The largest id among the closed strata. */
  readonly pastId: number | null
  /** The open strata, oldest first, each with its ordinal from 1. */
  readonly strata: readonly (Stratum & { readonly place: number })[]
  /** Whether the evidence has ever reached 1/alpha. It stays `true`: an alarm is not taken back. */
  readonly alarmed: boolean
}

/** Shares in any sensible unit are smaller; with larger ones the arithmetic would lose digits. */
const MOST_SHARE = 1e12

/** So many strata stay open, because a batch may arrive after some changes of weights. */
const OPEN_STRATA = 4

/** Before the first visitor. */
export const NO_SAMPLE: SampleRatioState = {
  begun: 0,
  past: null,
  pastId: null,
  strata: [],
  alarmed: false,
}

/**
 * ln of the evidence of all strata: the mean of their Bayes factors, the stratum with ordinal j
 * having weight 1 / (j (j + 1)), and those still to come counting as 1.
 *
 * It is not their product: visitors who come back are in every stratum, mostly on the same side,
 * and a chance imbalance among them would be counted again at each step. The mean holds whatever
 * strata have in common.
 */
export function toLogSampleRatio({ begun, past, strata }: SampleRatioState): number {
  const logs = strata.map(weigh)
  logs.push(-Math.log(begun + 1))
  if (past !== null) logs.push(past)
  return logSumExp(logs)
}

/**
 * Adds the visitors that a window saw for the first time, to the stratum of its id. Visitors of a
 * closed stratum, and counts that are invalid, are dropped: the same state is returned.
 */
export function addVisitors(
  state: SampleRatioState,
  { id, shares, visitors }: Stratum,
  alpha: number,
): SampleRatioState {
  const isPast = state.pastId !== null && id <= state.pastId
  if (isPast || !isStratum({ id, shares, visitors })) return state
  const known = state.strata.find((stratum) => stratum.id === id)
  if (known && known.visitors.length !== visitors.length) return state
  const begun = known ? state.begun : state.begun + 1
  const merged = known
    ? { ...known, visitors: known.visitors.map((count, i) => count + (visitors[i] ?? 0)) }
    : { id, shares, visitors, place: begun }
  const strata = [...state.strata.filter((stratum) => stratum.id !== id), merged]
  strata.sort((one, other) => one.id - other.id)
  const gone = strata.splice(0, Math.max(0, strata.length - OPEN_STRATA))
  const next = {
    begun,
    past: gone.length === 0 ? state.past : logSumExp([...gone.map(weigh), ...toList(state.past)]),
    pastId: gone.at(-1)?.id ?? state.pastId,
    strata,
    alarmed: state.alarmed,
  }
  return { ...next, alarmed: next.alarmed || toLogSampleRatio(next) >= Math.log(1 / alpha) }
}

function weigh(stratum: SampleRatioState['strata'][number]): number {
  return toLogUneven(stratum) - Math.log(stratum.place * (stratum.place + 1))
}

function toList(log: number | null): number[] {
  return log === null ? [] : [log]
}

function isStratum({ id, shares, visitors }: Stratum): boolean {
  return (
    Number.isFinite(id) &&
    shares.length === visitors.length &&
    shares.every((share) => share >= 0 && share <= MOST_SHARE) &&
    visitors.every((count) => Number.isSafeInteger(count) && count >= 0)
  )
}

/**
 * How strongly the model believes in the intended shares, in visitors: it does not tell apart
 * shares within about 0.5 %.
 */
const CONCENTRATION = 10_000

/** A weak belief: with it a side that nobody comes from is noticed after a few visitors. */
const WEAK_CONCENTRATION = 30

/** ln of the mean of the Bayes factors with a strong and with a weak belief, which is one as well. */
export function toLogUneven(split: Split): number {
  return logMeanExp([
    toLogBayesFactor(split, CONCENTRATION),
    toLogBayesFactor(split, WEAK_CONCENTRATION),
  ])
}

/** A share below this counts as none; it is far below one bucket of 10,000. */
const NO_SHARE = 1e-9

/** The intended shares and the visitors that came, environments in the same order. */
export type Split = {
  /** From 0, in any unit, such as buckets. */
  readonly shares: readonly number[]
  /** Whole numbers of distinct visitors. */
  readonly visitors: readonly number[]
}

/**
 * ln of the Bayes factor of a Dirichlet-multinomial around the intended shares against the
 * multinomial with exactly these. If the intended shares hold, it is a martingale over visitors
 * that starts at 1, so that one may look at any time. Environments without a share are left out;
 * with fewer than two others there is nothing to compare, and the result is 0.
 *
 * Source: Lindon & Malek, "Anytime-valid inference for multinomial count data" (2022);
 * optimizely/ssrm.
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
  const all = shares.reduce((sum, share) => sum + share, 0)
  const sides = shares
    .map((share, i) => ({ share, count: visitors[i] ?? 0 }))
    .filter(({ share }) => share > all * NO_SHARE)
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

/** Losses that are told apart, as shares of the visitors of the canary. */
const LOSSES = [0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8]

/**
 * The smallest of a few losses on the canary's side that would have raised an alarm by now, had they
 * been there from the beginning: with these visitors of both sides and the canary's share in
 * percent. `undefined` where even a large one would not.
 */
export function findSmallestLoss(
  [base = 0, canary = 0]: readonly number[],
  weight: number,
  alpha = 0.001,
): number | undefined {
  const shares = [100 - weight, weight]
  return LOSSES.find((loss) => {
    const visitors = [base, Math.round(canary * (1 - loss))]
    return toLogUneven({ shares, visitors }) - Math.log(2) >= Math.log(1 / alpha)
  })
}
