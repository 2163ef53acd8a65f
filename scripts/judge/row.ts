// What one row of the judge's simulation promises and finds.

import type { Plan } from '../../src/core/rollout/plan.ts'
import { type Random, seededRandom } from '../../src/core/simulate/random.ts'
import { type Run, type RunOptions, runRollout, type World } from '../../src/core/simulate/run.ts'

/** The chance of a false decision that all plans of the simulation allow. */
export const ALPHA = 0.01

/** Few runs for the test suite, many for the figures of docs/judging.md. */
export type Effort = {
  readonly seed: number
  /** The share of a row's full number of runs. */
  readonly share: number
  /** As many runs are enough for each row, where its share is fewer; for the test suite. */
  readonly least?: number
}

export type Finding = {
  readonly runs: number
  /** What the judge did, in words and figures. */
  readonly judge: string
  readonly holds: boolean
}

export type Row = {
  readonly property: string
  /** What the judge did before evidence was taken by assignment; only in the first table. */
  readonly before?: string
  readonly bound: string
  readonly run: (effort: Effort) => Finding
}

/** The number of runs of a row: the share of all, but at least so many. */
export function toRuns({ share, least: most = 20 }: Effort, full: number, least = 20): number {
  return Math.min(full, Math.max(Math.min(full, least, most), Math.round(full * share)))
}

/** Whether so many false decisions keep a bound; a single one always does. */
export function isWithin(wrong: number, runs: number, bound = ALPHA): boolean {
  const deviation = Math.sqrt(bound * (1 - bound) * runs)
  return wrong <= Math.max(1, bound * runs + 2 * deviation)
}

/** `0.45 %`. */
export function toPercent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`
}

/** `0.45 % (0.31 to 0.63)`: a share with Wilson's interval, 95 %. */
export function toShare(hits: number, runs: number): string {
  const z = 1.96
  const middle = (hits + (z * z) / 2) / (runs + z * z)
  const half = (z / (runs + z * z)) * Math.sqrt((hits * (runs - hits)) / runs + (z * z) / 4)
  const [low, high] = [middle - half, middle + half].map((end) => toPercent(Math.max(0, end)))
  return `${toPercent(hits / runs)} (${low} to ${high})`
}

/** `7,020`. */
export function toCount(number: number): string {
  return (number >= 100 ? Number(number.toPrecision(3)) : Math.round(number)).toLocaleString('en')
}

/** `42 s`, `18 min`, `7.4 h`. */
export function toTime(ms: number): string {
  const number = (value: number) => String(Number(value.toPrecision(2)))
  if (ms < 120_000) return `${number(ms / 1000)} s`
  return ms < 2 * 3_600_000 ? `${number(ms / 60_000)} min` : `${number(ms / 3_600_000)} h`
}

export function toMean(numbers: readonly number[]): number {
  return numbers.length === 0
    ? Number.NaN
    : numbers.reduce((sum, one) => sum + one, 0) / numbers.length
}

/** The smallest number that at least nine tenths of them do not exceed. */
export function toNinth(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((one, other) => one - other)
  return sorted[Math.ceil(0.9 * sorted.length) - 1] ?? Number.NaN
}

export type Runs = Pick<RunOptions, 'happens' | 'maxMs'> & {
  readonly seed: number
  readonly runs: number
}

/** Many runs of one world, each with random numbers of its own. */
export function runAll(
  plan: Plan,
  make: (random: Random) => World,
  { seed, runs, ...options }: Runs,
): readonly Run[] {
  const all: RunOptions = { personAdvances: false, endsHeld: false, ...options }
  return Array.from({ length: runs }, (_, run) =>
    runRollout(plan, make(seededRandom(seed, run)), all),
  )
}

export function countOf(runs: readonly Run[], outcome: Run['outcome']): number {
  return runs.filter((run) => run.outcome === outcome).length
}
