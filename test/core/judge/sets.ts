// Sets of visitors as a window counts them, written shortly.

import {
  addToMetric,
  closeBlock,
  type MetricState,
  startMetric,
} from '../../../src/core/judge/metric.ts'
import type { Metric, SetCounts, Surroundings } from '../../../src/core/judge/sets.ts'

/** Each visitor is a client of its own. */
export function toSet(base: number, canary: number, more: Partial<SetCounts> = {}): SetCounts {
  return {
    metric: 'errors',
    edge: 0,
    route: '',
    share: 0.5,
    visitors: [base, canary],
    weights: [base, canary],
    codes: {},
    warmUp: false,
    ...more,
  }
}

/** The same visitors as one of all routes and as one of their own route. */
export function onRoute(
  route: string,
  base: number,
  canary: number,
  more: Partial<SetCounts> = {},
): readonly SetCounts[] {
  return [toSet(base, canary, more), toSet(base, canary, { ...more, route })]
}

/** As many visitors on each side as there can be, in a block of which nobody was seen. */
export const AROUND: Surroundings = {
  visitors: [100_000, 100_000],
  block: { atRisk: 100_000, isFirst: false },
  present: [],
  isUneven: false,
  crowd: 0,
}

/** Counts in blocks of time that are far apart, so that no hiccup is bounded. */
export function collect(metric: Metric, ...blocks: readonly (readonly SetCounts[])[]): MetricState {
  const close = (state: MetricState) => closeBlock(metric, state, { atRisk: 0, isFirst: false })
  return blocks.reduce(
    (state, counts) => close(close(addToMetric(metric, state, counts))),
    startMetric(metric),
  )
}
