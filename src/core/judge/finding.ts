// What one metric says of a release: the set of visitors that speaks most against it, in numbers and in
// a sentence. verdict.ts combines the metrics.

import type { MetricRow } from '../counting/metrics.ts'
import { findWorstSet, type MetricState, toLogWithin, toLogWorse, toMarginEdge } from './metric.ts'
import type { RatioRange, toRatioRange } from './ratio.ts'
import {
  type Metric,
  type Pair,
  type SetState,
  type Surroundings,
  toClients,
  toLogSet,
  toRow,
} from './sets.ts'
import { toRatioText, toSetText } from './words.ts'

/** The set of a metric that speaks most against the canary. */
export type WorstSet = {
  /** The route; empty for all together, `*` for those that are not told apart. */
  readonly route: string
  /** In the metric's unit; `null` without edges. */
  readonly edge: number | null
  /** Visitors who met it for the first time, and how many independent clients they count for. */
  readonly visitors: Pair
  readonly clients: Pair
  /** What the canary's got, and how many of them. */
  readonly codes: Readonly<Record<string, number>>
  readonly warmUp: boolean
  /** How many times as many as on the base, by what was seen. */
  readonly ratio: RatioRange
  /** ln E that the canary is worse in this set. */
  readonly log: number
}

/** One metric's part of a verdict. */
export type MetricFinding = {
  readonly name: string
  /** ln E that the canary is worse. */
  readonly logWorse: number
  /** `null` where nobody has met it. */
  readonly worst: WorstSet | null
  /** Visitors who have met it on any route, and visitors there were. */
  readonly met: Pair
  readonly seen: Pair
  /** The margin to be shown, and ln E that the canary is within it; `null` without a margin. */
  readonly margin: Metric['margin']
  readonly logWithin: number | null
}

/** How a metric is looked at. */
type Look = {
  readonly around: Surroundings
  readonly alpha: number
  /** How the ratios of a set are found; they are for people alone, and cost the most. */
  readonly findRange: typeof toRatioRange
}

export function toFinding(metric: Metric, state: MetricState, look: Look): MetricFinding {
  const { around } = look
  const worst = findWorstSet(metric, state, around)
  const edge = worst?.edge ?? toMarginEdge(metric)
  const all = state.sets.find((set) => set.route === '' && set.edge === edge && !set.warmUp)
  return {
    name: metric.name,
    logWorse: toLogWorse(metric, state, around),
    worst: worst ? toWorst(metric, worst, look) : null,
    met: all?.visitors ?? [0, 0],
    seen: around.visitors,
    margin: metric.margin,
    logWithin: toLogWithin(metric, state, around),
  }
}

function toWorst(metric: Metric, set: SetState, { around, alpha, findRange }: Look): WorstSet {
  const { route, visitors, codes, warmUp, tallies } = set
  const row = toRow(metric)
  const log = toLogSet(metric, set, around)
  return {
    route,
    edge: row.edges?.[set.edge] ?? null,
    visitors,
    clients: toClients(set),
    codes,
    warmUp,
    ratio: agree(findRange(tallies, alpha), row, log >= Math.log(1 / alpha)),
    log,
  }
}

/** The exact evidence also limits the range, so that it agrees with a decision against the canary. */
function agree({ low, high }: RatioRange, { bad }: MetricRow, isWorse: boolean): RatioRange {
  if (!isWorse) return { low, high }
  return bad === 'more' ? { low: Math.max(low, 1), high } : { low, high: Math.min(high ?? 1, 1) }
}

/** One metric in a sentence: the set that speaks most against the canary. */
export function toFindingText(finding: MetricFinding | undefined): string {
  if (!finding) return 'nothing was seen'
  const { worst, seen } = finding
  if (!worst) return toAllText(finding)
  const { route, edge, visitors, codes, ratio } = worst
  const words = { row: toRow(finding), route, edge, met: visitors, seen, codes }
  // The sums of steps with different weights may say the opposite of what each step says.
  return isContradicted(visitors, seen, ratio) ? toRatioText(words, ratio) : toSetText(words)
}

/** One metric in a sentence: all routes together. */
export function toAllText(finding: MetricFinding): string {
  const { margin, worst, met, seen } = finding
  const row = toRow(finding)
  const edge = row.edges ? (worst?.edge ?? margin?.edge ?? row.edges[0] ?? null) : null
  const codes = worst && worst.route === '' ? worst.codes : {}
  return toSetText({ row, route: '', edge, met, seen, codes })
}

/** Whether the sums lie outside of the ratios that were found from them step by step. */
function isContradicted(
  [base, canary]: Pair,
  [allBase, allCanary]: Pair,
  { low, high }: RatioRange,
): boolean {
  if (allBase === 0 || allCanary === 0) return false
  const of = canary / Math.max(canary, allCanary)
  const than = base / Math.max(base, allBase)
  return of < low * than || (high !== null && of > high * than)
}
