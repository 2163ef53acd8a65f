// One metric of a rollout: the visitors who met it, by route and edge, and the evidence that they add
// up to. verdict.ts combines several metrics.

import { findMetric, type MetricRow } from '../counting/metrics.ts'
import {
  addEvidence,
  addTally,
  type Evidence,
  type Hypothesis,
  noEvidence,
  type Tally,
  toEvidence,
  toGain,
  toLogE,
  toLogFew,
  toLogMean,
  toWithin,
  toWorse,
} from './evidence.ts'
import { logMeanExp } from './logarithms.ts'

/** What a plan says of a metric. The table in counting/metrics.ts says the rest. */
export type Metric = {
  readonly name: string
  /** Its weight in the evidence against a release, relative to the other metrics. Above 0. */
  readonly weight: number
  /**
   * From 1. For what visitors meet or not: so many times as many of the canary's may meet it without
   * being worse. For a measurement: so many times as long may it be.
   */
  readonly tolerance: number
  /** What has to be shown before a promotion; `null` for nothing. */
  readonly margin: Margin | null
}

export type Margin = {
  /** The canary is at most this many times as bad as the base, at `edge` if there are edges. */
  readonly ratio: number
  readonly edge: number | null
  /** Or fewer than this share of its visitors meet it, 0 to 1; `null` if that is not enough. */
  readonly floor: number | null
}

/** Numbers of both sides. */
export type Pair = readonly [base: number, canary: number]

/**
 * Visitors who met a metric for the first time in this rollout, in one set: those of one route, or of
 * all routes together.
 */
export type SetCounts = {
  readonly metric: string
  /** The index of the edge; 0 without edges. */
  readonly edge: number
  /** The route; empty for all together, `*` for those beyond the routes that are told apart. */
  readonly route: string
  /** The canary's share of the buckets of both sides when these visitors were served. */
  readonly share: number
  /** Visitors, as they are shown. */
  readonly visitors: Pair
  /** The same as they are judged: less where many of them are one client. */
  readonly weights: Pair
  /** What the canary's visitors got, such as `503`, and how many of them. */
  readonly codes: Readonly<Record<string, number>>
  /** Whether this counts against the canary only if it is catastrophic: just after a step. */
  readonly warmUp: boolean
}

/** All that is remembered of one set. Plain JSON. */
export type SetState = Pick<SetCounts, 'edge' | 'route' | 'warmUp' | 'visitors' | 'codes'> & {
  /** Sums of the weights, by the canary's share of buckets. */
  readonly tallies: readonly Tally[]
  /** Evidence that the canary is worse, of the blocks of time that are over. */
  readonly worse: Evidence
  /** What the present block adds, and how many visitors of the canary. */
  readonly gain: Evidence
  readonly met: number
  /** What the block before it added. */
  readonly before: Evidence
}

/** All that is remembered of one metric. Plain JSON. */
export type MetricState = {
  readonly sets: readonly SetState[]
  /** Evidence that the canary is within the margin; `null` without one. */
  readonly within: { readonly past: Evidence; readonly gain: Evidence } | null
}

/** Routes of one metric that are told apart. The others are one set together. */
export const MAX_JUDGED_ROUTES = 15

/** The route of all routes that are not told apart. */
export const OTHER_ROUTES = '*'

/**
 * How much the sets of a metric weigh in its evidence: all routes together, each route by itself, and
 * what happens just after a step. A route that nobody failed on has an E of 1. The weights are fixed
 * beforehand, so that their mean is an E as well.
 */
const ALL_WEIGHT = 0.6
const ROUTES_WEIGHT = 0.3
const WARM_UP_WEIGHT = 0.1

/**
 * Just after a step only a canary that is at least so many times as bad is taken back, and only in
 * blocks in which at least half of its visitors meet it.
 */
export const CATASTROPHIC = 5

/**
 * What visitors meet in a short time is not as many independent observations: a backend that hiccups
 * once fails for all of them. So a block of time and the one before it add at most so many nats
 * together, which one hiccup shorter than a block cannot exceed. Half of what takes a release back
 * is less than that, so a release that keeps failing is found in the third block. One that is simply
 * broken is not held up: at least half of the canary's visitors meet it then.
 */
export const BLOCK_MS = 30_000
export const MAX_GAIN_PER_BURST = 3.1
const BROKEN_SHARE = 0.5

/** Independent clients of the canary that evidence against it needs: see `toLogSet`. */
export const MIN_CLIENTS = 5
export const MIN_CLIENTS_IF_ALL_FAIL = 3
const ALL_FAIL_SHARE = 0.9

