// What the evidence of all metrics together says: promote, continue or rollback, and why. The
// rollout decides whether there are enough data, and what a verdict leads to.

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

/** What is judged, and how strictly. */
export type Question = {
  /** At least one. */
  readonly metrics: readonly Metric[]
  /**
   * The probability, over the whole rollout, of rolling back a release that is no worse. 0 to 1.
   */
  readonly alpha: number
  /**
   * How evidence against a release is combined, with the metrics' weights: as the weighted mean of
   * their E, or with alpha split among them. The mean never needs more data; with a split no metric
   * adds to the evidence of another.
   */
  readonly combine: 'average' | 'split'
}

/** One metric's part of a verdict. */
export type MetricFinding = {
  readonly name: string
  /** ln E that the canary is worse; with edges, of the mean over them. */
  readonly logWorse: number
  /** The edge with the most evidence against the canary; `null` for a yes/no outcome. */
  readonly edge: number | null
  /** The sums at this edge, and the ratios of the two rates that agree with the counts. */
  readonly totals: Counts
  readonly ratio: RatioRange
  /** The margin to be shown, and ln E that the canary is within it; `null` without a margin. */
  readonly margin: Metric['margin']
  readonly logWithin: number | null
}

/** An outcome with everything that it is based on. Plain JSON; logarithms are natural. */
export type Verdict = {
  readonly outcome: 'promote' | 'continue' | 'rollback'
  /** In words, with the numbers that decided. */
  readonly reason: string
  /**
   * ln E of all metrics together, and the threshold for it and for every `logWithin`: ln(1/alpha).
   */
  readonly logWorse: number
  readonly threshold: number
  readonly findings: readonly MetricFinding[]
}

/** The outcome alone, which is cheap enough for every window. */
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
 * The verdict with its reason and everything that it is based on.
 *
 * Rollback: the combined E against the canary reaches 1/alpha. If no metric is worse, that happens
 * in at most a share alpha of rollouts, however often one looks.
 *
 * Promote: **every** metric with a margin has its own E >= 1/alpha. A mean would be wrong here: it
 * is evidence against "all are beyond their margins", so that one good metric could outweigh a bad
 * one. The smallest E needs no correction: if any one metric is beyond its margin, that one alone
 * keeps the probability below alpha.
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

/** ln of the weighted mean of E, or of the largest weighted E, which splits alpha by weight. */
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
  // The exact evidence also limits the range, so that it agrees with the decision.
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

/** E as people read it: `153`, `0.25`, `10^12`. */
export function toEvidenceText(log: number): string {
  if (log > Math.log(1e6)) return `10^${Math.floor(log / Math.LN10)}`
  return log < Math.log(0.01) ? 'below 0.01' : toShort(Math.exp(log))
}

function toShort(number: number): string {
  return String(Number(number.toPrecision(3)))
}
