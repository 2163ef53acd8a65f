// Rows in which every visitor comes once and fails with a given chance: false alarms, detection,
// promotion, drift and incidents.

import type { Counts } from '../../src/core/judge/counts.ts'
import { addToMetric, startMetric, toLogWithin } from '../../src/core/judge/metric.ts'
import { ERRORS, type Plan } from '../../src/core/rollout/plan.ts'
import { seededRandom } from '../../src/core/simulate/random.ts'
import { toSpread } from '../../src/core/simulate/simulate.ts'
import { drawWindow } from '../../src/core/simulate/traffic.ts'
import { ALPHA, promoteOnEvidence, ramp, stay } from './plans.ts'
import {
  type Effort,
  type Finding,
  isWithin,
  type Row,
  toCount,
  toPercent,
  toRuns,
  toShare,
} from './row.ts'
import { type Rates, VISITORS_PER_MINUTE, watchAll } from './watch.ts'

/** However small the share of runs is. */
const LEAST_WINDOWS = 100_000
const LEAST_DETECTIONS = 150

/** A row in which a rollback is a false alarm. */
function falseAlarms(
  property: string,
  plan: Plan,
  rates: Rates,
  windows: number,
  full: number,
): Row {
  return {
    property,
    bound: `taken back in at most ${toPercent(ALPHA)}`,
    run: (effort): Finding => {
      const runs = toRuns(effort, full, Math.ceil(LEAST_WINDOWS / windows))
      const { count } = watchAll(plan, rates, windows, runs, effort)
      const wrong = count(({ run }) => run.outcome === 'rolledBack')
      return {
        runs,
        judge: toShare(wrong, runs),
        zTest: toPercent(count(({ zTest }) => zTest) / runs),
        threshold: toPercent(count(({ threshold }) => threshold) / runs),
        holds: isWithin(wrong, runs),
      }
    },
  }
}

/** A row in which a rollback is right; visitors of both sides are counted until then. */
function detection(
  property: string,
  weight: number,
  bounds: { readonly p90: number; readonly mean?: number },
  full: number,
): Row {
  const windows = Math.ceil((bounds.p90 * 3) / 100)
  const mean = bounds.mean ? `mean about ${toCount(bounds.mean)}, ` : ''
  return {
    property,
    bound: `${mean}90 % within ${toCount(bounds.p90)} visitors`,
    run: (effort): Finding => {
      const runs = toRuns(effort, full, LEAST_DETECTIONS)
      const { watched } = watchAll(stay(weight), () => [0.01, 0.02], windows, runs, effort)
      const found = watched.map(({ run }) =>
        run.outcome === 'rolledBack' ? run.visitors[0] + run.visitors[1] : Infinity,
      )
      const early = watched.flatMap(({ zTestAt }) => zTestAt ?? [])
      const spread = toSpread(found)
      return {
        runs,
        judge: `mean ${toCount(spread.mean)}, 90 % within ${toCount(spread.p90)}`,
        zTest: `mean ${toCount(toSpread(early).mean)}`,
        // A tenth of leeway, for the bound is itself a figure from a simulation.
        holds: spread.p90 <= bounds.p90 * 1.1 && (!bounds.mean || spread.mean <= bounds.mean * 1.1),
      }
    },
  }
}

const RAMP = [5, 10, 20, 35, 50]
const WINDOWS_EACH = 72

