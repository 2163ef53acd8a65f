// Simulates a plan with the estimated traffic: how long a healthy release takes, and when bad ones are
// rolled back. The simulation runs the code of production. Also proposes a plan for traffic that no
// preset fits.

import { WINDOW_MS } from '../../core/counting/limits.ts'
import { DEFAULT_METRICS, type Plan } from '../../core/rollout/plan.ts'
import { seededRandom } from '../../core/simulate/random.ts'
import { type RunResult, simulateRun, toSpread } from '../../core/simulate/simulate.ts'
import type { Load } from '../../core/simulate/traffic.ts'
import { parsePlan } from '../../document/parse-plan.ts'
import type { PlanDocument } from '../../document/plan-schema.ts'
import type { Forecast } from '../../wire/simulation.ts'
import { ERRORS } from '../simulation/load.ts'
import type { Estimate } from './estimate.ts'

const DAY_MS = 86_400_000

/** A plan fits if nearly all healthy releases end within this time. */
const FITTING_MS = DAY_MS
/** A run with a bad release ends after this time at the latest. */
const LONGEST_MS = 2 * DAY_MS

/** Enough runs to tell a plan that works from one that does not. */
const HEALTHY_RUNS = 8
const BAD_RUNS = 6
/** If this many first runs all have the wrong outcome, the others are skipped. */
const ENOUGH_FAILURES = 2
/** The share of healthy releases that must reach everybody in time. */
const FITTING_SHARE = 0.85

/** Bad releases fail so many times as often as the old version; the last one fails for all visitors. */
const WORSE = [2, 5, Number.POSITIVE_INFINITY]

export type Forecasting = {
  readonly traffic: Estimate
  /** Called before every run, so that the event loop is not blocked. */
  readonly pause: () => Promise<void>
}

export async function forecast(
  name: string,
  plan: Plan,
  { traffic, pause }: Forecasting,
): Promise<Forecast> {
  const healthy = await tryHealthy(plan, { traffic, pause })
  const found: Forecast['found'] = []
  for (const worse of WORSE) {
    const errorRate = Math.min(1, traffic.baseRate * worse)
    if (found.some((one) => one.errorRate === errorRate)) continue
    const runs = await runAll(plan, traffic, errorRate, BAD_RUNS, pause)
    const back = runs.filter(({ outcome }) => outcome === 'rolledBack')
    found.push({
      errorRate,
      runs: runs.length,
      takenBack: back.length / runs.length,
      ...(back.length > 0 ? { timeMs: toPercentiles(back.map(({ ms }) => ms)) } : {}),
      harmed: toPercentiles(runs.map(({ harmed }) => harmed)),
    })
  }
  const fits = isInTime(healthy) && found.at(-1)?.takenBack === 1
  const { baseline } = plan
  return { plan: name, ...(baseline !== undefined && { baseline }), fits, healthy, found }
}

/** The outcomes of releases that fail as often as the old version. */
export async function tryHealthy(
  plan: Plan,
  { traffic, pause }: Forecasting,
): Promise<Forecast['healthy']> {
  // Nothing is decided in the bake of a healthy release, so it is not simulated and its time is added.
  const judged = { ...plan, bake: { ...plan.bake, minMs: 0 } }
  const runs = await runAll(judged, traffic, undefined, HEALTHY_RUNS, pause)
  const promoted = runs.filter(({ outcome }) => outcome === 'promoted')
  const back = runs.filter(({ outcome }) => outcome === 'rolledBack')
  const bakeMs = toBakeMs(plan, traffic)
  return {
    runs: runs.length,
    promoted: promoted.length / runs.length,
    takenBack: back.length / runs.length,
    ...(promoted.length > 0
      ? { timeMs: toPercentiles(promoted.map(({ ms }) => ms + bakeMs)) }
      : {}),
  }
}

export function isInTime({ promoted, timeMs }: Forecast['healthy']): boolean {
  return promoted >= FITTING_SHARE && timeMs !== undefined && timeMs.p90 <= FITTING_MS
}

/** The bake ends only when enough of the visitors who are held back have come. */
function toBakeMs({ bake, minVisitors }: Plan, { visitorsPerMinute }: Estimate): number {
  if (bake.minMs === 0) return 0
  const heldPerMinute = (visitorsPerMinute * bake.heldBack) / 100
  return Math.max(bake.minMs, heldPerMinute > 0 ? (minVisitors / heldPerMinute) * 60_000 : 0)
}

