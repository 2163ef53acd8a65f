// Whether visitors arrive in the environments in the shares that traffic gives them. If they do not,
// somebody is lost on one side and a comparison of the sides means nothing. It is no reason to roll back.

import { logGamma } from './log-gamma.ts'

/** How firmly the null's shares are believed, in visitors: shares within about 0.5 % are alike to it. */
export const CONCENTRATION = 10_000

/**
 * Visitors since one change of weights: those whose document was decided by their bucket, each once,
 * counted at assignment, before a backend is called. Environments in one order throughout.
 */
export type Stratum = {
  /** The revision that set these weights; grows. */
  readonly id: number
  /** Intended shares, from 0, in any unit: buckets will do. */
  readonly shares: readonly number[]
  /** Whole numbers of visitors. */
  readonly visitors: readonly number[]
}

/** Plain JSON. */
export type SampleRatioState = {
  /** ln of the Bayes factor of strata that are past. */
  readonly past: number
  /** The id of the last stratum in `past`. */
  readonly pastId: number
  /** The latest strata, oldest first. */
  readonly strata: readonly Stratum[]
  /** Has it ever reached 1/alpha? It stays so: an alarm that goes away again was no smaller alarm. */
  readonly alarmed: boolean
}

/** A batch may be late by some weight changes, but not by more than these. */
const OPEN_STRATA = 4

export const NO_SAMPLE: SampleRatioState = { past: 0, pastId: -1, strata: [], alarmed: false }

/**
 * ln of the Bayes factor "other shares" against "these shares" of one stratum: a Dirichlet-multinomial
 * around the intended shares against the multinomial. Environments without a share are left out; with
 * fewer than two others there is nothing to compare, and the answer is 0. The multinomial's martingale
 * over visitors, so that it may be looked at always.
 *
 * Source: Lindon & Malek (2022); optimizely/ssrm.
 *
 * @throws TypeError when shares and visitors differ in number.
 */
export function toLogBayesFactor(
  { shares, visitors }: Pick<Stratum, 'shares' | 'visitors'>,
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
  return sides.reduce(
    (sum, { share, count }) => {
      const prior = (concentration * share) / whole
      return sum + logGamma(prior + count) - logGamma(prior) - count * Math.log(share / whole)
    },
    logGamma(concentration) - logGamma(concentration + total),
  )
}

/** The factors of all strata multiplied, as a logarithm. */
export function toLogSampleRatio({ past, strata }: SampleRatioState): number {
  return strata.reduce((sum, stratum) => sum + toLogBayesFactor(stratum), past)
}

/**
 * Adds the visitors that a window saw for the first time, to the stratum of its id. What comes for a
 * stratum that is long past, or is no count, is dropped.
 */
export function addVisitors(
  state: SampleRatioState,
  added: Stratum,
  alpha: number,
): SampleRatioState {
  if (added.id <= state.pastId || !isStratum(added)) return state
  const known = state.strata.find(({ id }) => id === added.id)
  if (known && known.visitors.length !== added.visitors.length) return state
  const merged = known
    ? { ...known, visitors: known.visitors.map((count, i) => count + (added.visitors[i] ?? 0)) }
    : added
  const strata = [...state.strata.filter(({ id }) => id !== added.id), merged]
  strata.sort((one, other) => one.id - other.id)
  const gone = strata.splice(0, Math.max(0, strata.length - OPEN_STRATA))
  const next = {
    past: gone.reduce((sum, stratum) => sum + toLogBayesFactor(stratum), state.past),
    pastId: gone.at(-1)?.id ?? state.pastId,
    strata,
    alarmed: state.alarmed,
  }
  return { ...next, alarmed: next.alarmed || toLogSampleRatio(next) >= Math.log(1 / alpha) }
}

function isStratum({ id, shares, visitors }: Stratum): boolean {
  return (
    Number.isFinite(id) &&
    shares.length === visitors.length &&
    shares.every((share) => Number.isFinite(share) && share >= 0) &&
    visitors.every((count) => Number.isSafeInteger(count) && count >= 0)
  )
}
