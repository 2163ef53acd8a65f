// Whether there is enough to go by: silence, on either side or of a metric, never opens a gate.

import type { Counts } from '../judge/counts.ts'
import type { Metric } from '../judge/metric.ts'
import type { Plan } from './plan.ts'

/** Data older than this, in observed time, are no sign that both sides are still alive. */
const FRESH_MS = 5 * 60_000

/** What one step has seen of one metric. */
export type MetricData = {
  /** Visits that were counted, summed over windows, each side. */
  readonly control: number
  readonly canary: number
  /** Observed time since a window with visits on both sides (on the canary's, when it has all). */
  readonly silentMs: number
  /** What its latest window said instead of counts. */
  readonly error: string | null
}

/** What one step has seen. Plain JSON. */
export type StepData = {
  /** Distinct visitors, decided by their bucket: [control, canary]. */
  readonly visitors: readonly [control: number, canary: number]
  /** In the order of the plan's metrics. */
  readonly metrics: readonly MetricData[]
}

export function noData({ metrics }: Pick<Plan, 'metrics'>): StepData {
  return {
    visitors: [0, 0],
    metrics: metrics.map(() => ({ control: 0, canary: 0, silentMs: 0, error: null })),
  }
}

/** Adds one window of a metric. */
export function addData(
  data: MetricData,
  counts: readonly Counts[],
  hasControl: boolean,
): MetricData {
  const control = Math.max(...counts.map(([visitors]) => visitors))
  const canary = Math.max(...counts.map(([, , visitors]) => visitors))
  const speaks = canary > 0 && (control > 0 || !hasControl)
  return {
    control: data.control + control,
    canary: data.canary + canary,
    silentMs: speaks ? 0 : data.silentMs,
    error: null,
  }
}

/** What is missing, in words, before a step may be left by itself; `null` when nothing is. */
export function findMissing(plan: Plan, data: StepData, weight: number): string | null {
  const needed = Math.max(1, plan.minVisitors)
  const hasControl = weight < 100
  const [control, canary] = data.visitors
  if (canary < needed) return `${canary} visitors of the canary, and ${needed} are needed`
  if (hasControl && control < needed) {
    return `${control} visitors of the control, and ${needed} are needed`
  }
  for (const [i, metric] of plan.metrics.entries()) {
    const missing = findMissingOf(metric, data.metrics[i], needed, hasControl)
    if (missing) return `${metric.name}: ${missing}`
  }
  return null
}

function findMissingOf(
  { required }: Metric,
  data: MetricData | undefined,
  needed: number,
  hasControl: boolean,
): string | null {
  if (!data) return 'no data'
  if (data.error !== null) return data.error
  if (!required) return null
  if (data.canary < needed) return `${data.canary} visits of the canary, and ${needed} are needed`
  if (hasControl && data.control < needed) {
    return `${data.control} visits of the control, and ${needed} are needed`
  }
  if (data.silentMs <= FRESH_MS) return null
  return `no data of ${hasControl ? 'both sides' : 'the canary'} for ${Math.round(data.silentMs / 60_000)} minutes`
}
