// The times to first byte of services as people see them: finer intervals than those the judge asks about,
// and percentiles out of them. They are shown and never judged: metrics.ts has what is.

import { LATENCY_EDGES_MS } from './metrics.ts'

/**
 * Milliseconds: 24 edges, six for each power of ten, from what a Worker on the same machine takes to more than
 * any timeout of a backend. Of two neighbours the larger is at most 5/3 of the smaller, and twice it above 15 s.
 * All edges of the judge are among them. So both counts agree, counts of an older Holo can be read as these,
 * and a query for Prometheus that names one of the judge's edges finds it.
 */
export const FIRST_BYTE_EDGES_MS: readonly number[] = [
  5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000, 7000,
  10_000, 15_000, 30_000, 60_000,
]

/** One count for each interval up to an edge, and one above the last. */
export const FIRST_BYTE_COUNTS = FIRST_BYTE_EDGES_MS.length + 1

/** For each interval between the edges of the judge, the finer one that ends with it. */
const PLACES: readonly number[] = [...LATENCY_EDGES_MS, Number.POSITIVE_INFINITY].map((edge) =>
  toFirstByteInterval(edge),
)

/** For each finer interval, the one between the edges of the judge that it lies in. */
const JUDGED: readonly number[] = [...FIRST_BYTE_EDGES_MS, Number.POSITIVE_INFINITY].map((edge) => {
  const interval = LATENCY_EDGES_MS.findIndex((judged) => edge <= judged)
  return interval < 0 ? LATENCY_EDGES_MS.length : interval
})

/** The place of the interval that a time lies in: 0 for at most the first edge. */
export function toFirstByteInterval(ms: number): number {
  let [low, high] = [0, FIRST_BYTE_EDGES_MS.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (ms > (FIRST_BYTE_EDGES_MS[middle] as number)) low = middle + 1
    else high = middle
  }
  return low
}

/** The interval between the edges of the judge that one of the finer intervals lies in. */
export function toJudgedInterval(interval: number): number {
  return JUDGED[interval] as number
}

/**
 * Counts between the edges of the judge, as an older Holo made them, as counts of the finer intervals. Each goes
 * to the last interval that it may be about: at the edges of the judge the sums are exact, and a percentile is
 * too high rather than too low.
 */
export function fromJudgedIntervals(latency: readonly number[]): number[] {
  const counts = new Array<number>(FIRST_BYTE_COUNTS).fill(0)
  for (const [i, count] of latency.entries()) {
    const place = PLACES[i]
    if (place !== undefined) counts[place] = count
  }
  return counts
}

export type Percentile =
  | { readonly kind: 'about'; readonly ms: number }
  /** Below the first edge nothing is known but that it is faster. */
  | { readonly kind: 'below'; readonly ms: number }
  /** Above the last edge nothing is known but that it is slower. */
  | { readonly kind: 'above'; readonly ms: number }

/**
 * The time that this share of requests stays within, an estimate: within an interval requests are taken to be
 * spread evenly on a logarithmic scale, as the edges are. At worst it is off by the factor between the two edges,
 * and rarely by more than a tenth (docs/metrics.md). `undefined` where nothing was counted.
 *
 * @param counts of each interval, the last for all above the last edge.
 * @param share above 0 and at most 1: 0.95 for p95.
 */
export function toPercentile(counts: readonly number[], share: number): Percentile | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return undefined
  const rank = share * total
  let below = 0
  for (const [i, count] of counts.entries()) {
    const upper = FIRST_BYTE_EDGES_MS[i]
    if (upper === undefined) break
    if (count > 0 && below + count >= rank) {
      const lower = FIRST_BYTE_EDGES_MS[i - 1]
      if (lower === undefined) return { kind: 'below', ms: upper }
      return { kind: 'about', ms: lower * (upper / lower) ** ((rank - below) / count) }
    }
    below += count
  }
  return { kind: 'above', ms: FIRST_BYTE_EDGES_MS.at(-1) as number }
}
