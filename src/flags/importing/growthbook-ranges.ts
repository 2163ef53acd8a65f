// The ranges of places between 0 and 1 that GrowthBook gives to variations, as whole ten-thousandths,
// which is how finely it draws places itself.
//
// Source: growthbook/growthbook, packages/sdk-js/src/util.ts, getBucketRanges.

/** Half-open. */
export type GrowthBookRange = readonly [from: number, to: number]

/** A part of the line from 0 to 1 and which range it is of; undefined between ranges. */
export type RangePiece = { readonly index: number | undefined; readonly weight: number }

const WHOLE = 10_000

/** The ranges of weights with a coverage; weights that do not fit count as equal ones. */
export function toWeightRanges(
  count: number,
  coverage: number,
  weights: readonly number[] | undefined,
): GrowthBookRange[] {
  const sum = weights?.reduce((total, weight) => total + weight, 0) ?? 0
  const isGood = weights?.length === count && sum >= 0.99 && sum <= 1.01
  const own = isGood ? weights : Array.from({ length: count }, () => 1 / count)
  const covered = Math.min(Math.max(coverage, 0), 1)
  let start = 0
  return own.map((weight) => {
    const from = start
    start += weight
    return [from, from + covered * weight]
  })
}

/** The whole line in pieces; undefined where ranges overlap or leave it. */
export function toPieces(ranges: readonly GrowthBookRange[]): RangePiece[] | undefined {
  const sorted = ranges
    .map(([from, to], index) => ({ index, from: toPlace(from), to: toPlace(to) }))
    .filter(({ from, to }) => to > from)
    .sort((one, other) => one.from - other.from)
  const pieces: RangePiece[] = []
  let end = 0
  for (const { index, from, to } of sorted) {
    if (from < end || to > WHOLE) return undefined
    pieces.push({ index: undefined, weight: from - end }, { index, weight: to - from })
    end = to
  }
  pieces.push({ index: undefined, weight: WHOLE - end })
  return pieces.filter(({ weight }) => weight > 0)
}

/** Sums of weights may pass 1 by a rounding error, and by the hundredth that GrowthBook tolerates. */
function toPlace(number: number): number {
  const place = Math.round(number * WHOLE)
  return place > WHOLE && place <= WHOLE * 1.01 ? WHOLE : place
}
