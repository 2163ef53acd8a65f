// Proposes a plan for traffic that no preset fits: one that ends within a day, or, with very few visitors, as
// soon as possible. It tries candidates one after the other, the strictest first.

import { DEFAULT_METRICS } from '../../core/rollout/plan.ts'
import { parsePlan } from '../../document/parse-plan.ts'
import type { PlanDocument } from '../../document/plan-schema.ts'
import type { Estimate } from './estimate.ts'
import { type Forecasting, isInTime, tryHealthy } from './forecast.ts'

/** Margins to try: the evidence must show that the new version fails less than so many times as often. */
const MARGINS = [1.5, 2, 3]

/** About how long the first step, with few visitors, and the bake may take. */
const FIRST_MINUTES = 60
const BAKE_MINUTES = 120

/** With half of the visitors on each side, the evidence grows fastest. */
const HALF = 50
const LEAST_WEIGHT = 5

/** Distinct visitors of each side that a step needs; with fewer, the evidence shows almost nothing. */
const VISITORS = 50
const FEW_VISITORS = 20
const FEW_PER_MINUTE = 5

/** If no evidence is possible in time, half of the visitors have the new version for so long. */
const TIMED_MINUTES = 8 * 60

/** The last candidate always ends: it waits for a time and a few visitors, and for no evidence. */
export async function propose(forecasting: Forecasting): Promise<PlanDocument> {
  const { traffic } = forecasting
  for (const margin of MARGINS) {
    const document = toCandidate(traffic, margin)
    const plan = parsePlan(document)
    if (plan.ok && isInTime(await tryHealthy(plan.value, forecasting))) return document
  }
  return toCandidate(traffic, null)
}

/** @param margin `null` for a plan that needs no evidence. */
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

/** The metrics of the presets, with another margin. */
function toMetrics(margin: number): PlanDocument['metrics'] {
  return DEFAULT_METRICS.map(({ name, margin: asked }) =>
    asked === null ? { name } : { name, margin },
  )
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most)
}
