// Percentiles of the time to first byte out of the counts between fixed edges. They are estimates: within two
// edges requests are taken to be spread evenly, so a page that shows one says "about".

import { LATENCY_EDGES_MS } from '../../core/counting/metrics.ts'

export type LatencyEstimate =
  | { readonly kind: 'about'; readonly ms: number }
  /** Below the first edge nothing is known but that it is faster. */
  | { readonly kind: 'below'; readonly ms: number }
  /** Above the last edge nothing is known but that it is slower. */
  | { readonly kind: 'above'; readonly ms: number }

/** @param counts of each interval, the last for all above the last edge. */
export function toPercentile(
  counts: readonly number[],
  share: number,
): LatencyEstimate | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return undefined
  let below = 0
  for (const [i, count] of counts.entries()) {
    const upper = LATENCY_EDGES_MS[i]
    if (upper === undefined) break
    if (count > 0 && below + count >= share * total) {
      const lower = LATENCY_EDGES_MS[i - 1]
      if (lower === undefined) return { kind: 'below', ms: upper }
      return { kind: 'about', ms: lower + ((share * total - below) / count) * (upper - lower) }
    }
    below += count
  }
  return { kind: 'above', ms: LATENCY_EDGES_MS.at(-1) ?? 0 }
}