/** What else is known when a metric is judged. */
export type Surroundings = {
  /** Distinct visitors of the rollout so far. */
  readonly visitors: Pair
  /** Visitors of the canary in the present block who had met nothing bad before. */
  readonly atRisk: number
  /**
   * By the canary's share of buckets: the visitors who were there, as a tally. Where visitors do not
   * arrive in the shares that they were given, the coin is not fair, and the share of those who are
   * there takes its place if it is worse for the verdict.
   */
  readonly present: readonly Tally[]
  /** Whether the sample ratio has alarmed. */
  readonly isUneven: boolean
  /** The share of the rollout's visitors that are one client, the largest; 0 to 1. */
  readonly crowd: number
}

/** The row of the table. @throws TypeError when there is none. */
export function toRow({ name }: Pick<Metric, 'name'>): MetricRow {
  const row = findMetric(name)
  if (!row) throw new TypeError(`metric: there is no "${name}"`)
  return row
}

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

function addToSets(
  metric: Metric,
  sets: readonly SetState[],
  counts: SetCounts,
): readonly SetState[] {
  const { edge, route, warmUp, share, visitors, weights, codes } = counts
  const known = sets.find(
    (set) => set.edge === edge && set.route === route && set.warmUp === warmUp,
  )
  const hypothesis = toHypothesisOf(metric, warmUp)
  const set = known ?? {
    edge,
    route,
    warmUp,
    visitors: [0, 0],
    codes: {},
    tallies: [],
    worse: noEvidence(hypothesis),
    gain: noEvidence(hypothesis),
    met: 0,
    before: noEvidence(hypothesis),
  }
  const tally = { share, base: weights[0], canary: weights[1] }
  const sum: SetState = {
    ...set,
    visitors: addPair(set.visitors, visitors),
    codes: addCodes(set.codes, codes),
    tallies: addTally(set.tallies, tally),
    gain: addEvidence(set.gain, toGain(hypothesis, tally)),
    met: set.met + visitors[1],
  }
  return known ? sets.map((one) => (one === known ? sum : one)) : [...sets, sum]
}

function addToWithin(
  metric: Metric,
  within: MetricState['within'],
  { edge, route, share, weights, warmUp }: SetCounts,
): MetricState['within'] {
  const { margin } = metric
  if (!within || !margin || route !== '' || warmUp || edge !== toMarginEdge(metric)) return within
  const hypothesis = toWithin(toRow(metric).bad, margin.ratio)
  const gain = toGain(hypothesis, { share, base: weights[0], canary: weights[1] })
  return { past: within.past, gain: addEvidence(within.gain, gain) }
}

function toHypothesisOf(metric: Metric, warmUp: boolean): Hypothesis {
  const { bad, edges } = toRow(metric)
  // A measurement is divided by the tolerance before it is compared with the edges.
  const tolerance = edges ? 1 : metric.tolerance
  return toWorse(bad, warmUp ? tolerance * CATASTROPHIC : tolerance)
}

/** The index of the edge at which the margin is asked for. */
export function toMarginEdge(metric: Metric): number {
  const { edges } = toRow(metric)
  return edges && metric.margin ? edges.indexOf(metric.margin.edge ?? Number.NaN) : 0
}

/** Ends a block of time: what it may add is added for good. */
export function closeBlock(state: MetricState, atRisk: number): MetricState {
  const { sets, within } = state
  return {
    sets: sets.map((set) => {
      const added = toAdded(set, atRisk)
      return {
        ...set,
        worse: addEvidence(set.worse, added),
        gain: set.gain.map(() => 0),
        met: 0,
        before: added,
      }
    }),
    within: within && {
      past: toWithinNow(within),
      gain: within.gain.map(() => 0),
    },
  }
}

/** What the present block may add to the evidence. */
function toAdded({ gain, before, met, warmUp }: SetState, atRisk: number): Evidence {
  if (met >= BROKEN_SHARE * Math.max(atRisk, 1)) return gain
  // A few refused connections are many times as many as none, and no catastrophe.
  if (warmUp) return gain.map((log) => Math.min(log, 0))
  return gain.map((log, i) => {
    const left = MAX_GAIN_PER_BURST - Math.max(0, before[i] ?? 0)
    return Math.min(log, Math.max(0, left))
  })
}

function toWithinNow({ past, gain }: NonNullable<MetricState['within']>): Evidence {
  return past.map((log, i) => log + Math.min(gain[i] ?? 0, MAX_GAIN_PER_BURST))
}

/**
 * ln E that the canary is worse, of one set. Where too few independent clients speak against it,
 * nothing does: one client must not decide a release.
 */
