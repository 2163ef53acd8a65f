// Ways in which data can be missing. None of them may ever promote by itself, whatever the gate.

import type { Plan } from '../../src/core/rollout/plan.ts'
import { type Random, seededRandom } from '../../src/core/simulate/random.ts'
import { type Run, runRollout, type World } from '../../src/core/simulate/run.ts'
import { stay } from './plans.ts'
import type { Row } from './row.ts'
import { failing, newcomers } from './worlds.ts'

const HOUR_MS = 3_600_000
/** Simulated, for each way, gate and run. */
const LENGTH_MS = 8 * HOUR_MS

type Way = { readonly name: string; readonly make: (random: Random) => World }

const healthy = (random: Random): World =>
  newcomers(
    random,
    120,
    failing(random, () => 0.01),
  )

/** Only the visitors that `keeps` says. */
function only(keeps: (side: 0 | 1, second: number, random: Random) => boolean) {
  return (random: Random): World => {
    const world = healthy(random)
    return (moment) =>
      (world(moment) ?? []).filter(({ side }) => keeps(side, moment.second, random))
  }
}

export const WAYS: readonly Way[] = [
  { name: 'no report ever comes', make: () => () => null },
  { name: 'nobody comes', make: () => () => [] },
  { name: 'too few come: 99 visitors of the canary', make: toFew },
  { name: 'the base is silent', make: only((side) => side === 1) },
  { name: 'the canary is silent', make: only((side) => side === 0) },
  {
    name: 'the canary falls silent after ten minutes',
    make: only((side, second) => side === 0 || second < 600),
  },
  {
    name: 'visitors go on in tabs, and nobody opens a page',
    make: (random) => {
      const world = healthy(random)
      return (moment) => (world(moment) ?? []).map((visit) => ({ ...visit, isAssigned: false }))
    },
  },
  {
    name: 'half of the visitors of the canary get lost (sample ratio)',
    make: only((side, _, random) => side === 0 || random() < 0.5),
  },
]

function toFew(random: Random): World {
  const world = healthy(random)
  let canary = 0
  return (moment) => (world(moment) ?? []).filter(({ side }) => side === 0 || ++canary <= 99)
}

/** One step at 25 % whose gate would open within the hour if all were well. */
function toPlan(gate: 'evidence' | 'time'): Plan {
  const step = { weight: 25, gate, minMs: HOUR_MS, maxMs: null, atMax: 'hold' } as const
  return { ...stay(25), minVisitors: 100, steps: [step] }
}

/** How the time ends for each way, by the gate. */
export function endOf(way: Way, gate: 'evidence' | 'time', seed: number): Run {
  const options = { maxMs: LENGTH_MS, personAdvances: false, endsHeld: false }
  return runRollout(toPlan(gate), way.make(seededRandom(seed)), options)
}

export const NEVER_ROW: Row = {
  property: `nobody comes, too few, a side falls silent, visitors get lost: ${WAYS.length} ways, each for 8 hours`,
  bound: 'never promoted',
  run: ({ seed }) => {
    const ends = WAYS.flatMap((way) => [endOf(way, 'evidence', seed), endOf(way, 'time', seed)])
    const promoted = ends.filter(({ outcome }) => outcome === 'promoted').length
    return { runs: ends.length, judge: `${promoted} promoted`, holds: promoted === 0 }
  },
}
