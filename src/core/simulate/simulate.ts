// What a plan would do to made-up traffic, over many runs: the chance of each outcome, how many
// visitors meet the canary, how long it takes, and one run step by step. Every run goes through the
// production state machine.

import { WINDOW_MS } from '../counting/limits.ts'
import type { Action, AuditRow, RolloutEvent, Window } from '../rollout/events.ts'
import type { Plan } from '../rollout/plan.ts'
import { isRunning, newRollout, type RolloutState } from '../rollout/state.ts'
import { step } from '../rollout/step.ts'
import type { Random } from './random.ts'
import { drawWindow, type Load, type WindowDraw } from './traffic.ts'

/** What is assumed about the traffic, and how often it is simulated. */
export type Supposition = {
  /**
   * The load of a window, by its index from 0: constant, recorded, or of a release that breaks
   * later.
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
export type RunResult = Pick<Run, 'outcome' | 'windows'> & {
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
  const { outcome, windows, visitors } = runOnce(plan, supposition, run)
  return { run, outcome, windows, canary: visitors[1] }
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
    ({ index, weight }) => drawWindow(random, loadAt(index), weight, plan.metrics),
    { maxWindows: Math.ceil(maxMs / WINDOW_MS), personAdvances, endsHeld: true },
  )
}

function toChance(outcome: Run['outcome'], of: readonly RunResult[], runs: number): OutcomeChance {
  return {
    outcome,
    runs: of.length,
    chance: of.length / runs,
    timeMs: toSpread(of.map(({ windows }) => windows * WINDOW_MS)),
    exposed: toSpread(of.map(({ canary }) => canary)),
  }
}

function toTypical(ended: readonly RunResult[], outcome: Run['outcome'] | undefined): RunResult {
  const of = ended
    .filter((run) => run.outcome === outcome)
    .sort((one, other) => one.windows - other.windows)
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

/** What a source of windows may depend on. `weight` is the canary's share in percent. */
export type Moment = {
  readonly index: number
  readonly weight: number
  readonly state: RolloutState
}

/** The counts of the next window; `null` simulates an alarm whose window is lost. */
export type NextWindow = (moment: Moment) => WindowDraw | null

/** How far a run goes, and what people do in it. */
export type RunOptions = {
  /** A run that has not ended after so many windows is given up. */
  readonly maxWindows: number
  /** Whether a person opens manual gates as soon as their minimum time has passed. */
  readonly personAdvances: boolean
  /** Whether a run ends where the plan holds and waits for a person. */
  readonly endsHeld: boolean
}

/** How a run ended, after `windows` windows of 10 s. */
export type Run = {
  readonly outcome: 'promoted' | 'rolledBack' | 'held' | 'unfinished'
  readonly windows: number
  /** Visitors assigned to each side. */
  readonly visitors: readonly [base: number, canary: number]
  readonly state: RolloutState
  readonly actions: readonly Action[]
  readonly audit: readonly AuditRow[]
}

/** Runs one rollout; the alarm fires at the end of every window. */
export function runRollout(plan: Plan, source: NextWindow, options: RunOptions): Run {
  let state = newRollout(plan)
  const actions: Action[] = []
  const audit: AuditRow[] = []
  let [base, canary, index, stratum] = [0, 0, 0, 0]
  const apply = (event: RolloutEvent) => {
    const moved = step(state, event)
    state = moved.state
    actions.push(...moved.actions)
    audit.push(...moved.audit)
    if (moved.actions.some(({ kind }) => kind === 'setWeight')) stratum += 1
  }
  apply({ kind: 'start', by: 'simulation', now: 0 })
  while (isRunning(state.phase) && index < options.maxWindows) {
    const { weight, generation } = state
    const drawn = source({ index, weight, state })
    const windows: Window[] = []
    if (drawn) {
      base += drawn.visitors[0]
      canary += drawn.visitors[1]
      const assigned = [{ id: stratum, shares: [100 - weight, weight], visitors: drawn.visitors }]
      windows.push({ id: index, generation, metrics: drawn.metrics, assigned })
    }
    index += 1
    const now = index * WINDOW_MS
    apply({ kind: 'tick', now, windows })
    if (options.personAdvances && waitsForPerson(state)) {
      apply({ kind: 'advance', by: 'somebody', now })
    }
    if (options.endsHeld && isRunning(state.phase) && state.phase.held) break
  }
  const { phase } = state
  const outcome = isRunning(phase)
    ? phase.held
      ? 'held'
      : 'unfinished'
    : phase.name === 'promoted'
      ? 'promoted'
      : 'rolledBack'
  return { outcome, windows: index, visitors: [base, canary], state, actions, audit }
}

function waitsForPerson({ plan, phase }: RolloutState): boolean {
  const gate = phase.name === 'step' ? plan.steps[phase.index] : undefined
  return phase.name === 'step' && gate?.gate === 'manual' && phase.elapsedMs >= gate.minMs
}
