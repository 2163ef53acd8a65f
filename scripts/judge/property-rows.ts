// What must hold of the judge whatever the world: false alarms, detection, promotion. All metrics that
// a plan judges by default are on.

import { DEFAULT_METRICS, type Plan } from '../../src/core/rollout/plan.ts'
import type { Random } from '../../src/core/simulate/random.ts'
import type { World } from '../../src/core/simulate/run.ts'
import type { VisitMet } from '../../src/core/simulate/visit.ts'
import { promoteOnEvidence, ramp, stay } from './plans.ts'
import {
  countOf,
  isWithin,
  type Row,
  runAll,
  toCount,
  toMean,
  toNinth,
  toRuns,
  toShare,
} from './row.ts'
import { toFoundText } from './world-rows.ts'
import {
  compared,
  drawRegulars,
  fail,
  failing,
  newcomers,
  openTabs,
  returning,
  type Side,
  scatter,
  wait,
} from './worlds.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const LOOKS_MS = 2000 * 10_000
const EIGHT_STEPS = [5, 10, 20, 30, 40, 50, 60, 75]
const FIVE_STEPS = [5, 10, 20, 35, 50]

const ASKED: VisitMet = { metric: 'asks', level: 1 }

/** A visitor of either side: it may fail, it waits for a service, and most ask one. */
function alike(random: Random, rate: (second: number) => number) {
  const failures = [fail()]
  return (_: Side, second: number): readonly VisitMet[] => [
    ...(random() < rate(second) ? failures : []),
    // No tolerance is given, so that both sides are alike.
    ...wait(0, scatter(random, 200)),
    ...(random() < 0.8 ? [ASKED] : []),
  ]
}

function falseAlarms(
  property: string,
  plan: Plan,
  make: (random: Random) => World,
  full: number,
  maxMs: number,
  least = 20,
): Row {
  return {
    property,
    bound: 'taken back in at most 1 %',
    run: (effort) => {
      const runs = toRuns(effort, full, least)
      const back = countOf(runAll(plan, make, { seed: effort.seed, runs, maxMs }), 'rolledBack')
      return { runs, judge: toShare(back, runs), holds: isWithin(back, runs) }
    },
  }
}

/** Visitors of both sides until the release is taken back. */
function detection(
  property: string,
  weight: number,
  p90: number | null,
  full: number,
  make: (random: Random) => World,
  plan: Plan = stay(weight, DEFAULT_METRICS),
): Row {
  return {
    property,
    bound:
      p90 === null
        ? 'found; the visitors that it takes are told'
        : `90 % within ${toCount(p90)} visitors`,
    run: (effort) => {
      const runs = toRuns(effort, full)
      const ended = runAll(plan, make, { seed: effort.seed, runs, maxMs: 12 * HOUR_MS })
      const visitors = ended.map((run) =>
        run.outcome === 'rolledBack' ? run.visitors[0] + run.visitors[1] : Number.POSITIVE_INFINITY,
      )
      const ninth = toNinth(visitors)
      return {
        runs,
        judge: `${toFoundText(ended)}; 90 % within ${toCount(ninth)} visitors`,
        holds: p90 === null ? countOf(ended, 'rolledBack') === runs : ninth <= p90 * 1.1,
      }
    },
  }
}

/** Rollouts that promote on evidence, in which the two sides fail at these rates. */
function runPromotions(
  weight: number,
  rates: readonly [number, number],
  options: Parameters<typeof runAll>[2],
) {
  const make = (random: Random) =>
    newcomers(
      random,
      600,
      failing(random, (side) => rates[side]),
    )
  return runAll(promoteOnEvidence(weight), make, options)
}

function promotion(property: string, weight: number, rates: readonly [number, number]): Row {
  return {
    property,
    bound: 'promoted; the visitors that it takes are told',
    run: (effort) => {
      const runs = toRuns(effort, 200)
      const ended = runPromotions(weight, rates, { seed: effort.seed, runs, maxMs: 12 * HOUR_MS })
      const right = ended.filter(({ outcome }) => outcome === 'promoted')
      const visitors = right.map((run) => run.visitors[0] + run.visitors[1])
      const back = countOf(ended, 'rolledBack')
      return {
        runs,
        judge: `${right.length} of ${runs} promoted, mean ${toCount(toMean(visitors))} visitors, 90 % within ${toCount(toNinth(visitors))}; ${back} taken back`,
        holds: right.length >= 0.97 * runs && isWithin(back, runs),
      }
    },
  }
}

/** Nothing may be promoted on evidence at the very margin. */
function margin(property: string, weight: number, rates: readonly [number, number]): Row {
  return {
    property,
    bound: 'promoted on evidence in at most 1 %',
    run: (effort) => {
      const runs = toRuns(effort, 400)
      const ended = runPromotions(weight, rates, { seed: effort.seed, runs, maxMs: LOOKS_MS })
      const wrong = countOf(ended, 'promoted')
      return { runs, judge: toShare(wrong, runs), holds: isWithin(wrong, runs) }
    },
  }
}

const ONE_PERCENT = () => 0.01
const ALL = DEFAULT_METRICS

