// Worlds in which an earlier judge could not see that a release is bad, or that it is good.

import { judge } from '../../src/core/judge/verdict.ts'
import { PRESETS } from '../../src/core/rollout/plan.ts'
import { toObserved } from '../../src/core/rollout/state.ts'
import type { Random } from '../../src/core/simulate/random.ts'
import type { World } from '../../src/core/simulate/run.ts'
import type { Visit, VisitMet } from '../../src/core/simulate/visit.ts'
import { stay } from './plans.ts'
import { countOf, type Row, runAll, toMean, toRuns, toTime } from './row.ts'
import { bad, DAY_MS, HOUR_MS, type MakeWorld } from './world-rows.ts'
import { drawRegulars, fail, failing, newcomers, returning, together } from './worlds.ts'

const NOISE: VisitMet = fail('GET /api/noise', '500')
const CHECKOUT = [fail('POST /api/checkout'), fail('GET /api/profile')]

function masked(random: Random): World {
  return newcomers(random, 1000, (side) => [
    ...(random() < 0.9 ? [NOISE] : []),
    ...(side === 1 ? CHECKOUT : []),
  ])
}

function office(others: number): MakeWorld {
  return (random) => {
    const people = drawRegulars(random, 500)
    const failures = [fail()]
    const inside = returning(random, people, 5, (_, side) => (side === 1 ? failures : []))
    const world: World = (moment) =>
      (inside(moment) ?? []).map((visit): Visit => ({ ...visit, client: 7 }))
    if (others === 0) return world
    return together(
      world,
      newcomers(random, others, (side) => (side === 1 ? failures : [])),
    )
  }
}

export const SIGHT_ROWS: readonly Row[] = [
  bad({
    property: 'the sample: 0.1 → 0.2 % fail, 10,000 visitors a minute',
    before: 'found in 18 % within 12 h',
    make: (random) =>
      newcomers(
        random,
        10_000,
        failing(random, (side) => (side ? 0.002 : 0.001)),
      ),
    full: 40,
    maxMs: 12 * HOUR_MS,
  }),
  {
    property: 'the sample: 0.1 % fail on both sides, 10,000 visitors a minute',
    before: 'promoted in 42 % within 12 h',
    bound: 'promoted',
    run: (effort) => {
      const runs = toRuns(effort, 40, 4)
      const make = (random: Random) =>
        newcomers(
          random,
          10_000,
          failing(random, () => 0.001),
        )
      const ended = runAll(PRESETS.standard, make, { seed: effort.seed, runs, maxMs: 12 * HOUR_MS })
      const promoted = countOf(ended, 'promoted')
      const ms = toTime(toMean(ended.map((run) => run.ms)))
      return {
        runs,
        judge: `${promoted} of ${runs} promoted, after ${ms}`,
        holds: runs - promoted <= Math.max(1, 0.02 * runs),
      }
    },
  },
  bad({
    property:
      'a mask: a harmless call fails for 90 % on both sides, checkout and profile for all of the canary',
    before: 'promoted in 40 of 40',
    make: masked,
    full: 200,
  }),
  bad(
    {
      property: 'few visitors: 10 an hour, the canary fails for all',
      before: 'never found, in 7 days',
      make: (random) =>
        newcomers(
          random,
          1 / 6,
          failing(random, (side) => (side ? 1 : 0.01)),
        ),
      full: 40,
      maxMs: 14 * DAY_MS,
    },
    0.9,
  ),
  bad({
    property: 'the floor: the canary fails for 1 %, the base for nobody; 600 visitors a minute',
    before: 'promoted in 12 of 20',
    make: (random) =>
      newcomers(
        random,
        600,
        failing(random, (side) => (side ? 0.01 : 0)),
      ),
    full: 100,
  }),
  {
    property:
      'one office: all 500 visitors behind one address, the canary fails for all; canary 1 %',
    before: 'no judgement in 12 h, and no word why',
    bound: 'says why there is no judgement',
    run: (effort) => {
      const runs = toRuns(effort, 40, 5)
      const ended = runAll(PRESETS.standard, office(0), { seed: effort.seed, runs, maxMs: HOUR_MS })
      const said = ended.map(({ state }) =>
        judge(state.plan, toObserved(state)).blind.map(({ kind }) => kind),
      )
      const isSaid = said.filter((kinds) => kinds.includes('crowd')).length
      return {
        runs,
        judge: `${countOf(ended, 'rolledBack')} of ${runs} taken back; ${isSaid} say that the visitors are one address`,
        holds: isSaid + countOf(ended, 'rolledBack') === runs,
      }
    },
  },
  bad({
    property: 'one office, canary 5 %',
    before: 'no judgement in 12 h',
    make: office(0),
    plan: stay(5),
    full: 40,
    maxMs: 12 * HOUR_MS,
  }),
  bad({
    property: 'one office, and 50 visitors a minute from elsewhere',
    before: 'not simulated',
    make: office(50),
    full: 40,
  }),
]
