// How many times as many visitors of the canary have met something as of the base: the ratios that
// agree with the visitors so far. Shown to people; no decision depends on it.

import { FEWER, MORE, MORE_WEIGHTS, type Tally, toGain } from './evidence.ts'
import { logSumExp } from './logarithms.ts'

/** The grid: steps of about 10.5 % from 1/100 to 100; the middle one is 1. */
const STEPS = 92
const LARGEST = 100
const STEP_LOG = (2 * Math.log(LARGEST)) / STEPS

const GRID = Array.from({ length: STEPS + 1 }, (_, step) => LARGEST ** ((2 * step) / STEPS - 1))
const LIKELIHOOD = { nullRatio: 1, alternatives: GRID }

/** The multiples of evidence.ts as distances on the grid, in steps, and how much they weigh. */
type Multiples = readonly { readonly steps: number; readonly logWeight: number }[]

const TO_MORE = MORE.map((ratio, i) => toMultiple(ratio, MORE_WEIGHTS[i] ?? 0))
const TO_FEWER = FEWER.map((ratio) => toMultiple(ratio, 1 / FEWER.length))

function toMultiple(ratio: number, weight: number): Multiples[number] {
  return { steps: Math.log(ratio) / STEP_LOG, logWeight: Math.log(weight) }
}

/** Ratios from `low` (0: no lower limit known) to `high` (`null`: no upper limit known). */
export type RatioRange = { readonly low: number; readonly high: number | null }

/**
 * The confidence sequence: all ratios m of the grid without those that the visitors reject with E >=
 * 1/alpha, upwards for the lower end and downwards for the upper. E(m) is the judge's own: the
 * weighted mean over its multiples r of L(m r) / L(m). So a ratio that never changes lies above `low` at all
 * looks at once with a probability of at least 1 - alpha, and the same holds for `high`.
 *
 * The log-likelihood is concave in ln m. Between ratios of the grid a straight line is therefore
 * never too high, and multiples beyond the grid's ends are left out: the range may be too wide,
 * never too narrow. Its ends are ratios that were rejected.
 *
 * Source: Howard, Ramdas, McAuliffe & Sekhon, "Time-uniform confidence sequences" (2021).
 */
export function toRatioRange(tallies: readonly Tally[], alpha: number): RatioRange {
  const likelihood = GRID.map(() => 0)
  for (const tally of tallies) {
    for (const [at, gain] of toGain(LIKELIHOOD, tally).entries()) {
      likelihood[at] = (likelihood[at] ?? 0) + gain
    }
  }
  const isLeft = (multiples: Multiples) => (at: number) =>
    toLogMeanAt(likelihood, at, multiples) < Math.log(1 / alpha)
  const places = GRID.map((_, at) => at)
  const first = places.findIndex(isLeft(TO_MORE))
  const last = places.findLastIndex(isLeft(TO_FEWER))
  return { low: GRID[first - 1] ?? 0, high: GRID[last + 1] ?? null }
}

/** ln of the weighted mean of L(m r) / L(m), where m is the ratio at an index of the grid. */
function toLogMeanAt(likelihood: readonly number[], at: number, multiples: Multiples): number {
  const here = likelihood[at] ?? 0
  const logs = multiples.flatMap(({ steps, logWeight }) => {
    const there = between(likelihood, at + steps)
    return there === undefined ? [] : [there - here + logWeight]
  })
  return logs.length === 0 ? -Number.MAX_VALUE : logSumExp(logs)
}

function between(likelihood: readonly number[], place: number): number | undefined {
  const below = likelihood[Math.floor(place)]
  const above = likelihood[Math.ceil(place)]
  if (below === undefined || above === undefined) return undefined
  return below + (above - below) * (place - Math.floor(place))
}
