// Who owns which buckets, and how ownership moves when weights change: as few buckets as possible,
// the last ones given coming back first, and those that suffered a rolled-back release given last.

import { BUCKETS } from './buckets.ts'
import { err, ok, type Result } from './result.ts'

/** Half-open: `[from, to)`, in buckets. */
export type Range = readonly [from: number, to: number]

/**
 * The ranges of each environment. The order of an environment's ranges is the order in which it
 * received them, so that what came last can go first.
 */
export type Traffic = Readonly<Record<string, readonly Range[]>>

/** Percentages by environment, at most two decimals. */
export type Weights = Readonly<Record<string, number>>

/** A percentage in buckets; exact for two decimals. */
export function toBucketCount(percent: number): number {
  return Math.round((percent * BUCKETS) / 100)
}

/** How many buckets the ranges hold. */
export function countBuckets(ranges: readonly Range[] = []): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from, 0)
}

/** Percentages as contiguous ranges in the order written: how a hand edit is read. */
export function toRanges(weights: Weights): Traffic {
  let from = 0
  return Object.fromEntries(
    Object.entries(weights).map(([name, percent]) => {
      const to = from + toBucketCount(percent)
      const range: Range = [from, to]
      from = to
      return [name, range[0] < range[1] ? [range] : []]
    }),
  )
}

/**
 * Fills in a wish such as `{ canary: 10 }`: whoever is not named keeps its weight, and `base`
 * takes up the difference. A wish that names `base` too must leave nothing over.
 */
export function completeWeights(
  current: Traffic,
  wish: Weights,
  base: string,
): Result<Weights, string> {
  const weights: Record<string, number> = {}
  for (const name of new Set([...Object.keys(current), ...Object.keys(wish)])) {
    weights[name] = wish[name] ?? (countBuckets(current[name]) * 100) / BUCKETS
  }
  for (const [name, percent] of Object.entries(wish)) {
    if (
      !(percent >= 0 && percent <= 100) ||
      Math.abs(percent * 100 - Math.round(percent * 100)) > 1e-6
    ) {
      return err(`${name}: a weight is 0 to 100 with at most two decimals, not ${percent}`)
    }
  }
  const others = Object.entries(weights)
    .filter(([name]) => name !== base)
    .reduce((sum, [, percent]) => sum + toBucketCount(percent), 0)
  const left = (BUCKETS - others) / 100
  if (wish[base] === undefined) {
    if (left < 0) return err(`the others would have ${-left} % too much: lower one of them`)
    return ok({ ...weights, [base]: left })
  }
  if (toBucketCount(wish[base]) === BUCKETS - others) return ok(weights)
  return err(
    `the weights sum to ${100 - left + wish[base]}, not 100: leave ${base} out, or lower one`,
  )
}

/**
 * The ranges that give every environment its weight while moving the fewest buckets possible: half
 * the sum of the absolute changes, from the shrinking environments to the growing ones alone.
 *
 * A shrinking environment gives what it received last. The base (the environment to which
 * rolled-back buckets return) gives those that are not in `spent` first, then the spent ones that
 * suffered longest ago.
 *
 * @throws TypeError when the weights do not sum to 100 or `current` does not own every bucket.
 */
export function allocate(
  current: Traffic,
  weights: Weights,
  base: string,
  spent: readonly Range[] = [],
): Traffic {
  const names = [...new Set([...Object.keys(current), ...Object.keys(weights)])]
  const wanted = names.map((name) => toBucketCount(weights[name] ?? 0))
  if (wanted.reduce((sum, count) => sum + count, 0) !== BUCKETS) {
    throw new TypeError(`weights must sum to 100: ${JSON.stringify(weights)}`)
  }
  if (names.reduce((sum, name) => sum + countBuckets(current[name]), 0) !== BUCKETS) {
    throw new TypeError(`every bucket must have one owner: ${JSON.stringify(current)}`)
  }
  const pool: Range[] = []
  const kept = names.map((name, i) => {
    const surplus = countBuckets(current[name]) - (wanted[i] as number)
    if (surplus <= 0) return [...(current[name] ?? [])]
    const { taken, left } = take(current[name] ?? [], surplus, name === base ? spent : [])
    pool.push(...taken)
    return left
  })
  return Object.fromEntries(
    names.map((name, i) => {
      const ranges = kept[i] as Range[]
      const missing = (wanted[i] as number) - countBuckets(ranges)
      return [name, join([...ranges, ...shift(pool, missing)])]
    }),
  )
}

/** How many buckets have another owner in `after` than in `before`. */
export function countMoved(before: Traffic, after: Traffic): number {
  const owners = toOwners(before)
  return toOwners(after).reduce(
    (moved, owner, bucket) => moved + (owner === owners[bucket] ? 0 : 1),
    0,
  )
}

/** The owner of every bucket, by name. */
export function toOwners(traffic: Traffic): (string | undefined)[] {
  const owners = new Array<string | undefined>(BUCKETS).fill(undefined)
  for (const [name, ranges] of Object.entries(traffic)) {
    for (const [from, to] of ranges) owners.fill(name, from, to)
  }
  return owners
}

/** Adds ranges to the spent ones, as those that suffered last. */
export function markSpent(spent: readonly Range[], ranges: readonly Range[]): readonly Range[] {
  return join([...subtract(spent, ranges), ...ranges])
}

/** Takes `count` buckets from the end of `ranges`, and from `last` only when nothing else is left. */
function take(ranges: readonly Range[], count: number, last: readonly Range[]) {
  const spare = subtract(ranges, last)
  const ofLast = last.flatMap((range) => intersect(ranges, range))
  const taken: Range[] = []
  let missing = count
  for (const [from, to] of [...spare.reverse(), ...ofLast]) {
    if (missing === 0) break
    const size = Math.min(missing, to - from)
    taken.push([to - size, to])
    missing -= size
  }
  return { taken, left: subtract(ranges, taken) }
}

/** Takes `count` buckets from the front of `pool`, which shrinks. */
function shift(pool: Range[], count: number): Range[] {
  const taken: Range[] = []
  let missing = count
  while (missing > 0) {
    const [from, to] = pool.shift() as Range
    const size = Math.min(missing, to - from)
    taken.push([to - size, to])
    if (size < to - from) pool.unshift([from, to - size])
    missing -= size
  }
  return taken
}

function intersect(ranges: readonly Range[], [start, end]: Range): Range[] {
  return ranges
    .map(([from, to]): Range => [Math.max(from, start), Math.min(to, end)])
    .filter(([from, to]) => from < to)
}

function subtract(ranges: readonly Range[], holes: readonly Range[]): Range[] {
  return holes.reduce<Range[]>(
    (left, [start, end]) =>
      left.flatMap(([from, to]): Range[] =>
        start >= to || end <= from
          ? [[from, to]]
          : [[from, Math.min(to, start)] as Range, [Math.max(from, end), to] as Range].filter(
              (range) => range[0] < range[1],
            ),
      ),
    [...ranges],
  )
}

/** Neighbours in order become one. Ranges that touch but came in another order stay apart. */
function join(ranges: readonly Range[]): Range[] {
  const joined: Range[] = []
  for (const [from, to] of ranges) {
    const last = joined.at(-1)
    if (last && last[1] === from) joined[joined.length - 1] = [last[0], to]
    else joined.push([from, to])
  }
  return joined
}
