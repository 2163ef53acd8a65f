// Two versions that are alike, where whoever meets a failure meets it at the beginning of a visit, and
// tabs stay open over the steps. After each step the base keeps tabs that have shown that they work.

import { expect, it } from 'vitest'
import { ramp } from '../../../scripts/judge/plans.ts'
import { fail, openTabs } from '../../../scripts/judge/worlds.ts'
import { DEFAULT_METRICS } from '../../../src/core/rollout/plan.ts'
import { seededRandom } from '../../../src/core/simulate/random.ts'
import { runRollout } from '../../../src/core/simulate/run.ts'

const MINUTE_MS = 60_000
const PLAN = ramp([1, 5, 25, 95], 10 * MINUTE_MS, DEFAULT_METRICS)
const RUNS = 6

it('takes no release back because tabs from before a step have shown that they work', () => {
  const back = Array.from({ length: RUNS }, (_, seed) => {
    const random = seededRandom(seed)
    const world = openTabs(random, {
      perMinute: 120,
      opensForSeconds: 300,
      pollsEachSeconds: 30,
      opens: () => (random() < 0.03 ? [fail()] : []),
      polls: () => (random() < 0.1 ? [{ metric: 'asks' }] : []),
    })
    const options = { maxMs: 40 * MINUTE_MS, personAdvances: false, endsHeld: false }
    return runRollout(PLAN, world, options).outcome
  })
  expect(back.filter((outcome) => outcome === 'rolledBack')).toEqual([])
})