export const PROPERTY_ROWS: readonly Row[] = [
  falseAlarms(
    'same version on both sides, 1 % fail, 2,000 looks, canary 50 %',
    stay(50, ALL),
    (random) => newcomers(random, 120, alike(random, ONE_PERCENT)),
    200,
    LOOKS_MS,
  ),
  falseAlarms(
    'the same, canary 5 %',
    stay(5, ALL),
    (random) => newcomers(random, 120, alike(random, ONE_PERCENT)),
    200,
    LOOKS_MS,
  ),
  falseAlarms(
    'same version, canary grows from 5 to 50 % while failures grow from 0.5 to 3 %',
    ramp(FIVE_STEPS, 12 * MINUTE_MS, ALL),
    (random) =>
      newcomers(
        random,
        120,
        alike(random, (second) => 0.005 + (0.025 * second) / 3600),
      ),
    300,
    HOUR_MS,
  ),
  falseAlarms(
    'an incident of five minutes hits both sides: 20 % fail',
    ramp(FIVE_STEPS, 12 * MINUTE_MS, ALL),
    (random) =>
      newcomers(
        random,
        120,
        alike(random, (second) => (second >= 1000 && second < 1300 ? 0.2 : 0.01)),
      ),
    300,
    HOUR_MS,
  ),
  falseAlarms(
    'same version, 5 % of the visitors always fail, they come again and again, 8 steps',
    ramp(EIGHT_STEPS, 8 * MINUTE_MS, ALL),
    (random) => {
      const failures = [fail()]
      const of = drawRegulars(random, 3000)
      return returning(random, of, 15, ({ trait }) => (trait < 0.05 ? failures : []))
    },
    300,
    HOUR_MS,
  ),
  falseAlarms(
    'latency, same version, a tenth of visitors always slow, one hour',
    stay(50, ALL),
    (random) =>
      returning(random, drawRegulars(random, 1500), 8, ({ trait }) =>
        wait(0, scatter(random, trait < 0.1 ? 1000 : 200, 0.4)),
      ),
    300,
    HOUR_MS,
  ),
  falseAlarms(
    'same version, tabs stay open for ten minutes over 8 steps and poll: failures, latency and calls of services',
    ramp(EIGHT_STEPS, 8 * MINUTE_MS, ALL),
    (random) =>
      openTabs(random, {
        perMinute: 200,
        opensForSeconds: 600,
        pollsEachSeconds: 30,
        opens: (_, second) =>
          alike(random, () => 0.03)(0, second).filter(({ metric }) => metric !== 'asks'),
        polls: () => [
          ...wait(0, scatter(random, 200)),
          ...(random() < 0.02 ? [fail()] : []),
          ...(random() < 0.5 ? [ASKED] : []),
        ],
      }),
    200,
    HOUR_MS,
  ),
  falseAlarms(
    'same version, 5,000 visitors who come back on later days, each step a day, 2 % fail at a visit',
    ramp([1, 5, 25, 50], 24 * HOUR_MS, ALL),
    (random) =>
      returning(random, drawRegulars(random, 5000), 1 / 12, (_, side, second) =>
        alike(random, () => 0.02)(side, second),
      ),
    100,
    96 * HOUR_MS,
    6,
  ),
  falseAlarms(
    'same version, 10 % fail on both sides and 10 % by chance; more fail than the other version is asked about',
    ramp(FIVE_STEPS, 12 * MINUTE_MS, ALL),
    (random) => {
      const meets = compared(random, { both: 0.1, alone: () => 0.1 })
      const others = alike(random, () => 0)
      return newcomers(random, 1000, (side, second, share) => [
        ...meets(side, second, share),
        ...others(side, second),
      ])
    },
    100,
    HOUR_MS,
    6,
  ),
  detection(
    '20 % fail on both sides, 2 % on the canary alone, canary 5 %; the other version is asked',
    5,
    null,
    100,
    (random) =>
      newcomers(random, 600, compared(random, { both: 0.2, alone: (side) => (side ? 0.02 : 0) })),
  ),
  detection(
    '1 % → 2 % fail, canary 50 %, failures judged alone',
    50,
    13_500,
    200,
    (random) =>
      newcomers(
        random,
        600,
        failing(random, (side) => (side ? 0.02 : 0.01)),
      ),
    stay(50),
  ),
  detection(
    '1 % → 2 % fail, canary 5 %, failures judged alone',
    5,
    75_000,
    200,
    (random) =>
      newcomers(
        random,
        600,
        failing(random, (side) => (side ? 0.02 : 0.01)),
      ),
    stay(5),
  ),
  detection('1 % → 2 % fail, canary 5 %, all metrics judged', 5, null, 200, (random) =>
    newcomers(
      random,
      600,
      failing(random, (side) => (side ? 0.02 : 0.01)),
    ),
  ),
  detection('latency, median 25 % higher (200 → 250 ms), canary 50 %', 50, null, 100, (random) =>
    newcomers(random, 600, (side) => wait(side, scatter(random, side ? 250 : 200))),
  ),
  detection('latency, median 300 ms higher (200 → 500 ms), canary 50 %', 50, null, 100, (random) =>
    newcomers(random, 600, (side) => wait(side, scatter(random, side ? 500 : 200))),
  ),
  detection(
    'a blank page: 80 % ask a service on the base, nobody on the canary, canary 5 %',
    5,
    null,
    100,
    (random) => newcomers(random, 600, (side) => (side === 0 && random() < 0.8 ? [ASKED] : [])),
  ),
  margin(
    'the canary fails exactly 1.5 times as often (the margin), canary 50 %',
    50,
    [0.01, 0.015],
  ),
  margin(
    'the canary fails for 0.2 % (the floor), five times as often as the base, canary 25 %',
    25,
    [0.0004, 0.002],
  ),
  promotion('same version, 1 % fail, canary 50 %, gate of evidence (margin 1.5)', 50, [0.01, 0.01]),
  promotion('nobody fails on either side, canary 25 %, gate of evidence (floor 0.2 %)', 25, [0, 0]),
]
