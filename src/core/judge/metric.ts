// One metric of a rollout: its sets of visitors, and the evidence that they add up to. sets.ts has one
// set; verdict.ts combines several metrics.

import {
  addEvidence,
  type Evidence,
  noEvidence,
  toEvidence,
  toGain,
  toLogE,
  toLogFew,
  toLogMean,
  toWithin,
} from './evidence.ts'
import { logMeanExp } from './logarithms.ts'
import { SEGMENT_WEIGHT, SEGMENTS_WEIGHT, type Segments } from './segments.ts'
import {
  addToSets,
  type BlockFacts,
  closeSet,
  MAX_GAIN_PER_BURST,
  MAX_JUDGED_ROUTES,
  type Metric,
  type SetCounts,
  type SetState,
  type Surroundings,
  toBlockOf,
  toLogSet,
  toRow,
} from './sets.ts'

/** All that is remembered of one metric. Plain JSON. */
export type MetricState = {
  readonly sets: readonly SetState[]
  /** Evidence that the canary is within the margin; `null` without one. */
  readonly within: { readonly past: Evidence; readonly gain: Evidence } | null
}

/**
 * How much the sets of a metric weigh in its evidence: all visitors on all routes together, each route
 * by itself, what happens just after a step, and each segment. A set that nobody is in has an E of 1.
 * The weights are fixed beforehand, so that their mean is an E as well: a rollout that began before
 * there were segments keeps those without.
 */
const WITHOUT_SEGMENTS = { all: 0.6875, routes: 0.25, warmUp: 0.0625, segments: 0 }
const WITH_SEGMENTS = { all: 0.65, routes: 0.16, warmUp: 0.04, segments: SEGMENTS_WEIGHT }

export function startMetric({ name, margin }: Metric): MetricState {
  const { bad } = toRow({ name })
  const none = margin && noEvidence(toWithin(bad, margin.ratio))
  return { sets: [], within: none && { past: none, gain: none } }
}

/** Adds what a window counted. Counts of other metrics are left out. */
export function addToMetric(
  metric: Metric,
  state: MetricState,
  counts: readonly SetCounts[],
): MetricState {
  let { sets, within } = state
  for (const one of counts) {
    if (one.metric !== metric.name) continue
    sets = addToSets(metric, sets, one)
    within = addToWithin(metric, within, one)
  }
  return { sets, within }
}

function addToWithin(
  metric: Metric,
  within: MetricState['within'],
  { edge, route, share, weights, warmUp, segment }: SetCounts,
): MetricState['within'] {
  const { margin } = metric
  const isAll = route === '' && !warmUp && segment === undefined
  if (!within || !margin || !isAll || edge !== toMarginEdge(metric)) return within
  const hypothesis = toWithin(toRow(metric).bad, margin.ratio)
  const gain = toGain(hypothesis, { share, base: weights[0], canary: weights[1] })
  return { past: within.past, gain: addEvidence(within.gain, gain) }
}

/** The index of the edge at which the margin is asked for. */
export function toMarginEdge(metric: Metric): number {
  const { edges } = toRow(metric)
  return edges && metric.margin ? edges.indexOf(metric.margin.edge ?? Number.NaN) : 0
}

/** Ends a block of time: what it may add is added for good. */
export function closeBlock(
  metric: Metric,
  state: MetricState,
  block: BlockFacts,
  segments: Segments = {},
): MetricState {
  const { sets, within } = state
  return {
    sets: sets.map((set) => closeSet(metric, set, toBlockOf(set, { block, segments }))),
    within: within && {
      past: toWithinNow(within),
      gain: within.gain.map(() => 0),
    },
  }
}

function toWithinNow({ past, gain }: NonNullable<MetricState['within']>): Evidence {
  return past.map((log, i) => log + Math.min(gain[i] ?? 0, MAX_GAIN_PER_BURST))
}

