// Made-up visitors, drawn from assumed rates. Every visitor comes once.

import { countEdgesBelow, findMetric } from '../counting/metrics.ts'
import type { Metric } from '../judge/sets.ts'
import { drawNormal, drawPoisson, type Random } from './random.ts'
import type { Visit, VisitMet } from './visit.ts'

/** How the visitors of one side fare in one metric. */
export type SideModel =
  /** The share of visitors who meet it, 0 to 1. */
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

/** What is assumed about one moment. A metric of the plan that is missing here has no data. */
export type Load = {
  /** New visitors of both sides together in a minute, on average. */
  readonly visitorsPerMinute: number
  readonly metrics: Readonly<
    Record<string, { readonly base: SideModel; readonly canary: SideModel }>
  >
}

const HASHES = 2 ** 32

/**
 * Draws the visitors of one second of whom the canary gets `share` and a baseline, which fares like
 * the base, `baseline`, each 0 to 1.
 */
export function drawSecond(
  random: Random,
  load: Load,
  share: number,
  metrics: readonly Metric[],
  baseline = 0,
): readonly Visit[] {
  const count = drawPoisson(random, load.visitorsPerMinute / 60)
  // Most seconds of a quiet site have nobody.
  if (count === 0) return []
  const models = [toModels(load, metrics, 'base'), toModels(load, metrics, 'canary')] as const
  return Array.from({ length: count }, () => {
    const place = random()
    const side = place < share ? 1 : 0
    const isBaseline = side === 0 && place < share + baseline
    const met: VisitMet[] = []
    for (const { metric, model } of models[side]) {
      const level = drawLevel(random, metric, model, side)
      if (level > 0) met.push({ metric: metric.name, level })
    }
    return { visitor: Math.floor(random() * HASHES), side, isBaseline, met } as const
  })
}

/** How one side fares in each metric that has data. */
function toModels(
  { metrics: known }: Load,
  metrics: readonly Metric[],
  side: 'base' | 'canary',
): readonly { readonly metric: Metric; readonly model: SideModel }[] {
  const models = []
  for (const metric of metrics) {
    const model = Object.hasOwn(known, metric.name) ? known[metric.name]?.[side] : undefined
    if (model) models.push({ metric, model })
  }
  return models
}

/** How many edges a visitor is above; without edges 1 if it met it. */
function drawLevel(
  random: Random,
  { name, tolerance }: Metric,
  model: SideModel,
  side: 0 | 1,
): number {
  const edges = findMetric(name)?.edges ?? null
  if ('rate' in model) return random() < model.rate ? 1 : 0
  if (!edges) return 0
  if ('above' in model) {
    const place = random()
    return model.above.filter((share) => place < share).length
  }
  const measured = model.median * Math.exp(model.spread * drawNormal(random))
  return countEdgesBelow(edges, allow(measured, edges, side === 1 ? tolerance : 1))
}

/** A measurement as it is compared with the edges: what the canary may take longer is taken off. */
export function allow(measured: number, edges: readonly number[], tolerance: number): number {
  const first = edges[0] ?? 0
  return measured <= first ? measured : Math.max(first, measured / tolerance)
}
