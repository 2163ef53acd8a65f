// What the parts of a plan must say about one another, so that no gate can never open and no metric
// is asked what it cannot answer.

import type { Plan } from '../core/rollout/plan.ts'
import type { Path } from './validate.ts'

/** Where in the document, and what is wrong there. */
export type Finding = { readonly path: Path; readonly message: string }

/** All that contradicts itself in a complete plan, with the paths of the document. */
export function findContradictions(plan: Plan): readonly Finding[] {
  return [...findInSteps(plan), ...findInMetrics(plan)]
}

function findInSteps({ steps, bake, metrics }: Plan): Finding[] {
  const findings: Finding[] = []
  const last = 100 - bake.heldBack
  for (const [i, { weight, gate, minMs, maxMs }] of steps.entries()) {
    const say = (field: string, message: string) =>
      findings.push({ path: ['steps', i, field], message })
    const before = steps[i - 1]?.weight ?? -1
    if (weight <= before) say('weight', `weights grow: this one is not above ${before}`)
    if (weight > last) {
      say(
        'weight',
        `the bake holds ${bake.heldBack} % back, so that no step has more than ${last} %`,
      )
    }
    if (weight === 0 && gate !== 'manual') {
      say('gate', 'with 0 % there are no data to go by: make it "manual", or the weight larger')
    }
    if (maxMs !== null && maxMs < minMs) say('maxMinutes', 'this is less than minMinutes')
    if (gate === 'evidence' && metrics.every(({ margin }) => margin === null)) {
      say('gate', 'evidence of what? Give a metric a "margin", such as 1.5')
    }
  }
  return findings
}

function findInMetrics({ metrics }: Plan): Finding[] {
  const findings: Finding[] = []
  for (const [i, { name, edges, margin }] of metrics.entries()) {
    const say = (field: string, message: string) =>
      findings.push({ path: ['metrics', i, field], message })
    if (metrics.findIndex((metric) => metric.name === name) < i) {
      say('name', 'there is another metric of this name')
    }
    if (edges?.some((edge, place) => edge <= (edges[place - 1] ?? 0))) {
      say('edges', 'edges grow, and none comes twice')
    }
    const edge = margin?.edge ?? null
    if (edges && margin && (edge === null || !edges.includes(edge))) {
      say('marginEdge', `say at which edge the margin is asked for: one of ${edges.join(', ')}`)
    }
    if (!edges && edge !== null) say('marginEdge', 'a metric without edges is asked at none')
  }
  return findings
}
