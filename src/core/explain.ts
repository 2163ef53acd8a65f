// The walk of decide.ts with every step it took: for people who ask why.

import { decide, type Step } from './decide.ts'
import type { Assignments, Decision, RequestFacts } from './types.ts'

export type Explanation = { readonly decision: Decision; readonly steps: readonly Step[] }

/** The decision `decide` takes, and how it came to it. */
export function explain(facts: RequestFacts, assignments: Assignments): Explanation {
  const steps: Step[] = []
  const decision = decide(facts, assignments, (step) => steps.push(step))
  return { decision, steps }
}
