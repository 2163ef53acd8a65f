// Whether visitors arrive in the environments in the shares that traffic gives them, over all weights
// that a rollout has had. If they do not, somebody is lost on one side and a comparison of the sides
// means nothing. It is no reason to roll back.

import { type Split, toLogBayesFactor } from './bayes-factor.ts'

/**
 * Visitors since one change of weights: those whose document was decided by their bucket, each once,
 * counted at assignment, before a backend is called.
 */
export type Stratum = Split & {
  /** The revision that set these weights; grows. */
  readonly id: number
}

/** Plain JSON. */
export type SampleRatioState = {
  /** How many strata have begun. */
  readonly begun: number
  /** The evidence of strata that are past, weighted and summed: ln, `null` when there are none. */
  readonly past: number | null
  /** The largest id among them. */
  readonly pastId: number | null
  /** The others, oldest first, each with its place from 1. */
  readonly strata: readonly (Stratum & { readonly place: number })[]
  /** Has the evidence ever reached 1/alpha? It stays so: an alarm that passes was an alarm. */
  readonly alarmed: boolean
}

/** A batch may be late by some weight changes, but not by more than these. */
const OPEN_STRATA = 4

export const NO_SAMPLE: SampleRatioState = {
  begun: 0,
  past: null,
  pastId: null,
  strata: [],
  alarmed: false,
}

/**
 * ln of the evidence of all strata: the mean of their Bayes factors, the one at place j with weight
 * 1 / (j (j + 1)), those still to come counting as 1.
 *
 * Not their product: visitors who come back are in every stratum, mostly on the same side, and a chance
 * imbalance among them would be counted again at each step. The mean holds whatever strata share.
 */
export function toLogSampleRatio({ begun, past, strata }: SampleRatioState): number {
  const logs = strata.map(weigh)
  logs.push(-Math.log(begun + 1))
  if (past !== null) logs.push(past)
  return logSumExp(logs)
}

/**
 * Adds the visitors that a window saw for the first time, to the stratum of its id. What comes for a
 * stratum that is long past, or is no count, is dropped: the same state comes back.
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
  return toLogBayesFactor(stratum) - Math.log(stratum.place * (stratum.place + 1))
}

function toList(log: number | null): number[] {
  return log === null ? [] : [log]
}

function logSumExp(logs: readonly number[]): number {
  const largest = Math.max(...logs)
  return largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0))
}

function isStratum({ id, shares, visitors }: Stratum): boolean {
  return (
    Number.isFinite(id) &&
    shares.length === visitors.length &&
    shares.every((share) => Number.isFinite(share) && share >= 0) &&
    visitors.every((count) => Number.isSafeInteger(count) && count >= 0)
  )
}
