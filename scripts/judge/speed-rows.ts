// How soon a release for which everything fails is taken back, and how soon a good one is done.

import { PRESETS } from '../../src/core/rollout/plan.ts'
import type { Random } from '../../src/core/simulate/random.ts'
import type { World } from '../../src/core/simulate/run.ts'
import { type Row, runAll, toMean, toRuns, toTime } from './row.ts'
import { bad, DAY_MS } from './world-rows.ts'
import { failing, newcomers } from './worlds.ts'

/** How long after its third visitor a canary that fails for all is taken back. */
function afterThird(perMinute: number): Row {
  return {
    property: `everything fails: from the third visitor of the canary, ${perMinute.toLocaleString('en')} visitors a minute`,
    before: perMinute === 1000 ? '39 to 41 s live' : '',
    bound: 'at most 5 s in at least 97 %',
    run: (effort) => {
      const runs = toRuns(effort, 200)
      const thirds: number[] = []
      const make = (random: Random): World => {
        const world = newcomers(
          random,
          perMinute,
          failing(random, (side) => (side ? 1 : 0.01)),
        )
        const run = thirds.push(Number.NaN) - 1
        let failed = 0
        return (moment) => {
          const visits = world(moment) ?? []
          const before = failed
          failed += visits.filter(({ side }) => side === 1).length
          if (before < 3 && failed >= 3) thirds[run] = moment.second * 1000
          return visits
        }
      }
      const ended = runAll(PRESETS.standard, make, { seed: effort.seed, runs, maxMs: 2 * DAY_MS })
      const waits = ended.map(({ ms }, run) => ms - (thirds[run] ?? Number.NaN))
      const inTime = waits.filter((ms) => ms <= 5000).length
      return {
        runs,
        judge: `${inTime} of ${runs} within 5 s; mean ${toTime(toMean(waits))}, longest ${toTime(Math.max(...waits))}`,
        holds: inTime >= 0.97 * runs,
      }
    },
  }
}

export const SPEED_ROWS: readonly Row[] = [
  bad({
    property: 'everything fails, 10 visitors a minute',
    before: '94 min, 10 harmed',
    make: (random) =>
      newcomers(
        random,
        10,
        failing(random, (side) => (side ? 1 : 0.01)),
      ),
    full: 200,
  }),
  bad({
    property: 'everything fails, 1,000 visitors a minute',
    before: '42 s, 8 harmed',
    make: (random) =>
      newcomers(
        random,
        1000,
        failing(random, (side) => (side ? 1 : 0.01)),
      ),
    full: 200,
  }),
  bad({
    property: 'everything fails, 10,000 visitors a minute',
    before: '30 s, 50 harmed',
    make: (random) =>
      newcomers(
        random,
        10_000,
        failing(random, (side) => (side ? 1 : 0.01)),
      ),
    full: 200,
  }),
  afterThird(10),
  afterThird(100),
  afterThird(1000),
  {
    property: 'a healthy release, 10 visitors a minute, 1 % fail',
    before: 'never promoted',
    bound: 'promoted within a day in at least 95 %',
    run: (effort) => {
      const runs = toRuns(effort, 100)
      const make = (random: Random) =>
        newcomers(
          random,
          10,
          failing(random, () => 0.01),
        )
      const ended = runAll(PRESETS.standard, make, { seed: effort.seed, runs, maxMs: 2 * DAY_MS })
      const inTime = ended.filter(({ outcome, ms }) => outcome === 'promoted' && ms <= DAY_MS)
      const ms = toTime(toMean(ended.map((run) => run.ms)))
      return {
        runs,
        judge: `${inTime.length} of ${runs} within a day, on average after ${ms}`,
        holds: inTime.length >= 0.95 * runs,
      }
    },
  },
]
