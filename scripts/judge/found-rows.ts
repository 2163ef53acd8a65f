// Worlds in which the judge before this one was wrong. Each row has what that one did.

import { judge } from '../../src/core/judge/verdict.ts'
import { type Plan, PRESETS } from '../../src/core/rollout/plan.ts'
import { toObserved } from '../../src/core/rollout/state.ts'
import type { Random } from '../../src/core/simulate/random.ts'
import type { Run, Visit, VisitMet, World } from '../../src/core/simulate/run.ts'
import { stay } from './plans.ts'
import {
  countOf,
  type Effort,
  type Finding,
  isWithin,
  type Row,
  runAll,
  toCount,
  toMean,
  toRuns,
  toShare,
  toTime,
} from './row.ts'
import {
  drawRegulars,
  fail,
  failing,
  hourlyIncidents,
  newcomers,
  returning,
  scatter,
  sinceStep,
  together,
  unreachable,
  wait,
} from './worlds.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

type World1 = (random: Random) => World

type Case = {
  readonly property: string
  readonly before: string
  readonly make: World1
  readonly plan?: Plan
  readonly full: number
  readonly maxMs?: number
}

/** Nothing is wrong with the release: it is taken back in at most `bound` of the runs. */
function healthy(one: Case, bound = 0.01): Row {
  const { property, before, make, plan = PRESETS.standard, full, maxMs = DAY_MS } = one
  return {
    property,
    before,
    bound: `taken back in at most ${bound * 100} %`,
    run: (effort): Finding => {
      const runs = toRuns(effort, full)
      const ended = runAll(plan, make, { seed: effort.seed, runs, maxMs })
      const back = countOf(ended, 'rolledBack')
      const promoted = ended.filter(({ outcome }) => outcome === 'promoted')
      const after =
        promoted.length === 0
          ? ''
          : `, promoted after ${toTime(toMean(promoted.map(({ ms }) => ms)))}`
      return {
        runs,
        judge: `taken back in ${toShare(back, runs)}; ${promoted.length} promoted${after}`,
        holds: isWithin(back, runs, bound),
      }
    },
  }
}

/** The release is bad: it is taken back in all runs. */
function bad(one: Case, least = 1): Row {
  const { property, before, make, plan = PRESETS.standard, full, maxMs = DAY_MS } = one
  return {
    property,
    before,
    bound: least === 1 ? 'taken back' : `taken back in at least ${least * 100} %`,
    run: (effort: Effort) => {
      const runs = toRuns(effort, full)
      const ended = runAll(plan, make, { seed: effort.seed, runs, maxMs })
      const back = countOf(ended, 'rolledBack')
      return { runs, judge: toFoundText(ended), holds: back >= least * runs }
    },
  }
}

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

/** How many were taken back, how fast, and how many visitors had been harmed. */
export function toFoundText(ended: readonly Run[]): string {
  const back = ended.filter(({ outcome }) => outcome === 'rolledBack')
  const ms = toTime(toMean(back.map((run) => run.ms)))
  const harmed = toCount(toMean(back.map((run) => run.harmed)))
  const visitors = toCount(toMean(back.map((run) => run.visitors[0] + run.visitors[1])))
  if (back.length === 0) return `none of ${ended.length} taken back`
  return `${back.length} of ${ended.length} taken back, after ${ms}, ${visitors} visitors and ${harmed} harmed`
}

const NOISE: VisitMet = fail('GET /api/noise', '500')
const CHECKOUT = [fail('POST /api/checkout'), fail('GET /api/profile')]

function masked(random: Random): World {
  return newcomers(random, 1000, (side) => [
    ...(random() < 0.9 ? [NOISE] : []),
    ...(side === 1 ? CHECKOUT : []),
  ])
}

function core(tabs: number): World1 {
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

function slower(median: number): World1 {
  return (random) =>
    newcomers(random, 600, (side) => wait(side, scatter(random, side === 1 ? median : 200)))
}

function office(others: number): World1 {
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

export const FOUND_ROWS: readonly Row[] = [
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
