// Worlds in which nothing is wrong with the release, and an earlier judge took it back.

import { PRESETS } from '../../src/core/rollout/plan.ts'
import type { Random } from '../../src/core/simulate/random.ts'
import type { World } from '../../src/core/simulate/run.ts'
import type { Visit } from '../../src/core/simulate/visit.ts'
import type { Row } from './row.ts'
import { DAY_MS, HOUR_MS, healthy, type MakeWorld } from './world-rows.ts'
import {
  drawRegulars,
  failing,
  hourlyIncidents,
  newcomers,
  scatter,
  sinceStep,
  together,
  unreachable,
  wait,
} from './worlds.ts'

function core(tabs: number): MakeWorld {
  return (random) => {
    const open = drawRegulars(random, tabs)
    const polls: World = ({ second, share }) =>
      second % 10 === 0
        ? open.map(
            ({ visitor, bucket }): Visit => ({
              visitor,
              side: bucket < share ? 1 : 0,
              isAssigned: false,
            }),
          )
        : []
    return together(
      polls,
      newcomers(
        random,
        120,
        failing(random, () => 0.03),
      ),
    )
  }
}

/** The same code, 1.3 times slower and with failing connections for three minutes after a step. */
function cold(random: Random): World {
  const since = sinceStep()
  return newcomers(random, 600, (side, second, share) => {
    const isCold = side === 1 && since(second, share) < 110
    const refused = isCold && random() < 0.02 ? [unreachable()] : []
    return [...refused, ...wait(side, scatter(random, isCold ? 260 : 200))]
  })
}

function slower(median: number): MakeWorld {
  return (random) =>
    newcomers(random, 600, (side) => wait(side, scatter(random, side === 1 ? median : 200)))
}

export const CALM_ROWS: readonly Row[] = [
  healthy({
    property: 'a core: 30 open tabs that never fail, 120 newcomers a minute of whom 3 % do',
    before: 'taken back in 16 %',
    make: core(30),
    full: 300,
    maxMs: 4 * HOUR_MS,
  }),
  healthy({
    property: 'a core: 100 open tabs',
    before: 'taken back in 27 %',
    make: core(100),
    full: 300,
    maxMs: 4 * HOUR_MS,
  }),
  healthy({
    property: 'cold: 1.3 times slower and 2 % refused connections for two minutes after each step',
    before: 'taken back in 100 %',
    make: cold,
    full: 100,
    maxMs: 6 * HOUR_MS,
  }),
  healthy({
    property: 'nobody can notice: 200 → 204 ms, `standard`',
    before: 'taken back in 19 %',
    make: slower(204),
    full: 100,
    maxMs: 6 * HOUR_MS,
  }),
  healthy({
    property: 'nobody can notice: 200 → 204 ms, `careful`',
    before: 'taken back in 71 %',
    make: slower(204),
    plan: PRESETS.careful,
    full: 10,
    maxMs: 2 * DAY_MS,
  }),
  healthy(
    {
      property:
        'bursts: each side by itself, once an hour, 20 % fail for 30 s; 1,000 visitors a minute',
      before: 'taken back in 31 %',
      make: (random) =>
        newcomers(
          random,
          1000,
          failing(random, hourlyIncidents([random() * 3600, random() * 3600])),
        ),
      full: 300,
    },
    0.02,
  ),
  healthy(
    {
      property: "bursts: the canary's 60 s before the base's",
      before: 'taken back in 36 %',
      make: (random) => {
        const offset = random() * 3600
        return newcomers(random, 1000, failing(random, hourlyIncidents([offset, offset - 60])))
      },
      full: 300,
    },
    0.02,
  ),
  healthy(
    {
      property: 'bursts at 10,000 visitors a minute, in the first three minutes of a release',
      before: 'not simulated',
      make: (random) =>
        newcomers(
          random,
          10_000,
          failing(random, hourlyIncidents([random() * 3600, random() * 3600])),
        ),
      full: 2000,
      maxMs: 180_000,
    },
    0.02,
  ),
  healthy(
    {
      property: 'bursts: each side by itself, once an hour, all wait for 2 s in 30 s',
      before: 'taken back in 38 %, when it bounded no burst that meets half of the visitors',
      make: (random) => {
        const during = hourlyIncidents([random() * 3600, random() * 3600], 2000, 200)
        return newcomers(random, 1000, (side, second) =>
          wait(side, scatter(random, during(side, second))),
        )
      },
      full: 200,
      maxMs: 6 * HOUR_MS,
    },
    0.02,
  ),
]
