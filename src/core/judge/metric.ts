// One metric of a rollout: what is counted for it, and the evidence that its windows add up to.
// What several metrics mean together is verdict.ts' affair.

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

/** Fixed before the rollout; a visitor leaves an edge's risk set at its first sample above it. */
export const LATENCY_EDGES_MS: readonly number[] = [50, 100, 200, 300, 500, 1000, 2000, 5000]

/**
 * What is judged. Without edges it is a yes/no outcome of a visitor (a failure, a script error);
 * with edges it is a measurement (time to first byte in ms, a web vital in its own unit), asked at
 * each edge "was a sample of the visitor above it?".
 */
export type Metric = {
  readonly name: string
  readonly edges: readonly number[] | null
  /** Its part of the evidence against a release, relative to the other metrics. Above 0. */
  readonly weight: number
  /** What promotion asks for evidence of; `null` for nothing. */
  readonly margin: Margin | null
  /** Whether a rollout waits for data of it. One that errs blocks promotion in any case. */
  readonly required: boolean
}

export type Margin = {
  /** The canary is at most so many times as bad as the control, at `edge` if there are edges. */
  readonly ratio: number
  readonly edge: number | null
  /** Or it is bad for less than this share of its visits, 0 to 1; `null` where that is no excuse. */
  readonly floor: number | null
}

/** One window of one metric: counts for each edge in order (one for a yes/no outcome), or why there are none. */
export type MetricWindow = readonly Counts[] | { readonly error: string }

/** Evidence at one edge, or of a yes/no outcome. Plain JSON. */
export type EdgeState = {
  /** Eight numbers: evidence that the canary is worse. */
  readonly worse: Evidence
  /** The likelihood of every ratio, for show. */
  readonly likelihood: Evidence
  /** Sums over all windows, for show: never judged, because pooled counts mislead. */
  readonly totals: Counts
}

/** The memory of one metric. Plain JSON. */
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

/** The counts of a window, or what is wrong with them in words. */
export function readWindow({ edges }: Metric, window: MetricWindow): readonly Counts[] | string {
  if ('error' in window) return window.error
  const expected = edges?.length ?? 1
  if (window.length !== expected) {
    return `counts for ${expected} edges are expected, not for ${window.length}`
  }
  const wrong = window.find((counts) => !isCounts(counts))
  return wrong ? `these are no counts of visitors: ${JSON.stringify(wrong)}` : window
}

/** Adds counts that `readWindow` let pass. */
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

/** ln E against the canary: over edges the mean of their E, never the largest. */
export function toLogWorse({ edges }: MetricState): number {
  return logMeanExp(edges.map(({ worse }) => toLogE(worse)))
}

/** ln E for what the margin asks, by its ratio or by its floor; `null` when none is asked for. */
export function toLogWithin({ within, few }: MetricState): number | null {
  if (!within) return null
  return few ? eitherOf(toLogE(within), few) : toLogE(within)
}

/** The place of the edge with the most evidence against the canary. */
export function worstEdge({ edges }: MetricState): number {
  const logs = edges.map(({ worse }) => toLogE(worse))
  return logs.indexOf(Math.max(...logs))
}

/** The place of the edge that the margin speaks of. */
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
