// One metric of a rollout: what is counted for it, and the evidence that its windows add up to.
// verdict.ts combines several metrics.

import {
  addCounts,
  addFew,
  type Counts,
  type Evidence,
  eitherOf,
  isCounts,
  NO_FEW,
  noEvidence,
  toLogE,
  WORSE_THAN_BASE,
  withinMargin,
} from './counts.ts'
import { logMeanExp } from './logarithms.ts'
import { addToLikelihood, NO_LIKELIHOOD } from './ratio.ts'

/**
 * Milliseconds. Fixed before the rollout. A visitor with a latency above an edge counts as failed
 * at that edge from then on.
 */
export const LATENCY_EDGES_MS: readonly number[] = [50, 100, 200, 300, 500, 1000, 2000, 5000]

/**
 * What is judged. Without edges it is a yes/no outcome of a visitor (a failure, a script error).
 * With edges it is a measurement (time to first byte in ms, a web vital in its own unit), and at
 * each edge the outcome is "a measurement of the visitor lay above it".
 */
export type Metric = {
  readonly name: string
  readonly edges: readonly number[] | null
  /**
   * The metric's weight in the evidence against a release, relative to the other metrics. Above 0.
   */
  readonly weight: number
  /** What has to be shown before a promotion; `null` for nothing. */
  readonly margin: Margin | null
  /**
   * Whether a rollout waits for data of it. A metric with an error blocks promotion in any case.
   */
  readonly required: boolean
}

export type Margin = {
  /** The canary is at most this many times as bad as the base, at `edge` if there are edges. */
  readonly ratio: number
  readonly edge: number | null
  /** Or it is bad for less than this share of its visits, 0 to 1; `null` if that is not enough. */
  readonly floor: number | null
}

/**
 * One window of one metric: counts for each edge in order (one for a yes/no outcome), or the reason
 * why there are none.
 */
export type MetricWindow = readonly Counts[] | { readonly error: string }

/** The evidence at one edge, or of a yes/no outcome. Plain JSON. */
export type EdgeState = {
  /** Eight numbers: evidence that the canary is worse. */
  readonly worse: Evidence
  /** The likelihood of every ratio of the grid; shown to people, not judged. */
  readonly likelihood: Evidence
  /** Sums over all windows; shown to people, not judged, because pooled counts mislead. */
  readonly totals: Counts
}

/** All that is remembered of one metric. Plain JSON. */
export type MetricState = {
  readonly edges: readonly EdgeState[]
  /** Seven numbers: evidence that the canary stays within the margin; `null` without one. */
  readonly within: Evidence | null
  /** Four numbers: evidence that the canary stays below the floor; `null` without one. */
  readonly few: Evidence | null
}

const NOTHING: EdgeState = {
  worse: noEvidence(WORSE_THAN_BASE),
  likelihood: NO_LIKELIHOOD,
  totals: [0, 0, 0, 0],
}

/** A metric's memory before the first window. */
export function startMetric({ edges, margin }: Metric): MetricState {
  return {
    edges: (edges ?? [0]).map(() => NOTHING),
    within: margin && noEvidence(withinMargin(margin.ratio)),
    few: margin && margin.floor !== null ? NO_FEW : null,
  }
}

/** The counts of a window, or in words what is wrong with them. */
export function readWindow({ edges }: Metric, window: MetricWindow): readonly Counts[] | string {
  if ('error' in window) return window.error
  const expected = edges?.length ?? 1
  if (window.length !== expected) {
    return `counts for ${expected} edges are expected, not for ${window.length}`
  }
  const wrong = window.find((counts) => !isCounts(counts))
  return wrong ? `these are no counts of visitors: ${JSON.stringify(wrong)}` : window
}

/** Adds counts that `readWindow` accepted. */
export function addToMetric(
  metric: Metric,
  state: MetricState,
  window: readonly Counts[],
): MetricState {
  const { margin } = metric
  const counts = window[marginIndex(metric)]
  return {
    edges: state.edges.map((edge, i) => addToEdge(edge, window[i])),
    within:
      state.within && margin && counts
        ? addCounts(withinMargin(margin.ratio), state.within, counts)
        : state.within,
    few:
      state.few && counts && typeof margin?.floor === 'number'
        ? addFew(margin.floor, state.few, counts)
        : state.few,
  }
}

/** ln E that the canary is worse: over edges the mean of their E, not the largest. */
export function toLogWorse({ edges }: MetricState): number {
  return logMeanExp(edges.map(({ worse }) => toLogE(worse)))
}

/**
 * ln E that the canary is within the margin, by its ratio or by its floor; `null` without a margin.
 */
export function toLogWithin({ within, few }: MetricState): number | null {
  if (!within) return null
  return few ? eitherOf(toLogE(within), few) : toLogE(within)
}

/** The index of the edge with the most evidence against the canary. */
export function worstEdge({ edges }: MetricState): number {
  const logs = edges.map(({ worse }) => toLogE(worse))
  return logs.indexOf(Math.max(...logs))
}

/** The index of the edge to which the margin applies. */
export function marginIndex({ edges, margin }: Metric): number {
  return edges && margin ? edges.indexOf(margin.edge ?? Number.NaN) : 0
}

function addToEdge(edge: EdgeState, counts: Counts | undefined): EdgeState {
  if (!counts) return edge
  const [a, b, c, d] = edge.totals
  return {
    worse: addCounts(WORSE_THAN_BASE, edge.worse, counts),
    likelihood: addToLikelihood(edge.likelihood, counts),
    totals: [a + counts[0], b + counts[1], c + counts[2], d + counts[3]],
  }
}
