// What it costs a stranger to have a healthy release taken back: requests that fail on the canary, each
// as a visitor made up for it. Whether a stranger can make requests fail at all is another matter:
// what a client can make at will is no failure (docs/metrics.md).

import { PRESETS } from '../../src/core/rollout/plan.ts'
import type { Random } from '../../src/core/simulate/random.ts'
import type { World } from '../../src/core/simulate/run.ts'
import type { Visit } from '../../src/core/simulate/visit.ts'
import { Copies } from '../../src/metrics/copies.ts'
import { countOf, type Row, runAll, toRuns } from './row.ts'
import { compared, drawHash, fail, failing, isHeld, newcomers, together } from './worlds.ts'

const HOUR_MS = 3_600_000
const FAILURES = [fail()]
/** Operators of the networks that visitors come from; a stranger rents addresses of one more. */
const OPERATORS = 20

type Stranger = {
  readonly addresses: number
  /** Whether all of them belong to one network operator. */
  readonly isRented?: boolean
}

/** So many addresses send one failing visitor each second, in turn, until each has sent its share. */
function attack(random: Random, { addresses, isRented }: Stranger, each: number): World {
  return ({ second }): readonly Visit[] => {
    if (second < 60 || second - 60 >= addresses * each) return []
    const client = 1000 + (second % addresses)
    const operator = isRented ? OPERATORS + 1 : 0
    return [
      { visitor: drawHash(random), side: 1, client, operator, isAssigned: false, met: FAILURES },
    ]
  }
}

/** The same visitors, each with an address of its own and one of the operators. */
function withOperators(world: World): World {
  return (moment) =>
    world(moment)?.map((visit) => {
      const client = 1 + (visit.visitor % 0xff_ff_ff)
      return { ...visit, client, operator: 1 + (visit.visitor % OPERATORS) }
    }) ?? null
}

/** So many addresses each ask once a second for a new route that fails on both versions. */
function attackBoth(random: Random, addresses: number): World {
  const copies = new Copies()
  const honest = compared(random, { both: 0, alone: () => 0.01 }, copies)
  return together(newcomers(random, 1000, honest), ({ second }) =>
    Array.from({ length: second < 60 ? 0 : addresses }, (_, i): Visit => {
      const site = 1000 + i
      const route = `GET /api/${second}/${i}`
      const visit = { visitor: drawHash(random), side: 1, client: site, isAssigned: false } as const
      const held = isHeld(copies, { route, site, isSame: true }, second)
      return held ? visit : { ...visit, met: [fail(route, '500')] }
    }),
  )
}

function asksForWhatFailsOnBoth(addresses: number): Row {
  return {
    property: `the same with ${addresses} addresses that ask once a second for what fails on both versions`,
    before: '3 requests',
    bound: 'takes no release back',
    run: (effort) => {
      const runs = toRuns(effort, 20, 4)
      const make = (random: Random) => attackBoth(random, addresses)
      const ended = runAll(PRESETS.standard, make, { seed: effort.seed, runs, maxMs: HOUR_MS / 2 })
      const back = countOf(ended, 'rolledBack')
      const requests = (addresses * (HOUR_MS / 2)) / 1000
      return {
        runs,
        judge: `${back} of ${runs} taken back by ${requests.toLocaleString('en')} requests`,
        holds: back === 0,
      }
    },
  }
}

/** Requests in all that take a release back in at least half of the runs; `null` for none so many. */
function findCost(stranger: Stranger, seed: number, runs: number): number | null {
  const { addresses } = stranger
  const most = Math.ceil(500 / addresses)
  for (let each = 1; each <= most; each = Math.ceil(each * 1.3)) {
    const make = (random: Random) =>
      together(
        withOperators(
          newcomers(
            random,
            1000,
            failing(random, () => 0.01),
          ),
        ),
        attack(random, stranger, each),
      )
    const ended = runAll(PRESETS.standard, make, { seed, runs, maxMs: HOUR_MS / 2 })
    if (countOf(ended, 'rolledBack') >= runs / 2) return addresses * each
  }
  return null
}

function cost(stranger: Stranger, before: string, least: number | null): Row {
  const { addresses, isRented } = stranger
  const networks = isRented ? 'of one network operator' : 'in networks of their own'
  const who = addresses === 1 ? 'one address' : `${addresses} addresses, ${networks}`
  return {
    property: `a stranger at 1,000 visitors a minute: ${who}`,
    before,
    bound: least === null ? 'takes no release back' : `needs at least ${least} requests`,
    run: (effort) => {
      const runs = toRuns(effort, 20, 4)
      const found = findCost(stranger, effort.seed, runs)
      return {
        runs,
        judge: found === null ? 'none taken back by 500 requests' : `${found} requests`,
        holds: least === null ? found === null : found === null || found >= least,
      }
    },
  }
}

export const ATTACK_ROWS: readonly Row[] = [
  cost({ addresses: 1 }, '3 requests', null),
  cost({ addresses: 2 }, '3 requests', 6),
  cost({ addresses: 3 }, '3 requests', 5),
  cost({ addresses: 5 }, '3 requests', 5),
  cost({ addresses: 500, isRented: true }, '3 requests', null),
  asksForWhatFailsOnBoth(50),
]
