import { expect, it } from 'vitest'
import { PRESETS } from '../../src/core/rollout/plan.ts'
import { findUncounted, parsePlan } from '../../src/document/parse-plan.ts'

function problemsOf(metrics: readonly object[]) {
  const plan = parsePlan({ preset: 'instant', metrics })
  if (!plan.ok) throw new Error('no plan')
  return findUncounted(plan.value)
}

it.each(Object.entries(PRESETS))('everything is counted that %s names', (_, preset) => {
  expect(findUncounted(preset)).toEqual([])
})

it('names each metric that nothing counts, and each that is counted another way', () => {
  const edges = [100, 200]
  expect(
    problemsOf([
      { name: 'errors', edges },
      { name: 'latency', edges },
      { name: 'checkout', required: false },
    ]),
  ).toEqual([
    {
      path: 'metrics[0].edges',
      message: '"errors" is counted as yes or no, and no other way: leave "edges" out',
    },
    {
      path: 'metrics[1].edges',
      message:
        '"latency" is counted at 50, 100, 200, 300, 500, 1000, 2000, 5000, and no other way: leave "edges" out',
    },
    {
      path: 'metrics[2].name',
      message:
        'nothing counts "checkout", so that there would never be data of it: leave it out; counted are errors and latency',
    },
  ])
})