export const RATE_ROWS: readonly Row[] = [
  falseAlarms(
    'same version on both sides, 1 % fail, 2,000 looks, canary 50 %',
    stay(50),
    () => [0.01, 0.01],
    2000,
    10_000,
  ),
  falseAlarms('the same, canary 5 %', stay(5), () => [0.01, 0.01], 2000, 10_000),
  falseAlarms(
    'same version, canary grows from 5 to 50 % while failures grow from 0.5 to 3 %',
    ramp(RAMP, WINDOWS_EACH),
    (window) => {
      const rate = 0.005 + (0.025 * window) / (RAMP.length * WINDOWS_EACH)
      return [rate, rate]
    },
    RAMP.length * WINDOWS_EACH,
    10_000,
  ),
  falseAlarms(
    'an incident of five minutes hits both sides: 20 % fail',
    ramp(RAMP, WINDOWS_EACH),
    (window) => (window >= 100 && window < 130 ? [0.2, 0.2] : [0.01, 0.01]),
    RAMP.length * WINDOWS_EACH,
    10_000,
  ),
  falseAlarms(
    'same version on both sides, 0.9 % fail, 30 checks of 100 visits',
    stay(50),
    () => [0.009, 0.009],
    61,
    10_000,
  ),
  detection('1 % → 2 % fail, canary 50 %', 50, { mean: 7000, p90: 13_500 }, 5000),
  detection('1 % → 2 % fail, canary 5 %', 5, { mean: 36_000, p90: 64_000 }, 10_000),
  {
    property: 'the canary fails exactly 1.5 times as often (the margin), canary 50 %',
    bound: `promoted on evidence in at most ${toPercent(ALPHA)}`,
    run: (effort) => {
      const runs = toRuns(effort, 10_000)
      const { count } = watchAll(promoteOnEvidence(50), () => [0.01, 0.015], 2000, runs, effort)
      const wrong = count(({ run }) => run.outcome === 'promoted')
      const alone = countPromisedAlone(runs, effort)
      return {
        runs,
        judge: `${toShare(wrong, runs)}; if nothing were taken back ${toShare(alone, runs)}`,
        holds: isWithin(wrong, runs) && isWithin(alone, runs),
      }
    },
  },
  promotion(
    'same version on both sides, 1 % fail, canary 50 %, gate of evidence (margin 1.5)',
    50,
    [0.01, 0.01],
  ),
  promotion('nobody fails on either side, canary 25 %, gate of evidence (floor 0.2 %)', 25, [0, 0]),
  {
    property:
      'the canary fails for 0.2 % (the floor), five times as often as the base, canary 25 %',
    bound: `promoted on evidence in at most ${toPercent(ALPHA)}`,
    run: (effort) => {
      const runs = toRuns(effort, 2000)
      const { count } = watchAll(promoteOnEvidence(25), () => [0.0004, 0.002], 2000, runs, effort)
      const wrong = count(({ run }) => run.outcome === 'promoted')
      return { runs, judge: toShare(wrong, runs), holds: isWithin(wrong, runs) }
    },
  },
]

/** A row in which the gate of evidence shall open. */
function promotion(property: string, weight: number, rates: readonly [number, number]): Row {
  return {
    property,
    bound: 'promoted; the visitors that it takes are told',
    run: (effort) => {
      const runs = toRuns(effort, 2000)
      const plan = promoteOnEvidence(weight)
      const { watched, count } = watchAll(plan, () => rates, 2000, runs, effort)
      const right = watched.filter(({ run }) => run.outcome === 'promoted')
      const { mean, p90 } = toSpread(right.map(({ run }) => run.visitors[0] + run.visitors[1]))
      const back = count(({ run }) => run.outcome === 'rolledBack')
      return {
        runs,
        judge: `${right.length.toLocaleString('en')} promoted, mean ${toCount(mean)} visitors, 90 % within ${toCount(p90)}; ${back} taken back`,
        holds: right.length / runs >= 0.97 && isWithin(back, runs),
      }
    },
  }
}

/** The evidence for going on by itself, looked at 2,000 times, at the margin. */
function countPromisedAlone(runs: number, { seed }: Effort): number {
  const errors = { base: { rate: 0.01 }, canary: { rate: 0.015 } }
  const load = { visitorsPerMinute: VISITORS_PER_MINUTE, metrics: { errors } }
  let promised = 0
  for (let run = 0; run < runs; run++) {
    const random = seededRandom(seed, run)
    let state = startMetric(ERRORS)
    for (let look = 0; look < 2000; look++) {
      const counts = drawWindow(random, load, 50, [ERRORS]).metrics.errors as readonly Counts[]
      state = addToMetric(ERRORS, state, counts)
      if ((toLogWithin(state) ?? 0) < Math.log(1 / ALPHA)) continue
      promised += 1
      break
    }
  }
  return promised
}
