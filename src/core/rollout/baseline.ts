// A baseline: the old version once more, started together with the canary and given as many visitors,
// so that cold caches and new instances are the same on both sides. Decides whether it fails by itself:
// the canary must not look good beside a baseline that is broken.

import {
  addToMetric,
  closeBlock,
  type MetricState,
  startMetric,
  toLogWorse,
} from '../judge/metric.ts'
import { BLOCK_MS, type Metric, type SetCounts, type Surroundings } from '../judge/sets.ts'

/** How failures of the baseline compare with those of the base, which has the same build. Plain JSON. */
export type BaselineCheck = {
  /** The present block of time. */
  readonly block: number
  /** In the place of the canary stands the baseline. */
  readonly metric: MetricState
}

/**
 * A baseline is newly started, so that it may fail a little more often than the base without being
 * broken.
 */
const BASELINE_TOLERANCE = 2

const BASELINE_FAILURES: Metric = {
  name: 'errors',
  weight: 1,
  tolerance: BASELINE_TOLERANCE,
  margin: null,
}

/** The check has time: bursts are always bounded, and five independent clients are always needed. */
const AROUND: Surroundings = {
  visitors: [0, Number.POSITIVE_INFINITY],
  block: { atRisk: Number.POSITIVE_INFINITY, isFirst: false },
  present: [],
  isUneven: false,
  crowd: 0,
}

export function startBaselineCheck(): BaselineCheck {
  return { block: 0, metric: startMetric(BASELINE_FAILURES) }
}

/** Adds what a window counted of [base, baseline]. */
export function addToBaselineCheck(
  check: BaselineCheck,
  counts: readonly SetCounts[],
  nowMs: number,
): BaselineCheck {
  const block = Math.floor(nowMs / BLOCK_MS)
  let { metric } = check
  if (block !== check.block) metric = closeBlock(BASELINE_FAILURES, metric, AROUND.block)
  // Blocks without a window lie between: nothing was gained just before.
  if (block !== check.block && block !== check.block + 1) {
    metric = closeBlock(BASELINE_FAILURES, metric, AROUND.block)
  }
  return { block, metric: addToMetric(BASELINE_FAILURES, metric, counts) }
}

/** ln E that more than twice as many visitors of the baseline fail as of the base. */
export function toLogBaselineFails({ metric }: BaselineCheck): number {
  return toLogWorse(BASELINE_FAILURES, metric, AROUND)
}

/** Visitors of [base, baseline] who failed, after the warm-up. */
export function toBaselineFailures({ metric }: BaselineCheck): readonly [number, number] {
  return metric.sets.find(({ route }) => route === '')?.visitors ?? [0, 0]
}
