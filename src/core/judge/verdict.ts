// What the evidence of all metrics together says: promote, continue or rollback, and why. The
// rollout decides whether there are enough data, and what a verdict leads to.

import { toLogMean } from './evidence.ts'
import {
  findWorst,
  hasEnoughClients,
  type Metric,
  type MetricState,
  MIN_CLIENTS,
  MIN_CLIENTS_IF_ALL_FAIL,
  type Pair,
  type SetState,
  type Surroundings,
  toClients,
  toLogBetter,
  toLogSet,
  toLogWithin,
  toLogWorse,
  toMarginEdge,
  toRow,
} from './metric.ts'
import { type RatioRange, toRatioRange } from './ratio.ts'
import { toChanceText, toNumber, toSetText, toShort } from './words.ts'

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

/** What is known when a verdict is made. */
export type Observed = {
  /** In the order of the question's metrics. */
  readonly metrics: readonly MetricState[]
  readonly around: Surroundings
}

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

/** Why the judge sees less than it could, as a code and in words. */
export type Blindness = {
  readonly kind: 'sampleRatio' | 'clients' | 'crowd' | 'oneSide'
  readonly reason: string
}

/** An outcome with everything that it is based on. Plain JSON; logarithms are natural. */
export type Verdict = {
  readonly outcome: 'promote' | 'continue' | 'rollback'
  /** In words, what was seen that decided. */
  readonly reason: string
  /**
   * ln E of all metrics together, and the threshold for it and for every `logWithin`: ln(1/alpha).
   */
  readonly logWorse: number
  readonly threshold: number
  readonly findings: readonly MetricFinding[]
  readonly blind: readonly Blindness[]
}

/** The outcome alone, which is cheap enough for every window. */
export function decideOutcome(
  question: Question,
  { metrics, around }: Observed,
): Verdict['outcome'] {
  const threshold = Math.log(1 / question.alpha)
  const of = question.metrics
  const worse = metrics.map((state, i) => toLogWorse(of[i] as Metric, state, around))
  if (combineWorse(question, worse) >= threshold) return 'rollback'
  const within = metrics
    .map((state, i) => toLogWithin(of[i] as Metric, state, around))
    .filter((log) => log !== null)
  return within.length > 0 && within.every((log) => log >= threshold) ? 'promote' : 'continue'
}

/**
 * Whether the canary is shown to be better than the base in a metric of the question that has a
 * margin and no edges. That is what a hotfix has to show while the base fails.
 */
