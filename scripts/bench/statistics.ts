// How the numbers of several rounds become one line: the middle and the ends. Two contestants are
// compared round by round, so that what slows the machine for a while slows both.

/** Of what was measured once a round. */
export type Spread = { readonly median: number; readonly min: number; readonly max: number }

/** @throws TypeError when there are no values. */
export function toSpread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const min = sorted[0]
  const max = sorted.at(-1)
  const middle = (sorted.length - 1) / 2
  const low = sorted[Math.floor(middle)]
  const high = sorted[Math.ceil(middle)]
  if (min === undefined || max === undefined || low === undefined || high === undefined) {
    throw new TypeError('values: at least one is needed')
  }
  return { median: (low + high) / 2, min, max }
}

/**
 * The spread of the ratios of each round.
 *
 * @throws TypeError when the two have not the same number of rounds.
 */
export function toRatios(values: readonly number[], baselines: readonly number[]): Spread {
  if (values.length !== baselines.length) {
    throw new TypeError(`${values.length} rounds cannot be compared with ${baselines.length}`)
  }
  return toSpread(values.map((value, round) => value / (baselines[round] ?? Number.NaN)))
}
