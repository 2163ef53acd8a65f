// One set of visitors who met a metric: on one route, or on all together. The evidence that they add
// up to, with what bounds it: bursts, clients, visitors who arrive unevenly. metric.ts combines the
// sets of a metric.

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
  toWorse,
} from './evidence.ts'
import { isLargeEnough, type Segments } from './segments.ts'

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
  /** The segment whose visitors alone these are, on all routes; left out for those of all. */
  readonly segment?: string | undefined
  /** Of a segment: on which routes the canary's visitors met it. */
  readonly routes?: Readonly<Record<string, number>> | undefined
}

/** All that is remembered of one set. Plain JSON. */
export type SetState = Pick<
  SetCounts,
  'edge' | 'route' | 'warmUp' | 'visitors' | 'codes' | 'segment' | 'routes'
> & {
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

/** Routes of one metric that are told apart. The others are one set together. */
export const MAX_JUDGED_ROUTES = 15

/** The route of all routes that are not told apart. */
export const OTHER_ROUTES = '*'

/**
 * Just after a step only a canary that is at least so many times as bad is taken back, and only in
 * blocks in which at least half of its visitors meet it.
 */
export const CATASTROPHIC = 5

/**
 * What visitors meet in a short time is not as many independent observations: a backend that hiccups
 * once fails for all of them. So a block of time and the one before it add at most so many nats
 * together, which one hiccup shorter than a block cannot exceed. Half of what takes a release back
 * is less than that, so a release that keeps failing is found in the third block.
 *
 * Two kinds of block have no bound. The first one of a release: what is bad is mostly bad from its
 * first visitor on, and a hiccup that comes once an hour falls into that half minute in fewer than 2 %
 * of releases. And one in which at least half of the canary's visitors fail: it is simply broken.
 * A measurement has no such exemptions: a hiccup slows all visitors, and after a start all are slow.
 */
export const BLOCK_MS = 30_000
export const MAX_GAIN_PER_BURST = 3.1
const BROKEN_SHARE = 0.5

/** What the bound on bursts has to know of a block of time. */
export type BlockFacts = {
  /** Visitors of the canary in the block who had met nothing bad before. */
  readonly atRisk: number
  /** Whether it is the first one with visitors of the canary. */
  readonly isFirst: boolean
}

/** Independent clients of the canary that evidence against it needs: see `toLogSet`. */
export const MIN_CLIENTS = 5
export const MIN_CLIENTS_IF_ALL_FAIL = 3
const ALL_FAIL_SHARE = 0.9

/** What else is known when a metric is judged. */
export type Surroundings = {
  /** Distinct visitors of the rollout so far. */
  readonly visitors: Pair
  /** The present block of time. */
  readonly block: BlockFacts
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
  /** What is known of the visitors by segment; left out where they are not told apart. */
  readonly segments?: Segments | undefined
}

/** The row of the table. @throws TypeError when there is none. */
export function toRow({ name }: Pick<Metric, 'name'>): MetricRow {
  const row = findMetric(name)
  if (!row) throw new TypeError(`metric: there is no "${name}"`)
  return row
}

/** Adds what a window counted of one set. */
export function addToSets(
  metric: Metric,
  sets: readonly SetState[],
  counts: SetCounts,
): readonly SetState[] {
  const { edge, route, warmUp, share, visitors, weights, codes, segment, routes } = counts
  const known = sets.find(
    (set) =>
      set.edge === edge && set.route === route && set.warmUp === warmUp && set.segment === segment,
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
    ...(segment === undefined ? {} : { segment }),
  }
  const tally = { share, base: weights[0], canary: weights[1] }
  const sum: SetState = {
    ...set,
    visitors: addPair(set.visitors, visitors),
    codes: addNumbers(set.codes, codes),
    ...(routes ? { routes: addNumbers(set.routes ?? {}, routes) } : {}),
    tallies: addTally(set.tallies, tally),
    gain: addEvidence(set.gain, toGain(hypothesis, tally)),
    met: set.met + visitors[1],
  }
  return known ? sets.map((one) => (one === known ? sum : one)) : [...sets, sum]
}

function toHypothesisOf(metric: Metric, warmUp: boolean): Hypothesis {
  const { bad, edges } = toRow(metric)
  // A measurement is divided by the tolerance before it is compared with the edges.
  const tolerance = edges ? 1 : metric.tolerance
  return toWorse(bad, warmUp ? tolerance * CATASTROPHIC : tolerance)
}

/** Ends a block of time: what it may add is added for good. */
export function closeSet(metric: Metric, set: SetState, block: BlockFacts): SetState {
  const added = toAdded(metric, set, block)
  return {
    ...set,
    worse: addEvidence(set.worse, added),
    gain: set.gain.map(() => 0),
    met: 0,
    before: added,
  }
}

/** What the present block may add to the evidence. */
function toAdded(
  metric: Metric,
  { gain, before, met, warmUp }: SetState,
  { atRisk, isFirst }: BlockFacts,
): Evidence {
  const isBroken = met >= BROKEN_SHARE * Math.max(atRisk, 1)
  // A few refused connections are many times as many as none, and no catastrophe.
  if (warmUp && !isBroken) return gain.map((log) => Math.min(log, 0))
  if (toRow(metric).edges === null && (isBroken || isFirst)) return gain
  return gain.map((log, i) => {
    const left = MAX_GAIN_PER_BURST - Math.max(0, before[i] ?? 0)
    return Math.min(log, Math.max(0, left))
  })
}

/**
 * ln E that the canary is worse, of one set. Where too few independent clients speak against it,
 * nothing does: one client must not decide a release.
 */
export function toLogSet(metric: Metric, set: SetState, around: Surroundings): number {
  const hypothesis = toHypothesisOf(metric, set.warmUp)
  const block = toBlockOf(set, around)
  const log = toLogE(hypothesis, addEvidence(set.worse, toAdded(metric, set, block)))
  const careful = around.isUneven
    ? Math.min(log, toLogE(hypothesis, toEvidence(hypothesis, toUneven(metric, set, around))))
    : log
  return mayCount(metric, set, around) ? careful : Math.min(careful, 0)
}

/** The present block, with the visitors of the canary who may have met it: those of the set's segment. */
export function toBlockOf(
  { segment }: SetState,
  { block, segments }: Pick<Surroundings, 'block' | 'segments'>,
): BlockFacts {
  return segment === undefined ? block : { ...block, atRisk: segments?.[segment]?.atRisk ?? 0 }
}

/** Whether as much is known of a set as it takes to speak against the canary. */
export function mayCount(metric: Metric, set: SetState, around: Surroundings): boolean {
  return hasEnoughVisitors(set, around) && hasEnoughClients(metric, set, around)
}

/** Whether there are visitors enough for a segment; others need none. */
export function hasEnoughVisitors({ segment }: SetState, { segments }: Surroundings): boolean {
  return segment === undefined || isLargeEnough(segments?.[segment])
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
  const isAll = set.visitors[1] >= ALL_FAIL_SHARE * toVisitorsOf(set, around)[1]
  return isAll && canary >= MIN_CLIENTS_IF_ALL_FAIL
}

/** The visitors there were who may be in a set: all, or those of its segment. */
export function toVisitorsOf({ segment }: SetState, { visitors, segments }: Surroundings): Pair {
  return segment === undefined ? visitors : (segments?.[segment]?.visitors ?? [0, 0])
}

function addPair(one: Pair, other: Pair): Pair {
  return [one[0] + other[0], one[1] + other[1]]
}

function addNumbers(
  one: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const sum = { ...one }
  for (const [name, count] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + count
  return sum
}
