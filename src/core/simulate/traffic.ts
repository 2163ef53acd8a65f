// Made-up traffic: windows of counts as the control would close them, drawn from assumed rates.
// Every visitor comes once.

import { WINDOW_MS } from '../counting/limits.ts'
import type { Counts } from '../judge/counts.ts'
import type { Metric, MetricWindow } from '../judge/metric.ts'
import { drawBinomial, drawPoisson, type Random } from './random.ts'

/** How the visitors of one side fare in one metric. */
export type SideModel =
  /** The share of visitors for whom a yes/no metric says yes, 0 to 1. */
  | { readonly rate: number }
  /**
   * A log-normal measurement, roughly like times to first byte; `spread` is the standard deviation
   * of ln.
   */
  | { readonly median: number; readonly spread: number }
  /**
   * A recorded measurement: the share of visitors above each edge, which never grows from edge to
   * edge.
   */
  | { readonly above: readonly number[] }
  /** The metric fails, and this is its error. */
  | { readonly error: string }

/** What is assumed about one moment. A metric of the plan that is missing here has no data. */
export type Load = {
  /** New visitors of both sides together in a minute, on average. */
  readonly visitorsPerMinute: number
  readonly metrics: Readonly<
    Record<string, { readonly base: SideModel; readonly canary: SideModel }>
  >
}

/** The counts that were drawn for one window. */
export type WindowDraw = {
  readonly metrics: Readonly<Record<string, MetricWindow>>
  readonly visitors: readonly [base: number, canary: number]
}

/** Draws one window in which `weight` percent of the visitors get the canary. */
export function drawWindow(
  random: Random,
  load: Load,
  weight: number,
  metrics: readonly Metric[],
): WindowDraw {
  const expected = (load.visitorsPerMinute * WINDOW_MS) / 60_000
  const canary = drawPoisson(random, (expected * weight) / 100)
  const base = drawPoisson(random, (expected * (100 - weight)) / 100)
  const drawn: Record<string, MetricWindow> = {}
  for (const { name, edges } of metrics) {
    const supposed = Object.hasOwn(load.metrics, name) ? load.metrics[name] : undefined
    if (!supposed) continue
    const a = drawFailures(random, supposed.base, base, edges)
    const b = drawFailures(random, supposed.canary, canary, edges)
    drawn[name] =
      'error' in a
        ? a
        : 'error' in b
          ? b
          : a.map((failures, i): Counts => [base, failures, canary, b[i] ?? 0])
  }
  return { metrics: drawn, visitors: [base, canary] }
}

/** Failures at each edge: a visitor above one edge is above all lower ones too. */
function drawFailures(
  random: Random,
  outcome: SideModel,
  visitors: number,
  edges: readonly number[] | null,
): readonly number[] | { readonly error: string } {
  if ('error' in outcome) return outcome
  if (!edges) {
    return 'rate' in outcome
      ? [drawBinomial(random, visitors, outcome.rate)]
      : { error: 'a yes/no metric needs a rate' }
  }
  if ('above' in outcome && outcome.above.length !== edges.length) {
    return { error: `${outcome.above.length} edges were recorded, and ${edges.length} are judged` }
  }
  if ('rate' in outcome) return { error: 'a metric with edges needs a median' }
  let left = visitors
  let above = 1
  return edges.map((edge, i) => {
    const next = 'above' in outcome ? (outcome.above[i] ?? 0) : toShareAbove(outcome, edge)
    left = drawBinomial(random, left, above > 0 ? Math.min(1, next / above) : 0)
    above = next
    return left
  })
}

/** The share of a log-normal above `edge`. */
function toShareAbove(
  { median, spread }: { median: number; spread: number },
  edge: number,
): number {
  return 1 - toNormalShare(Math.log(edge / median) / spread)
}

/** The standard normal's share below z, to 7.5e-8. Source: Abramowitz & Stegun 26.2.17. */
export function toNormalShare(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z))
  const tail =
    (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return z > 0 ? 1 - tail : tail
}