/** @param errorRate of the new version; `undefined`: that of the old version. */
async function runAll(
  plan: Plan,
  traffic: Estimate,
  errorRate: number | undefined,
  runs: number,
  pause: () => Promise<void>,
): Promise<readonly RunResult[]> {
  const wanted = errorRate === undefined ? 'promoted' : 'rolledBack'
  const ended: RunResult[] = []
  for (let run = 0; run < runs; run++) {
    await pause()
    ended.push(simulateRun(plan, toSupposition(traffic, errorRate, run, runs), run))
    if (ended.length >= ENOUGH_FAILURES && ended.every(({ outcome }) => outcome !== wanted)) break
  }
  return ended
}

function toSupposition(
  { models, perMinute, baseRate }: Estimate,
  errorRate: number | undefined,
  run: number,
  runs: number,
) {
  const alike = Object.entries(models).map(([name, model]) => [
    name,
    { base: model, canary: model },
  ])
  const errors =
    errorRate === undefined
      ? {}
      : { [ERRORS]: { base: { rate: baseRate }, canary: { rate: errorRate } } }
  const metrics: Load['metrics'] = { ...Object.fromEntries(alike), ...errors }
  // The runs begin at different times of day and week.
  const begin = Math.floor((run * perMinute.length) / runs)
  const windows = 60_000 / WINDOW_MS
  return {
    loadAt: (window: number): Load => {
      const minute = (begin + Math.floor(window / windows)) % perMinute.length
      return { visitorsPerMinute: perMinute[minute] ?? 0, metrics }
    },
    personAdvances: true,
    runs,
    maxMs: errorRate === undefined ? FITTING_MS : LONGEST_MS,
    randomOf: (number: number) => seededRandom(1, number),
  }
}

function toPercentiles(numbers: readonly number[]) {
  const { p10, p50, p90 } = toSpread(numbers)
  return { p10, p50, p90 }
}

/** Margins to try: the evidence must show that the new version fails less than so many times as often. */
const MARGINS = [1.5, 2, 3]

/** About how long the first step, with few visitors, and the bake may take. */
const FIRST_MINUTES = 60
const BAKE_MINUTES = 120

/** With half of the visitors on each side, the evidence grows fastest. */
const HALF = 50
const LEAST_WEIGHT = 5

/** Distinct visitors of each side that a step needs; with fewer, the evidence shows almost nothing. */
const VISITORS = 50
const FEW_VISITORS = 20
const FEW_PER_MINUTE = 5

/** If no evidence is possible in time, half of the visitors have the new version for so long. */
const TIMED_MINUTES = 8 * 60

/**
 * Proposes a plan that ends within a day, or, with very few visitors, as soon as possible. It tries candidates
 * one after the other, the strictest first. The last one always ends: it waits for a time and a few visitors,
 * and for no evidence.
 */
export async function propose(forecasting: Forecasting): Promise<PlanDocument> {
  const { traffic } = forecasting
  for (const margin of MARGINS) {
    const document = toCandidate(traffic, margin)
    const plan = parsePlan(document)
    if (plan.ok && isInTime(await tryHealthy(plan.value, forecasting))) return document
  }
  return toCandidate(traffic, null)
}

/** @param margin `null` for a plan that needs no evidence. */
function toCandidate(
  { visitorsPerMinute }: Pick<Estimate, 'visitorsPerMinute'>,
  margin: number | null,
): PlanDocument {
  const minVisitors = visitorsPerMinute < FEW_PER_MINUTE ? FEW_VISITORS : VISITORS
  const toWeight = (minutes: number) =>
    clamp(Math.ceil((100 * minVisitors) / (visitorsPerMinute * minutes)), LEAST_WEIGHT, HALF)
  const weight = toWeight(FIRST_MINUTES)
  const first = { weight, gate: 'time' as const, minMinutes: FIRST_MINUTES / 2 }
  const half =
    margin === null
      ? { weight: HALF, gate: 'time' as const, minMinutes: TIMED_MINUTES }
      : { weight: HALF, gate: 'evidence' as const, minMinutes: 60 }
  return {
    preset: 'standard',
    steps: weight < HALF ? [first, half] : [half],
    bake: { minutes: BAKE_MINUTES / 2, heldBack: toWeight(BAKE_MINUTES) },
    minVisitors,
    ...(margin === null ? {} : { metrics: toMetrics(margin) }),
  }
}

/** The metrics of the presets, with another margin. */
function toMetrics(margin: number): PlanDocument['metrics'] {
  return DEFAULT_METRICS.map(({ name, margin: asked }) =>
    asked === null ? { name } : { name, margin },
  )
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most)
}
