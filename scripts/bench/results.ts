// What the bench finds out, in the form that `--json` prints: every number with its spread over the
// rounds, and beside each aim whether it was met.

import { type Spread, toRatios, toSpread } from './statistics.ts'

/** How much is measured. */
export type Effort = {
  readonly rounds: number
  /** How long each contestant is under load in each round. */
  readonly secondsPerTurn: number
}

/** `met` is decided by the median. */
type Aim<Limit extends 'atLeast' | 'atMost'> = Readonly<Record<Limit, number>> & {
  readonly met: boolean
}

/** Two servers of the same bytes, in replies per second. */
export type Comparison = {
  readonly name: string
  readonly ours: Contestant
  readonly theirs: Contestant
  /** Ours over theirs, of each round. */
  readonly ratio: Spread
  readonly aim?: Aim<'atLeast'>
}
type Contestant = { readonly name: string; readonly perSecond: Spread }

/** One call of a function, in nanoseconds. */
export type Timing = {
  readonly name: string
  readonly ns: Spread
  readonly aim?: Aim<'atMost'>
}

/** Operations on what is billed or takes time. */
export type Operations = {
  readonly name: string
  readonly requests: number
  readonly kv: number
  readonly r2: number
  readonly cacheGets: number
  readonly cachePuts: number
  /** Of KV and R2 together. */
  readonly aim?: Aim<'atMost'>
}

export type Results = {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly node: string }
  readonly effort: Effort
  readonly comparisons: readonly Comparison[]
  readonly timings: readonly Timing[]
  readonly operations: readonly Operations[]
}

export type Measured = { readonly name: string; readonly perSecond: readonly number[] }

/** @param atLeast the ratio that is aimed at. */
export function toComparison(
  name: string,
  ours: Measured,
  theirs: Measured,
  atLeast?: number,
): Comparison {
  const ratio = toRatios(ours.perSecond, theirs.perSecond)
  const toContestant = (measured: Measured): Contestant => ({
    name: measured.name,
    perSecond: toSpread(measured.perSecond),
  })
  return {
    name,
    ours: toContestant(ours),
    theirs: toContestant(theirs),
    ratio,
    ...(atLeast !== undefined && { aim: { atLeast, met: ratio.median >= atLeast } }),
  }
}

/** @param atMost the nanoseconds that are aimed at. */
export function toTiming(name: string, values: readonly number[], atMost?: number): Timing {
  const ns = toSpread(values)
  return {
    name,
    ns,
    ...(atMost !== undefined && { aim: { atMost, met: ns.median <= atMost } }),
  }
}
