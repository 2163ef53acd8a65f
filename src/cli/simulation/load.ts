// Makes the load that the simulator takes from the rates that were given, and adds given rates to a recorded
// load.

import type { Metric } from '../../core/judge/sets.ts'
import type { Load, SideModel } from '../../core/simulate/traffic.ts'
import type { Pair } from './sides.ts'

/** The metrics that have options of their own. */
export const ERRORS = 'errors'
export const LATENCY = 'latency'

/** The standard deviation of the logarithm of times to first byte: the 99th percentile is four times the median. */
export const DEFAULT_SPREAD = 0.6

export type Supposed = {
  readonly visitorsPerMinute: number
  /** Shares of visitors who meet a failure. */
  readonly errorRate: Pair
  /** Medians of the time to first byte, in ms; `undefined` if there are no services. */
  readonly latencyMs: Pair | undefined
}

/** Shares of visitors who meet a metric without edges, by its name. */
export type Shares = Readonly<Record<string, Pair>>

export function toLoad({ visitorsPerMinute, errorRate, latencyMs }: Supposed): Load {
  return {
    visitorsPerMinute,
    metrics: {
      [ERRORS]: both(errorRate, toRate),
      ...(latencyMs
        ? { [LATENCY]: both(latencyMs, (median) => ({ median, spread: DEFAULT_SPREAD })) }
        : {}),
    },
  }
}

/** Adds the shares of other metrics to a load. */
export function addShares(load: Load, shares: Shares): Load {
  const added = Object.entries(shares).map(([name, pair]) => [name, both(pair, toRate)])
  return { ...load, metrics: { ...load.metrics, ...Object.fromEntries(added) } }
}

/** Metrics of the plan that no simulated visitor meets, because no rate was given. */
export function findUnsupposed(metrics: readonly Metric[], load: Load): readonly Metric[] {
  return metrics.filter(({ name }) => !Object.hasOwn(load.metrics, name))
}

function both({ control, canary }: Pair, to: (value: number) => SideModel) {
  return { base: to(control), canary: to(canary) }
}

function toRate(rate: number): SideModel {
  return { rate }
}
