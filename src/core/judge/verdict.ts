// What the evidence of all metrics together says: promote, continue or rollback, and why. Whether the
// data suffice, and what a rollout does with a verdict, is rollout's affair.

import { type Counts, toLogE } from './counts.ts'
import { logSumExp } from './logarithms.ts'
import {
  type Margin,
  type Metric,
  type MetricState,
  marginIndex,
  toLogWithin,
  toLogWorse,
  worstEdge,
} from './metric.ts'
import { type RatioRange, toRatioRange } from './ratio.ts'

/** What is asked of the evidence. */
export type Question = {
  /** At least one. */
  readonly metrics: readonly Metric[]
  /** The chance, over the whole rollout, that a release is taken back that is no worse. 0 to 1. */
  readonly alpha: number
  /**
   * How evidence against a release is put together, by the metrics' weights: the weighted mean of
   * their E, or alpha split among them. The mean needs never more data; a split lets no metric help another.
   */
  readonly combine: 'average' | 'split'
}

/** One metric's part in a verdict. */
export type MetricFinding = {
  readonly name: string
  /** ln E that the canary is worse; over edges the mean's. */
  readonly logWorse: number
  /** The edge with the most evidence against the canary; `null` for a yes/no outcome. */
  readonly edge: number | null
  /** Sums at this edge, and the ratios of the rates that they do not contradict. */
  readonly totals: Counts
  readonly ratio: RatioRange
  /** The margin asked for, and ln E that the canary is within it; `null` where none is asked. */
  readonly margin: Metric['margin']
  readonly logWithin: number | null
}

/** An outcome and all that it rests on. Plain JSON; logarithms are natural. */
export type Verdict = {
  readonly outcome: 'promote' | 'continue' | 'rollback'
  /** In words, with the numbers that decided. */
  readonly reason: string
  /** ln E of all metrics together, and what it and every `logWithin` is held against: ln(1/alpha). */
  readonly logWorse: number
  readonly threshold: number
  readonly findings: readonly MetricFinding[]
}

/** The outcome alone: what a look at every window costs. */
export function decideOutcome(
  question: Question,
  states: readonly MetricState[],
): Verdict['outcome'] {
  const threshold = Math.log(1 / question.alpha)
  if (combineWorse(question, states.map(toLogWorse)) >= threshold) return 'rollback'
  const within = states.map(toLogWithin).filter((log) => log !== null)
  return within.length > 0 && within.every((log) => log >= threshold) ? 'promote' : 'continue'
}

/**
 * The verdict with its reason and all that it rests on.
 *
 * Rollback: the combined E against the canary reaches 1/alpha. If no metric is worse, that happens
 * in at most a share alpha of rollouts, however often one looks.
 *
 * Promote: **every** metric with a margin has its own E >= 1/alpha. Here a mean would be wrong: it
 * speaks against "all are beyond their margins", and one good metric would buy a bad one its way. The
 * smallest E needs no correction: if any one is beyond its margin, it alone holds the chance below alpha.
 */
export function judge(question: Question, states: readonly MetricState[]): Verdict {
  const findings = question.metrics.flatMap((metric, i) => {
    const state = states[i]
    return state ? [toFinding(metric, state, question.alpha)] : []
  })
  const verdict = {
    outcome: decideOutcome(question, states),
    logWorse: combineWorse(question, states.map(toLogWorse)),
    threshold: Math.log(1 / question.alpha),
    findings,
  }
  return { ...verdict, reason: toReason(verdict, question) }
}

/** ln of the weighted mean of E, or of the largest weighted E, which is alpha split by weight. */
function combineWorse({ metrics, combine }: Question, logs: readonly number[]): number {
  const total = metrics.reduce((sum, { weight }) => sum + weight, 0)
  const weighted = logs.map((log, i) => log + Math.log((metrics[i]?.weight ?? 0) / total))
  return combine === 'split' ? Math.max(...weighted) : logSumExp(weighted)
}

