// Which bucket a visitor falls into, who owns which buckets, and how ownership moves when weights
// change: as few buckets as possible, the last ones given coming back first, and those that had a
// rolled-back release given last.

import { murmur3Dotted } from './murmur3.ts'
import { err, ok, type Result } from './result.ts'

/** The number of buckets; each is a hundredth of a percent. */
export const BUCKETS = 10_000

/**
 * The bucket of a visitor, 0 to 9,999:
 * `floor(murmur3_x86_32(utf8(salt + "." + visitor), seed 0) * 10000 / 2^32)`, exact in doubles.
 * It depends on nothing but its arguments and so never changes.
 */
export function bucketOf(salt: string, visitor: string): number {
  return Math.floor((murmur3Dotted(salt, visitor) * BUCKETS) / 2 ** 32)
}

/** Half-open: `[from, to)`, in buckets. */
export type Range = readonly [from: number, to: number]

/**
 * The ranges of each environment. An environment's ranges stand in the order in which it received
 * them, so that the last received can be given back first.
 */
export type Traffic = Readonly<Record<string, readonly Range[]>>

/** Percentages by environment, at most two decimals. */
export type Weights = Readonly<Record<string, number>>

/** A percentage as a number of buckets; exact for two decimals. */
export function toBucketCount(percent: number): number {
  return Math.round((percent * BUCKETS) / 100)
}

/** The number of buckets in the ranges. */
export function countBuckets(ranges: readonly Range[] = []): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from, 0)
}

/**
 * Percentages as contiguous ranges in the order in which they are written: how a hand edit is read.
 */
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
 * Completes a wish such as `{ canary: 10 }`: environments that it does not name keep their weight,
 * and `base` takes the difference. If it names `base` too, the weights must sum to 100. The error
 * says what is wrong and how to mend it.
 */
export function completeWeights(
  current: Traffic,
  wish: Weights,
  base: string,
): Result<Weights, string> {
  const counts = new Map<string, number>()
  for (const [name, ranges] of Object.entries(current)) counts.set(name, countBuckets(ranges))
  for (const [name, percent] of Object.entries(wish)) {
    const count = toBucketCount(percent)
    if (!(count >= 0 && count <= BUCKETS && Math.abs(count - percent * 100) < 1e-6)) {
      return err(`${name}: a weight is 0 to 100 with at most two decimals, not ${percent}`)
    }
    counts.set(name, count)
  }
  const wished = Object.hasOwn(wish, base) ? (counts.get(base) ?? 0) : undefined
  counts.delete(base)
  const left = BUCKETS - sum(counts.values())
  if (wished === undefined) {
    if (left < 0) return err(`the others would have ${-left / 100} % too much: lower one of them`)
  } else if (wished !== left) {
    const total = (BUCKETS - left + wished) / 100
    return err(`the weights sum to ${total}, not 100: leave ${base} out, or change one of them`)
  }
  const names = new Set([...Object.keys(current), ...Object.keys(wish), base])
  return ok(
    Object.fromEntries([...names].map((name) => [name, (counts.get(name) ?? left) / 100] as const)),
  )
}

/**
 * With more ranges than this, the order in which they were received is given up, so that shifts
 * cannot fill the document. A release of ten steps makes ten ranges; thousands of unrelated shifts
 * among many environments make more.
 */
export const MAX_ORDERED_RANGES = 400

/**
 * How many spent ranges are remembered. The oldest are forgotten first, and their visitors can be
 * given to a release again.
 */
export const MAX_SPENT_RANGES = 200

/**
 * The ranges that give every environment its weight and move as few buckets as possible: half the
 * sum of the absolute changes, only from shrinking environments to growing ones.
 *
 * A shrinking environment gives what it received last, so that lowering a weight undoes raising it,
 * in whatever steps. For that the base (the environment that gives to a release and takes back from
 * it) gives from the upper end of a range, and all others from the lower end. The base gives
 * buckets of `spent` only when it has no others, the oldest of them first.
 *
 * @throws TypeError when the weights do not sum to 100 or `current` does not give every bucket one
 *   owner.
 */
