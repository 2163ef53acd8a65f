// What the evidence of all metrics together says: promote, continue or rollback, and why. The
// rollout decides whether there are enough data, and what a verdict leads to.

import { type Blindness, findBlindness } from './blindness.ts'
import { toLogMean } from './evidence.ts'
import { type MetricFinding, toAllText, toFinding, toFindingText } from './finding.ts'
import { type MetricState, toLogBetter, toLogWithin, toLogWorse } from './metric.ts'
import { toRatioRange } from './ratio.ts'
import { type Metric, type Surroundings, toRow } from './sets.ts'
import { toChanceText, toMarginText } from './words.ts'

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
  const findings = findAll(question, observed, toRatioRange)
  const verdict = {
    outcome: decideOutcome(question, observed),
    logWorse: combineWorse(
      question,
      findings.map(({ logWorse }) => logWorse),
    ),
    threshold: Math.log(1 / question.alpha),
    findings,
    blind: findBlindness(question.metrics, observed.metrics, observed.around),
  }
  return { ...verdict, reason: toReason(verdict, question) }
}

function findAll(
  { metrics, alpha }: Question,
  { metrics: states, around }: Observed,
  findRange: typeof toRatioRange,
): readonly MetricFinding[] {
  return metrics.flatMap((metric, i) => {
    const state = states[i]
    return state ? [toFinding(metric, state, { around, alpha, findRange })] : []
  })
}

/**
 * What is still missing before it is shown that the canary is no worse, in words. Cheap enough for
 * every window.
 */
export function toMissingText(question: Question, observed: Observed): string {
  const threshold = Math.log(1 / question.alpha)
  const findings = findAll(question, observed, () => ({ low: 0, high: null }))
  const asked = findings.filter(({ margin }) => margin !== null)
  const open = asked.find(({ logWithin }) => (logWithin ?? 0) < threshold) ?? asked[0]
  if (!open?.margin) return 'nothing that could be shown is asked for'
  const row = toRow(open)
  return `it is not yet shown that ${toMarginText(row, open.margin)}: ${toAllText(open)}`
}

/** ln of the weighted mean of E, or of the largest weighted E, which splits alpha by weight. */
function combineWorse({ metrics, combine }: Question, logs: readonly number[]): number {
  const total = metrics.reduce((sum, { weight }) => sum + weight, 0)
  const parts = logs.map((log, i) => ({ log, weight: (metrics[i]?.weight ?? 0) / total }))
  if (combine === 'average') return toLogMean(parts)
  return Math.max(...parts.map(({ log, weight }) => log + Math.log(weight)))
}

/** From this E on the evidence is worth a word, though it may well be chance. */
const NOTABLE = 5

function toReason(
  { outcome, logWorse, threshold, findings }: Omit<Verdict, 'reason'>,
  question: Question,
): string {
  const strongest = findStrongest(findings, question)
  if (outcome === 'rollback') {
    const log = question.combine === 'split' ? (strongest?.logWorse ?? logWorse) : logWorse
    return `${toFindingText(strongest)}. By chance alone: ${toChanceText(log)}`
  }
  const shown = findings.find(({ margin }) => margin !== null)
  if (outcome === 'promote' && shown?.margin) {
    return `it is shown that ${toMarginText(toRow(shown), shown.margin)}: ${toAllText(shown)}`
  }
  if (logWorse >= Math.log(NOTABLE)) {
    return `it may be worse: ${toFindingText(strongest)}. By chance alone: ${toChanceText(logWorse)}; it is taken back at ${toChanceText(threshold)}`
  }
  const first = shown ?? findings.find(({ met }) => met[0] + met[1] > 0) ?? findings[0]
  return `nothing speaks against it: ${first ? toAllText(first) : 'nothing was seen'}`
}

/** The metric that speaks most against the canary, by its weight. */
function findStrongest(
  findings: readonly MetricFinding[],
  { metrics }: Question,
): MetricFinding | undefined {
  const logs = findings.map(
    ({ logWorse }, i) => logWorse + Math.log(metrics[i]?.weight ?? Number.MIN_VALUE),
  )
  return findings[logs.indexOf(Math.max(...logs))]
}
