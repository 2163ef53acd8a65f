// Proposes a plan for traffic that no preset fits: one that ends within a day, or as soon as so few
// visitors allow. Candidates are tried one after the other, the strictest first.

import { DEFAULT_METRICS } from '../../core/rollout/plan.ts'
import { parsePlan } from '../../document/parse-plan.ts'
import type { PlanDocument } from '../../document/plan-schema.ts'
import type { Estimate } from './estimate.ts'
import { type Forecasting, isInTime, tryHealthy } from './forecast.ts'

/** How many times as many visitors may meet a failure, for what is shown before everybody gets it. */
const MARGINS = [1.5, 2, 3]

/** The first step, with few visitors, takes about so long; so does the wait for those held back. */
const FIRST_MINUTES = 60
const BAKE_MINUTES = 120

/** With half of the visitors each side learns most. */
const HALF = 50
const LEAST_WEIGHT = 5

/** Distinct visitors of each side: fewer show next to nothing. */
const VISITORS = 50
const FEW_VISITORS = 20
const FEW_PER_MINUTE = 5

/** Where nothing can be shown in time, half of the visitors have it for so long. */
const TIMED_MINUTES = 8 * 60

/** The last one ends in any case: it waits for time and a few visitors alone. */
export async function propose(forecasting: Forecasting): Promise<PlanDocument> {
  const { traffic } = forecasting
  for (const margin of MARGINS) {
    const document = toCandidate(traffic, margin)
    const plan = parsePlan(document)
    if (plan.ok && isInTime(await tryHealthy(plan.value, forecasting))) return document
  }
  return toCandidate(traffic, null)
}

/** @param margin `null` for a plan that nothing has to be shown for. */
export function toCandidate(
  { visitorsPerMinute }: Pick<Estimate, 'visitorsPerMinute'>,
  margin: number | null,
): PlanDocument {
  const minVisitors = visitorsPerMinute < FEW_PER_MINUTE ? FEW_VISITORS : VISITORS
  const toWeight = (minutes: number) =>
    clamp(Math.ceil((100 * minVisitors) / (visitorsPerMinute * minutes)), LEAST_WEIGHT, HALF)
  const weight = toWeight(FIRST_MINUTES)
  const first = { weight, gate: 'time' as const, minMinutes: FIRST_MINUTES / 2 }
  const half =
    margin === null
      ? { weight: HALF, gate: 'time' as const, minMinutes: TIMED_MINUTES }
      : { weight: HALF, gate: 'evidence' as const, minMinutes: 60 }
  return {
    preset: 'standard',
    steps: weight < HALF ? [first, half] : [half],
    bake: { minutes: BAKE_MINUTES / 2, heldBack: toWeight(BAKE_MINUTES) },
    minVisitors,
    ...(margin === null ? {} : { metrics: toMetrics(margin) }),
  }
}

/** All that the presets judge, with another margin of failures. */
function toMetrics(margin: number): PlanDocument['metrics'] {
  return DEFAULT_METRICS.map(({ name, margin: asked }) =>
    asked === null ? { name } : { name, margin },
  )
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most)
}
