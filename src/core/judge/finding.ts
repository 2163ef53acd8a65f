// What one metric says of a release: the set of visitors that speaks most against it, in numbers and in
// a sentence. verdict.ts combines the metrics.

import type { MetricRow } from '../counting/metrics.ts'
import { readSegmentName } from '../counting/segments.ts'
import {
  findAll,
  findWorstSet,
  type MetricState,
  SEGMENT_SAYS_MORE,
  toLogWithin,
  toLogWorse,
  toMarginEdge,
} from './metric.ts'
import type { RatioRange, toRatioRange } from './ratio.ts'
import {
  type Metric,
  type Pair,
  type SetState,
  type Surroundings,
  toClients,
  toLogSet,
  toRow,
  toVisitorsOf,
} from './sets.ts'
import { toRatioText, toSegmentText, toSetText } from './words.ts'

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
  /** The segment whose visitors alone these are; left out for those of all. */
  readonly segment?: WorstSegment | undefined
}

/** The segment that speaks most against the canary. */
export type WorstSegment = {
  /** As `browser:Safari`: see counting/segments.ts. */
  readonly name: string
  /** Visitors there were of it. */
  readonly seen: Pair
  /** The route on which nearly all of the canary's met it; empty where there is none. */
  readonly route: string
  /** Other segments of the same kind that look worse, too. */
  readonly others: readonly string[]
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
  const all = findAll(state.sets, edge)
  return {
    name: metric.name,
    logWorse: toLogWorse(metric, state, around),
    worst: worst ? toWorst(metric, state, worst, look) : null,
    met: all?.visitors ?? [0, 0],
    seen: around.visitors,
    margin: metric.margin,
    logWithin: toLogWithin(metric, state, around),
  }
}

function toWorst(
  metric: Metric,
  state: MetricState,
  set: SetState,
  { around, alpha, findRange }: Look,
): WorstSet {
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
    ...(set.segment === undefined ? {} : { segment: toWorstSegment(metric, state, set, around) }),
  }
}

/** The visitors of a segment met something on this route, if so many of them did. */
const NEARLY_ALL = 0.8

function toWorstSegment(
  metric: Metric,
  { sets }: MetricState,
  set: SetState,
  around: Surroundings,
): WorstSegment {
  const name = set.segment ?? ''
  const { kind } = readSegmentName(name)
  const [most] = Object.entries(set.routes ?? {}).sort((one, other) => other[1] - one[1])
  const isOnOne = most !== undefined && most[1] >= NEARLY_ALL * set.visitors[1]
  const others = sets.filter(
    (one) =>
      one.segment !== undefined &&
      one.segment !== name &&
      readSegmentName(one.segment).kind === kind &&
      toLogSet(metric, one, around) >= SEGMENT_SAYS_MORE,
  )
  return {
    name,
    seen: toVisitorsOf(set, around),
    route: isOnOne ? most[0] : '',
    others: others.map(({ segment }) => segment ?? ''),
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
  const { edge, visitors, codes, ratio, segment } = worst
  const route = segment?.route ?? worst.route
  const row = toRow(finding)
  const words = { row, route, edge, met: visitors, seen: segment?.seen ?? seen, codes }
  // The sums of steps with different weights may say the opposite of what each step says.
  const text = isContradicted(visitors, words.seen, ratio)
    ? toRatioText(words, ratio)
    : toSetText(words)
  return segment ? toSegmentText(segment.name, text, segment.others) : text
}

/** One metric in a sentence: all routes together. */
export function toAllText(finding: MetricFinding): string {
  const { margin, worst, met, seen } = finding
  const row = toRow(finding)
  const edge = row.edges ? (worst?.edge ?? margin?.edge ?? row.edges[0] ?? null) : null
  const codes = worst && worst.route === '' && !worst.segment ? worst.codes : {}
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