export function isBetter({ metrics, alpha }: Question, observed: Observed): boolean {
  const asked = metrics.filter((metric) => metric.margin !== null && toRow(metric).edges === null)
  // The chance of an error is shared among the metrics that are asked.
  const threshold = Math.log(asked.length / alpha)
  return metrics.some((metric, i) => {
    const state = observed.metrics[i]
    return state && asked.includes(metric) && toLogBetter(metric, state) >= threshold
  })
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
export function judge(question: Question, observed: Observed): Verdict {
  const findings = question.metrics.flatMap((metric, i) => {
    const state = observed.metrics[i]
    return state ? [toFinding(metric, state, observed.around, question.alpha)] : []
  })
  const verdict = {
    outcome: decideOutcome(question, observed),
    logWorse: combineWorse(
      question,
      findings.map(({ logWorse }) => logWorse),
    ),
    threshold: Math.log(1 / question.alpha),
    findings,
    blind: findBlindness(question, observed),
  }
  return { ...verdict, reason: toReason(verdict, question) }
}

/** ln of the weighted mean of E, or of the largest weighted E, which splits alpha by weight. */
function combineWorse({ metrics, combine }: Question, logs: readonly number[]): number {
  const total = metrics.reduce((sum, { weight }) => sum + weight, 0)
  const parts = logs.map((log, i) => ({ log, weight: (metrics[i]?.weight ?? 0) / total }))
  if (combine === 'average') return toLogMean(parts)
  return Math.max(...parts.map(({ log, weight }) => log + Math.log(weight)))
}

function toFinding(
  metric: Metric,
  state: MetricState,
  around: Surroundings,
  alpha: number,
): MetricFinding {
  const worst = findWorst(metric, state, around)
  const edge = worst?.edge ?? toMarginEdge(metric)
  const all = state.sets.find((set) => set.route === '' && set.edge === edge && !set.warmUp)
  return {
    name: metric.name,
    logWorse: toLogWorse(metric, state, around),
    worst: worst ? toWorst(metric, worst, around, alpha) : null,
    met: all?.visitors ?? [0, 0],
    seen: around.visitors,
    margin: metric.margin,
    logWithin: toLogWithin(metric, state, around),
  }
}

function toWorst(metric: Metric, set: SetState, around: Surroundings, alpha: number): WorstSet {
  const { route, visitors, codes, warmUp, tallies } = set
  return {
    route,
    edge: toRow(metric).edges?.[set.edge] ?? null,
    visitors,
    clients: toClients(set),
    codes,
    warmUp,
    ratio: toRatioRange(tallies, alpha),
    log: toLogSet(metric, set, around),
  }
}

/** A larger share of all visitors is one client. */
const CROWD_SHARE = 0.5

/** Fewer visitors are no crowd. */
const CROWD_FROM = 20

/** Why the judge sees less than it could. */
function findBlindness({ metrics }: Question, { metrics: states, around }: Observed): Blindness[] {
  const blind: Blindness[] = []
  const [base, canary] = around.visitors
  if (around.isUneven) {
    const reason =
      'visitors do not arrive in the shares they were given, so that what is seen of both sides cannot be compared'
    blind.push({ kind: 'sampleRatio', reason })
  }
  if (around.crowd > CROWD_SHARE && base + canary >= CROWD_FROM) {
    const percent = Math.round(around.crowd * 100)
    const reason = `${percent} % of the visitors come from one address and count for a few clients only`
    blind.push({ kind: 'crowd', reason })
  }
  if (base >= CROWD_FROM && canary === 0 && around.present.length > 0) {
    blind.push({ kind: 'oneSide', reason: 'nobody has come to the new version yet' })
  }
  for (const [i, metric] of metrics.entries()) {
    const state = states[i]
    const set = state && findWorst(metric, state, { ...around, visitors: [0, 0] })
    if (!set || !isHeldBack(metric, set, around)) continue
    const clients = toShort(toClients(set)[1])
    const reason = `${metric.name} speaks against the new version, but only ${clients} independent clients do: ${MIN_CLIENTS} are needed, or ${MIN_CLIENTS_IF_ALL_FAIL} where all of its visitors fail`
    blind.push({ kind: 'clients', reason })
  }
  return blind
}

/** Whether a set would speak against the canary if more clients did. */
function isHeldBack(metric: Metric, set: SetState, around: Surroundings): boolean {
  if (hasEnoughClients(metric, set, around)) return false
  return set.worse.some((log, i) => log + (set.gain[i] ?? 0) > Math.log(20))
}

function toReason(
  { outcome, logWorse, findings }: Omit<Verdict, 'reason'>,
  { metrics, combine }: Question,
): string {
  if (outcome === 'rollback') {
    const weigh = ({ logWorse }: MetricFinding, i: number) =>
      logWorse + Math.log(metrics[i]?.weight ?? Number.MIN_VALUE)
    const logs = findings.map(weigh)
    const place = logs.indexOf(Math.max(...logs))
    const log = combine === 'split' ? (findings[place]?.logWorse ?? logWorse) : logWorse
    return `${toFindingText(findings[place])}; by chance alone ${toChanceText(log)}`
  }
  const said = findings.filter(({ margin, met }) => margin !== null || met[0] + met[1] > 0)
  const first = said[0] ?? findings[0]
  const standing = toFindingText(first)
  return outcome === 'promote'
    ? `no worse: ${standing}${toMarginText(first)}`
    : `no worse so far: ${standing}`
}

function toMarginText(finding: MetricFinding | undefined): string {
  const margin = finding?.margin
  if (!margin) return ''
  const or =
    margin.floor === null ? '' : ` or fewer than ${toShort(margin.floor * 100)} % of its visitors`
  return ` (shown: at most ${toShort(margin.ratio)} times as many${or})`
}

/** One metric in a sentence: its worst set. */
export function toFindingText(finding: MetricFinding | undefined): string {
  if (!finding) return 'nothing was seen'
  const { name, worst, seen } = finding
  const row = toRow({ name })
  if (!worst) {
    const [base, canary] = seen
    const who = row.edges ? `${row.who} than ${row.edges[0]} ${row.unit}` : row.who
    return `none of ${toNumber(canary)} visitors of the new version ${who}, and none of ${toNumber(base)} of the old one`
  }
  const { route, edge, visitors, codes } = worst
  return toSetText({ row, route, edge, met: visitors, seen, codes })
}