/** ln E that the canary is worse in the metric: the weighted mean of its sets. */
export function toLogWorse(metric: Metric, { sets }: MetricState, around: Surroundings): number {
  if (sets.length === 0) return 0
  const { edges, byRoute, bySegment } = toRow(metric)
  const places = edges?.length ?? 1
  /** Over edges the mean of their E, never the largest. */
  const toLog = (route: string, warmUp: boolean) => {
    const of = sets.filter(
      (one) => one.route === route && one.warmUp === warmUp && one.segment === undefined,
    )
    const none = new Array<number>(places - of.length).fill(0)
    return logMeanExp([...of.map((set) => toLogSet(metric, set, around)), ...none])
  }
  const isBySegment = bySegment && around.segments !== undefined
  const weights = isBySegment ? WITH_SEGMENTS : WITHOUT_SEGMENTS
  const segments = isBySegment ? toSegments(metric, sets, around) : []
  const all = toLog('', false)
  if (!byRoute) {
    return isBySegment ? toLogMean([{ log: all, weight: 1 - weights.segments }, ...segments]) : all
  }
  const routes = [...new Set(sets.map(({ route }) => route))].filter((route) => route !== '')
  const each = weights.routes / (MAX_JUDGED_ROUTES + 1)
  return toLogMean([
    { log: all, weight: weights.all },
    { log: toLog('', true), weight: weights.warmUp },
    ...routes.map((route) => ({ log: toLog(route, false), weight: each })),
    { log: 0, weight: Math.max(Number.MIN_VALUE, weights.routes - routes.length * each) },
    ...segments,
  ])
}

/** ln E of each segment, and of those that nobody is in, with their weights. */
function toSegments(
  metric: Metric,
  sets: readonly SetState[],
  around: Surroundings,
): readonly { readonly log: number; readonly weight: number }[] {
  const known = sets
    .filter(({ segment }) => segment !== undefined)
    .map((set) => ({ log: toLogSet(metric, set, around), weight: SEGMENT_WEIGHT }))
  const rest = SEGMENTS_WEIGHT - known.length * SEGMENT_WEIGHT
  return [...known, { log: 0, weight: Math.max(Number.MIN_VALUE, rest) }]
}

/**
 * ln E that the canary is within the margin, by its ratio or by its floor: the mean of both, which is
 * an E as well. `null` without a margin.
 */
export function toLogWithin(
  metric: Metric,
  { sets, within }: MetricState,
  around: Surroundings,
): number | null {
  const { margin } = metric
  if (!within || !margin) return null
  const edge = toMarginEdge(metric)
  const set = findAll(sets, edge)
  const ratio = toLogE(toWithin(toRow(metric).bad, margin.ratio), toWithinNow(within))
  if (margin.floor === null) return ratio
  return logMeanExp([ratio, toLogFew(margin.floor, set?.visitors[1] ?? 0, around.visitors[1])])
}

/**
 * ln E that the canary is better than the base in a metric without edges: that fewer of its visitors
 * met it, or where fewer are bad, more.
 */
export function toLogBetter(metric: Metric, { sets }: MetricState): number {
  const set = findAll(sets, 0)
  if (!set) return 0
  const hypothesis = toWithin(toRow(metric).bad, 1)
  return toLogE(hypothesis, toEvidence(hypothesis, set.tallies))
}

/** The set of all visitors on all routes, at an edge. */
export function findAll(sets: readonly SetState[], edge: number): SetState | undefined {
  return sets.find(
    (set) => set.edge === edge && set.route === '' && !set.warmUp && set.segment === undefined,
  )
}

/** How much more a segment has to say than all others, in nats, to be what is told. */
export const SEGMENT_SAYS_MORE = Math.log(5)

/** The set with the most evidence against the canary; `undefined` if nobody met anything. */
export function findWorstSet(
  metric: Metric,
  { sets }: MetricState,
  around: Surroundings,
): SetState | undefined {
  const logs = sets.map((set) => {
    const log = toLogSet(metric, set, around)
    if (set.segment === undefined) return log
    return log > SEGMENT_SAYS_MORE ? log - SEGMENT_SAYS_MORE : Number.NEGATIVE_INFINITY
  })
  // Of two that say the same, the one that names its route says more.
  const order = [...sets.keys()].sort(
    (one, other) => (logs[other] ?? 0) - (logs[one] ?? 0) || (sets[one]?.route === '' ? 1 : -1),
  )
  return sets[order[0] ?? -1]
}
