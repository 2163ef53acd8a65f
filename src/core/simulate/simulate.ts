// What a plan would do to made-up traffic, over many runs: the chance of each outcome, how many
// visitors meet the canary, how long it takes, and one run step by step. Every run goes through the
// production state machine.

import { WINDOW_MS } from '../counting/limits.ts'
import type { AuditRow } from '../rollout/events.ts'
import type { Plan } from '../rollout/plan.ts'
import type { Random } from './random.ts'
import { type Run, runRollout } from './run.ts'
import { drawSecond, type Load } from './traffic.ts'

/** What is assumed about the traffic, and how often it is simulated. */
export type Supposition = {
  /**
   * The load of ten seconds, by their index from 0: constant, recorded, or of a release that
   * breaks later.
   */
  readonly loadAt: (window: number) => Load
  /** Whether a person opens manual gates as soon as their minimum time has passed. */
  readonly personAdvances: boolean
  readonly runs: number
  /** A run that has not ended by then counts as `unfinished`. */
  readonly maxMs: number
  /** The random numbers of each run, by its index from 0. */
  readonly randomOf: (run: number) => Random
}

/** Nearest-rank percentiles and the mean. */
export type Spread = {
  readonly mean: number
  readonly p10: number
  readonly p50: number
  readonly p90: number
}

/** All runs with one outcome together. */
export type OutcomeChance = {
  readonly outcome: Run['outcome']
  readonly runs: number
  /** 0 to 1. */
  readonly chance: number
  /** Simulated milliseconds until the end, and how many visitors met the canary. */
  readonly timeMs: Spread
  readonly exposed: Spread
  /** Visitors who met on the canary what they should not. */
  readonly harmed: Spread
}

/** The result of many runs. Plain JSON. */
export type Simulation = {
  readonly runs: number
  /** Only outcomes that occurred, the most frequent first. */
  readonly outcomes: readonly OutcomeChance[]
  /** Visitors who met the canary, over all runs. */
  readonly exposed: Spread
  /** A run of the most frequent outcome with about the median length: its audit rows in order. */
  readonly example: {
    readonly run: number
    readonly outcome: Run['outcome']
    readonly rows: readonly AuditRow[]
  }
}

/** What is kept of a run. */
export type RunResult = Pick<Run, 'outcome' | 'ms' | 'harmed'> & {
  readonly run: number
  readonly canary: number
}

/**
 * Simulates `runs` rollouts.
 *
 * @throws TypeError when `runs` is not a whole number from 1.
 */
export function simulate(plan: Plan, supposition: Supposition): Simulation {
  const { runs } = supposition
  if (!(Number.isSafeInteger(runs) && runs > 0)) {
    throw new TypeError(`runs: a whole number from 1, not ${runs}`)
  }
  const ended = Array.from({ length: runs }, (_, run) => simulateRun(plan, supposition, run))
  return toSimulation(plan, supposition, ended)
}

/** One run by its index, for callers that have other work to do between two runs. */
export function simulateRun(plan: Plan, supposition: Supposition, run: number): RunResult {
  const { outcome, ms, harmed, visitors } = runOnce(plan, supposition, run)
  return { run, outcome, ms, harmed, canary: visitors[1] }
}

/** The result of runs that were made one by one; there must be at least one. */
export function toSimulation(
  plan: Plan,
  supposition: Supposition,
  ended: readonly RunResult[],
): Simulation {
  const runs = ended.length
  const outcomes = [...Map.groupBy(ended, ({ outcome }) => outcome)]
    .map(([outcome, of]) => toChance(outcome, of, runs))
    .sort((one, other) => other.runs - one.runs)
  const typical = toTypical(ended, outcomes[0]?.outcome)
  return {
    runs,
    outcomes,
    exposed: toSpread(ended.map(({ canary }) => canary)),
    example: {
      run: typical.run,
      outcome: typical.outcome,
      rows: runOnce(plan, supposition, typical.run).audit,
    },
  }
}

/** One run by its index; the same each time. */
function runOnce(
  plan: Plan,
  { loadAt, personAdvances, maxMs, randomOf }: Supposition,
  run: number,
) {
  const random = randomOf(run)
  return runRollout(
    plan,
    ({ second, share, baseline }) =>
      drawSecond(
        random,
        loadAt(Math.floor((second * 1000) / WINDOW_MS)),
        share,
        plan.metrics,
        baseline,
      ),
    { maxMs, personAdvances, endsHeld: true },
  )
}

function toChance(outcome: Run['outcome'], of: readonly RunResult[], runs: number): OutcomeChance {
  return {
    outcome,
    runs: of.length,
    chance: of.length / runs,
    timeMs: toSpread(of.map(({ ms }) => ms)),
    exposed: toSpread(of.map(({ canary }) => canary)),
    harmed: toSpread(of.map(({ harmed }) => harmed)),
  }
}

function toTypical(ended: readonly RunResult[], outcome: Run['outcome'] | undefined): RunResult {
  const of = ended.filter((run) => run.outcome === outcome).sort((one, other) => one.ms - other.ms)
  return of[Math.floor((of.length - 1) / 2)] as RunResult
}

/** @throws TypeError when there are no numbers. */
export function toSpread(numbers: readonly number[]): Spread {
  if (numbers.length === 0) throw new TypeError('numbers: at least one')
  const sorted = numbers.toSorted((one, other) => one - other)
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0
  const mean = sorted.reduce((sum, number) => sum + number, 0) / sorted.length
  return { mean, p10: at(0.1), p50: at(0.5), p90: at(0.9) }
}