export function toLogSet(metric: Metric, set: SetState, around: Surroundings): number {
  const log = toLogE(addEvidence(set.worse, toAdded(set, around.atRisk)))
  const careful = around.isUneven
    ? Math.min(
        log,
        toLogE(toEvidence(toHypothesisOf(metric, set.warmUp), toUneven(metric, set, around))),
      )
    : log
  return hasEnoughClients(metric, set, around) ? careful : Math.min(careful, 0)
}

/** The tallies with the share of those who were there, where that says less against the canary. */
function toUneven(
  metric: Metric,
  { tallies }: SetState,
  { present }: Surroundings,
): readonly Tally[] {
  const choose = toRow(metric).bad === 'more' ? Math.max : Math.min
  return tallies.map((tally) => {
    const there = present.find(({ share }) => share === tally.share)
    const both = there ? there.base + there.canary : 0
    return there && both > 0 ? { ...tally, share: choose(tally.share, there.canary / both) } : tally
  })
}

/** How many independent clients of each side have met it. */
export function toClients({ tallies }: Pick<SetState, 'tallies'>): Pair {
  return tallies.reduce<Pair>((sum, { base, canary }) => addPair(sum, [base, canary]), [0, 0])
}

/** Whether as many clients speak as one needs; where fewer are bad, those of the base speak. */
export function hasEnoughClients(metric: Metric, set: SetState, around: Surroundings): boolean {
  const [base, canary] = toClients(set)
  if (toRow(metric).bad === 'fewer') return base >= MIN_CLIENTS
  if (canary >= MIN_CLIENTS) return true
  const isAll = set.visitors[1] >= ALL_FAIL_SHARE * around.visitors[1]
  return isAll && canary >= MIN_CLIENTS_IF_ALL_FAIL
}

/** ln E that the canary is worse in the metric: the weighted mean of its sets. */
export function toLogWorse(metric: Metric, { sets }: MetricState, around: Surroundings): number {
  const { edges, byRoute } = toRow(metric)
  const places = (edges ?? [0]).map((_, edge) => edge)
  /** Over edges the mean of their E, never the largest. */
  const toLog = (route: string, warmUp: boolean) =>
    logMeanExp(
      places.map((edge) => {
        const set = sets.find(
          (one) => one.edge === edge && one.route === route && one.warmUp === warmUp,
        )
        return set ? toLogSet(metric, set, around) : 0
      }),
    )
  if (!byRoute) return toLog('', false)
  const routes = [...new Set(sets.map(({ route }) => route))].filter((route) => route !== '')
  const each = ROUTES_WEIGHT / (MAX_JUDGED_ROUTES + 1)
  return toLogMean([
    { log: toLog('', false), weight: ALL_WEIGHT },
    { log: toLog('', true), weight: WARM_UP_WEIGHT },
    ...routes.map((route) => ({ log: toLog(route, false), weight: each })),
    { log: 0, weight: Math.max(Number.MIN_VALUE, ROUTES_WEIGHT - routes.length * each) },
  ])
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
  const set = sets.find((one) => one.edge === edge && one.route === '' && !one.warmUp)
  const ratio = toLogE(toWithinNow(within))
  if (margin.floor === null) return ratio
  return logMeanExp([ratio, toLogFew(margin.floor, set?.visitors[1] ?? 0, around.visitors[1])])
}

/**
 * ln E that the canary is better than the base in a metric without edges: that fewer of its visitors
 * met it, or where fewer are bad, more.
 */
export function toLogBetter(metric: Metric, { sets }: MetricState): number {
  const set = sets.find(({ edge, route, warmUp }) => edge === 0 && route === '' && !warmUp)
  if (!set) return 0
  return toLogE(toEvidence(toWithin(toRow(metric).bad, 1), set.tallies))
}

/** The set with the most evidence against the canary; `undefined` if nobody met anything. */
export function findWorstSet(
  metric: Metric,
  { sets }: MetricState,
  around: Surroundings,
): SetState | undefined {
  const logs = sets.map((set) => toLogSet(metric, set, around))
  // Of two that say the same, the one that names its route says more.
  const order = [...sets.keys()].sort(
    (one, other) => (logs[other] ?? 0) - (logs[one] ?? 0) || (sets[one]?.route === '' ? 1 : -1),
  )
  return sets[order[0] ?? -1]
}

function addPair(one: Pair, other: Pair): Pair {
  return [one[0] + other[0], one[1] + other[1]]
}

function addCodes(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sum = { ...one }
  for (const [code, count] of Object.entries(other)) sum[code] = (sum[code] ?? 0) + count
  return sum
}
