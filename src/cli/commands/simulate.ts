// `holo simulate`: what a plan would do to a release, with the engine that does it in production.
// Needs no network.

import { setImmediate as letOthers } from 'node:timers/promises'
import { InvalidArgumentError } from 'commander'
import type { Plan } from '../../core/rollout/plan.ts'
import { seededRandom } from '../../core/simulate/random.ts'
import {
  type RunResult,
  type Simulation,
  type Supposition,
  simulateRun,
  toSimulation,
} from '../../core/simulate/simulate.ts'
import { simulateOutput } from '../../wire/simulation.ts'
import { type Context, command, type SharedOptions } from '../command.ts'
import { collect, parseWhole } from '../options.ts'
import { loadPlan } from '../plan.ts'
import { toSimulatedLines } from '../simulation/lines.ts'
import { type Supposed, type SupposedOptions, suppose } from '../simulation/suppose.ts'

const DAY_MS = 86_400_000
const DEFAULT_RUNS = 50
const DEFAULT_DAYS = 7
/** More runs take long and change the result little. */
const MOST_RUNS = 100_000

type SimulateOptions = SharedOptions &
  SupposedOptions & {
    readonly runs?: number
    readonly seed?: number
    readonly days?: number
    readonly advance?: boolean
  }

export const SIMULATE = command({
  name: 'simulate',
  about: 'Says what a plan of a rollout would do to a release, by trying it on made-up traffic.',
  scope: 'none',
  arguments: [
    { name: '<plan>', about: 'a name of "rollouts" in holo.json, a preset, or a file (JSON)' },
  ],
  options: [
    {
      flags: '--error-rate <side=share...>',
      about: 'visitors who meet a failure, as in main=1% canary=2% (1% and 1%)',
      parse: collect,
    },
    { flags: '--visitors <rate>', about: 'new visitors of both sides (500/min; /s, /h, /day)' },
    {
      flags: '--latency <side=median...>',
      about: 'time to first byte of services, as in main=120ms canary=150ms (not judged)',
      parse: collect,
    },
    {
      flags: '--metric <name side=share...>',
      about: 'visitors who meet another metric of the plan, as in notFound main=1% canary=2%',
      parse: collect,
    },
    {
      flags: '--record <file>',
      about: 'the traffic of a file of "holo metrics export" instead of a made-up one',
    },
    {
      flags: '--worse <factor>',
      about: 'with --record: the new version fails so many times as often as recorded (1)',
      parse: parseFactor,
    },
    {
      flags: '--runs <n>',
      about: `how often it is tried (${DEFAULT_RUNS})`,
      parse: parseRuns,
    },
    {
      flags: '--seed <n>',
      about: 'the same seed, the same numbers (1)',
      parse: parseWhole('a seed is a whole number from 1'),
    },
    {
      flags: '--days <n>',
      about: `what is not over by then counts as that (${DEFAULT_DAYS})`,
      parse: parseDays,
    },
    { flags: '--advance', about: 'somebody opens manual gates at once' },
    { flags: '--config <file>', about: 'another file than the nearest holo.json' },
  ],
  examples: [
    {
      command: 'holo simulate standard --error-rate main=1% canary=2% --visitors 500/min',
      about: 'a release that fails twice as often',
    },
    {
      command: 'holo simulate plan.json --error-rate main=1% canary=1% --runs 1000 --seed 7',
      about: 'a sound one: how long does it take, and is it ever taken back?',
    },
    {
      command: 'holo simulate careful --record yesterday.json --worse 2',
      about: 'on real counters, with a release that fails twice as often',
    },
  ],
  shape: simulateOutput,
  run: async (context, [name]: [string], options: SimulateOptions) => {
    const named = await loadPlan(context, name)
    const { runs = DEFAULT_RUNS, seed = 1, days = DEFAULT_DAYS } = options
    const supposed = await suppose(context, named.plan, options)
    const supposition: Supposition = {
      loadAt: supposed.loadAt,
      personAdvances: options.advance === true,
      runs,
      maxMs: days * DAY_MS,
      randomOf: (run) => seededRandom(seed, run),
    }
    const simulation = await simulateAll(context, named.plan, supposition)
    const json = { plan: name, seed, ...toJson(simulation, supposed, supposition.maxMs) }
    return { json, lines: toSimulatedLines(named, json, context.style, context.columns) }
  },
})

/** Between two runs Ctrl-C is heard. */
async function simulateAll(
  { progress, signal }: Context,
  plan: Plan,
  supposition: Supposition,
): Promise<Simulation> {
  const ended: RunResult[] = []
  for (let run = 0; run < supposition.runs; run++) {
    ended.push(simulateRun(plan, supposition, run))
    if (progress?.isTTY) progress.write(`\r${run + 1} of ${supposition.runs} runs `)
    await letOthers()
    signal.throwIfAborted()
  }
  if (progress?.isTTY) progress.write('\r\u001b[K')
  return toSimulation(plan, supposition, ended)
}

function toJson(
  { runs, outcomes, exposed, example }: Simulation,
  { told, notices }: Supposed,
  maxMs: number,
) {
  const rows = example.rows.map(({ at, from, to, weight, reason }) => {
    return { atMs: at, from, to, weight, reason }
  })
  const durationMs = example.outcome === 'unfinished' ? maxMs : (rows.at(-1)?.atMs ?? 0)
  return {
    runs,
    supposed: told,
    outcomes: [...outcomes],
    exposed,
    example: { run: example.run, outcome: example.outcome, durationMs, rows },
    notices: [...notices],
  }
}

function parseRuns(text: string): number {
  const runs = parseWhole('runs are a whole number from 1')(text)
  if (runs <= MOST_RUNS) return runs
  throw new InvalidArgumentError(`at most ${MOST_RUNS} runs`)
}

function parseFactor(text: string): number {
  const factor = Number(text)
  if (factor >= 0 && factor <= 1000 && text.trim() !== '') return factor
  throw new InvalidArgumentError('a factor, from 0 to 1000')
}

function parseDays(text: string): number {
  const days = Number(text)
  if (days > 0 && days <= 90) return days
  throw new InvalidArgumentError('days, above 0 and at most 90')
}