export function allocate(
  current: Traffic,
  weights: Weights,
  base: string,
  spent: readonly Range[] = [],
): Traffic {
  const owned = new Map(Object.entries(current))
  const wanted = new Map(
    Object.entries(weights).map(([name, percent]) => [name, toBucketCount(percent)]),
  )
  if (sum(wanted.values()) !== BUCKETS || [...wanted.values()].some((count) => count < 0)) {
    throw new TypeError(`weights must sum to 100: ${JSON.stringify(weights)}`)
  }
  if (
    countBuckets(Object.values(current).flat()) !== BUCKETS ||
    toOwners(current).includes(undefined)
  ) {
    throw new TypeError(`every bucket must have one owner: ${JSON.stringify(current)}`)
  }
  const spentOnce = spent.reduce<readonly Range[]>(
    (all, range) => [...subtract(all, [range]), range],
    [],
  )
  const missing = (name: string) => (wanted.get(name) ?? 0) - countBuckets(owned.get(name))
  const names = [...new Set([...owned.keys(), ...wanted.keys()])]
  // Growing environments are served in the reverse order of giving, so that two opposite moves
  // cancel out.
  for (const taker of names.filter((name) => missing(name) > 0).reverse()) {
    for (const giver of names) {
      const count = Math.min(missing(taker), -missing(giver))
      if (count <= 0) continue
      const ranges = owned.get(giver) ?? []
      const given = giver === base ? giveUpper(ranges, count, spentOnce) : giveLower(ranges, count)
      owned.set(giver, subtract(ranges, given))
      owned.set(taker, [...(owned.get(taker) ?? []), ...given])
    }
  }
  const allocated = Object.fromEntries(
    names.map((name) => [name, join(owned.get(name) ?? [], name === base)] as const),
  )
  return countRanges(allocated) > MAX_ORDERED_RANGES ? merge(allocated, base) : allocated
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

/** Appends ranges to the spent ones as the newest. */
export function markSpent(spent: readonly Range[], ranges: readonly Range[]): readonly Range[] {
  return [...subtract(spent, ranges), ...ranges].slice(-MAX_SPENT_RANGES)
}

/** `count` buckets from the upper end; from `last`, in its order, only if there are no others. */
function giveUpper(ranges: readonly Range[], count: number, last: readonly Range[]): Range[] {
  const others = subtract(ranges, last).reverse()
  return cut([...others, ...last.flatMap((range) => intersect(ranges, range))], count, true)
}

function giveLower(ranges: readonly Range[], count: number): Range[] {
  return cut(ranges.toReversed(), count, false)
}

/** The first `count` buckets of `ranges`, each range read from its upper or its lower end. */
function cut(ranges: readonly Range[], count: number, upper: boolean): Range[] {
  const taken: Range[] = []
  let missing = count
  for (const [from, to] of ranges) {
    const size = Math.min(missing, to - from)
    if (size > 0) taken.push(upper ? [to - size, to] : [from, from + size])
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

/** Joins neighbouring ranges where that does not change the order in which buckets are given. */
function join(ranges: readonly Range[], upwards: boolean): Range[] {
  const joined: Range[] = []
  for (const [from, to] of ranges) {
    const last = joined.at(-1)
    if (upwards && last?.[1] === from) joined.splice(-1, 1, [last[0], to])
    else if (!upwards && last?.[0] === to) joined.splice(-1, 1, [from, last[1]])
    else joined.push([from, to])
  }
  return joined
}

function countRanges(traffic: Traffic): number {
  return Object.values(traffic).reduce((sum, ranges) => sum + ranges.length, 0)
}

/**
 * Joins all neighbouring ranges of an owner and sorts them by bucket. No bucket changes its owner.
 */
function merge(traffic: Traffic, base: string): Traffic {
  return Object.fromEntries(
    Object.entries(traffic).map(([name, ranges]) => {
      const merged = join(
        ranges.toSorted((a, b) => a[0] - b[0]),
        true,
      )
      return [name, name === base ? merged : merged.reverse()]
    }),
  )
}

function sum(numbers: Iterable<number>): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}
