// Which metrics of a plan are counted in a rollout. A plan may name others for whoever tries it out, but
// one that a rollout waits for would hold it for ever.

import { ERRORS, LATENCY, type Plan } from '../core/rollout/plan.ts'

/** By their names, with the edges that they are counted at. */
const COUNTED = [ERRORS, LATENCY]

/** What is wrong with a metric for a rollout, where in the plan, and how to mend it. */
export type Uncounted = { readonly path: string; readonly message: string }

/** The metrics of which a rollout would never have data. */
export function findUncounted({ metrics }: Pick<Plan, 'metrics'>): readonly Uncounted[] {
  const names = COUNTED.map(({ name }) => name).join(' and ')
  return metrics.flatMap(({ name, edges }, i): Uncounted[] => {
    const counted = COUNTED.find((metric) => metric.name === name)
    if (!counted) {
      const message = `nothing counts "${name}", so that there would never be data of it: leave it out; counted are ${names}`
      return [{ path: `metrics[${i}].name`, message }]
    }
    if (String(edges) === String(counted.edges)) return []
    const how = counted.edges ? `at ${counted.edges.join(', ')}` : 'as yes or no'
    const message = `"${name}" is counted ${how}, and no other way: leave "edges" out`
    return [{ path: `metrics[${i}].edges`, message }]
  })
}
