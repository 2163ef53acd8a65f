// Made-up traffic: windows of counts as the control would close them, drawn from rates that somebody
// supposes. Every visitor comes once; who judges the windows is not known here.

import { WINDOW_MS } from '../counting/limits.ts'
import type { Counts } from '../judge/counts.ts'
import type { Metric, MetricWindow } from '../judge/metric.ts'
import { drawBinomial, drawPoisson, type Random } from './random.ts'

/** What happens to visitors of one side. */
export type SideModel =
  /** The share of visitors for whom a yes/no metric says yes, 0 to 1. */
  | { readonly rate: number }
  /** A log-normal measurement, as times to first byte roughly are; `spread` is ln's standard deviation. */
  | { readonly median: number; readonly spread: number }
  /** A measurement as it was recorded: the share of visitors above each edge, none above the one before. */
  | { readonly above: readonly number[] }
  /** The metric cannot be had. */
  | { readonly error: string }

/** What is supposed of one moment. A metric of the plan that is not named has no data. */
export type Load = {
  /** New visitors of both sides together in a minute, on average. */
  readonly visitorsPerMinute: number
  readonly metrics: Readonly<
    Record<string, { readonly control: SideModel; readonly canary: SideModel }>
  >
}

/** What one window drew. */
export type WindowDraw = {
  readonly metrics: Readonly<Record<string, MetricWindow>>
  readonly visitors: readonly [control: number, canary: number]
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
  const control = drawPoisson(random, (expected * (100 - weight)) / 100)
  const drawn: Record<string, MetricWindow> = {}
  for (const { name, edges } of metrics) {
    const supposed = Object.hasOwn(load.metrics, name) ? load.metrics[name] : undefined
    if (!supposed) continue
    const a = drawFailures(random, supposed.control, control, edges)
    const b = drawFailures(random, supposed.canary, canary, edges)
    drawn[name] =
      'error' in a
        ? a
        : 'error' in b
          ? b
          : a.map((failures, i): Counts => [control, failures, canary, b[i] ?? 0])
  }
  return { metrics: drawn, visitors: [control, canary] }
}

/** Failures at each edge: whoever is above an edge is above all lower ones too. */
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