function toFinding(metric: Metric, state: MetricState, alpha: number): MetricFinding {
  const logWithin = toLogWithin(state)
  const place = worstEdge(state)
  const edge = state.edges[place]
  const finding = {
    name: metric.name,
    logWorse: toLogWorse(state),
    edge: metric.edges?.[place] ?? null,
    totals: edge?.totals ?? ([0, 0, 0, 0] as const),
    margin: metric.margin,
    logWithin,
  }
  if (!edge) return { ...finding, ratio: { low: 0, high: null } }
  // What the exact evidence strikes out is struck out, so that the range agrees with the decision.
  const threshold = Math.log(1 / alpha)
  const range = toRatioRange(edge.likelihood, alpha)
  const low = toLogE(edge.worse) >= threshold ? Math.max(range.low, 1) : range.low
  const isWithin =
    state.within !== null && toLogE(state.within) >= threshold && marginIndex(metric) === place
  const high = Math.min(range.high ?? Infinity, isWithin ? (metric.margin?.ratio ?? 1) : Infinity)
  return { ...finding, ratio: { low, high: Number.isFinite(high) ? high : null } }
}

function toReason(
  { outcome, logWorse, threshold, findings }: Omit<Verdict, 'reason'>,
  { metrics, combine }: Question,
): string {
  const needed = `${toEvidenceText(threshold)} decides`
  const against = toEvidenceText(logWorse)
  if (outcome === 'rollback') {
    const weigh = ({ logWorse }: MetricFinding, i: number) =>
      logWorse + Math.log(metrics[i]?.weight ?? Number.MIN_VALUE)
    const logs = findings.map(weigh)
    const worst = findings[logs.indexOf(Math.max(...logs))]
    const how = combine === 'split' ? 'with its share of alpha' : 'all metrics together'
    return `${worst ? toComplaint(worst) : 'no metric'}; evidence against the canary ${against}, ${how} (${needed})`
  }
  const asked = findings.filter(({ logWithin }) => logWithin !== null)
  const claims = asked.map(
    ({ name, margin, logWithin }) =>
      `${name} ${margin ? toMarginText(margin) : ''}: evidence ${toEvidenceText(logWithin ?? 0)}`,
  )
  const said = claims.length > 0 ? claims.join('; ') : 'no metric asks for evidence of a margin'
  return `${said}; evidence against the canary ${against} (${needed})`
}

/** `at most 1.5 times the base's, or below 0.2 % of visits`. */
function toMarginText({ ratio, edge, floor }: Margin): string {
  const most = `at most ${ratio} times the base's`
  const or = floor === null ? '' : `, or below ${toShort(floor * 100)} % of visits`
  return `${edge === null ? '' : `above ${edge} `}${most}${or}`
}

function toComplaint({ name, edge, totals, ratio }: MetricFinding): string {
  const [baseVisitors, baseFailures, canaryVisitors, canaryFailures] = totals
  const what = edge === null ? name : `${name} above ${edge}`
  return (
    `${what}: ${canaryFailures} in ${canaryVisitors} visits of the canary, ` +
    `${baseFailures} in ${baseVisitors} of the base, ${toRangeText(ratio)} times as often`
  )
}

/** `at least 1.4`, `between 1 and 4.5`. */
export function toRangeText({ low, high }: RatioRange): string {
  if (high === null) return `at least ${toShort(low)}`
  return low === 0 ? `at most ${toShort(high)}` : `between ${toShort(low)} and ${toShort(high)}`
}

/** E for people: `153`, `0.25`, `10^12`. */
export function toEvidenceText(log: number): string {
  if (log > Math.log(1e6)) return `10^${Math.floor(log / Math.LN10)}`
  return log < Math.log(0.01) ? 'below 0.01' : toShort(Math.exp(log))
}

function toShort(number: number): string {
  return String(Number(number.toPrecision(3)))
}
