// Rows in which visitors come back: failures in clusters, visitors who are always slow, tabs that stay
// open. Beside each the count that Holo does not use, to show what it would do.

import type { Counts } from '../../src/core/judge/counts.ts'
import { LATENCY_EDGES_MS, type MetricWindow } from '../../src/core/judge/metric.ts'
import { drawNormal, type Random, seededRandom } from '../../src/core/simulate/random.ts'
import { type NextWindow, type Run, runRollout } from '../../src/core/simulate/simulate.ts'
import { type Audience, gather } from './audience.ts'
import { ALPHA, forWindows, GUARDED_LATENCY, ramp, stay } from './plans.ts'
import { isWithin, type Row, requireLastStep, toPercent, toRuns, toShare } from './row.ts'

const WINDOWS = 360
const EIGHT_STEPS = [5, 10, 20, 30, 40, 50, 60, 75]
const PLAN = ramp(EIGHT_STEPS, WINDOWS / EIGHT_STEPS.length)

type Tally = [
  controlVisitors: number,
  controlFailures: number,
  canaryVisitors: number,
  canaryFailures: number,
]

/** Who has failed before does not count any more; `forgets` begins anew with every weight. */
function countFirstFailures(
  audience: Audience,
  isBroken: (visitor: number) => boolean,
  forgets: boolean,
): NextWindow {
  let failed = new Set<number>()
  let last = -1
  return ({ weight }) => {
    if (forgets && weight !== last) failed = new Set()
    last = weight
    const tally: Tally = [0, 0, 0, 0]
    for (const visitor of audience.present()) {
      if (failed.has(visitor)) continue
      const side = audience.isCanary(visitor, weight) ? 2 : 0
      tally[side] += 1
      if (!isBroken(visitor)) continue
      tally[side + 1] = (tally[side + 1] ?? 0) + 1
      failed.add(visitor)
    }
    return toDrawn({ errors: [tally] })
  }
}

const REQUESTS_PER_VISIT = 3
const RETRIES = 20

/** Every request counts, and a broken page asks again and again. */
function countRequests(audience: Audience, isBroken: (visitor: number) => boolean): NextWindow {
  return ({ weight }) => {
    const tally: Tally = [0, 0, 0, 0]
    for (const visitor of audience.present()) {
      const side = audience.isCanary(visitor, weight) ? 2 : 0
      const failures = isBroken(visitor) ? RETRIES : 0
      tally[side] += REQUESTS_PER_VISIT + failures
      tally[side + 1] = (tally[side + 1] ?? 0) + failures
    }
    return toDrawn({ errors: [tally] })
  }
}

/** With a visitor on each side in every window, which is what the ramp waits for. */
function toDrawn(metrics: Readonly<Record<string, MetricWindow>>) {
  return { metrics, visitors: [1, 1] as const }
}

function clustered(
  property: string,
  isCounted: boolean,
  count: (audience: Audience, isBroken: (visitor: number) => boolean) => NextWindow,
  full: number,
): Row {
  return rollbacks(property, isCounted, full, (random) => {
    const audience = gather(random, { regulars: 3000, presence: 0.05, strangers: 20 })
    // 5 % of the visitors are broken for good, whichever version they get.
    return runRollout(
      PLAN,
      count(audience, (visitor) => audience.isOneOf(visitor, 0.05)),
      forWindows(WINDOWS),
    )
  })
}

/** A row of runs in which a rollback is a false alarm. Those that Holo does not count by have no bound. */
function rollbacks(
  property: string,
  isCounted: boolean,
  full: number,
  run: (random: Random) => Run,
): Row {
  return {
    property,
    bound: isCounted ? `taken back in at most ${toPercent(ALPHA)}` : 'none: Holo does not count so',
    run: (effort) => {
      const runs = toRuns(effort, full)
      let wrong = 0
      for (let stream = 0; stream < runs; stream++) {
        const { outcome, state } = run(seededRandom(effort.seed, stream))
        if (outcome === 'rolledBack') wrong += 1
        else requireLastStep(state)
      }
      return { runs, judge: toShare(wrong, runs), holds: !isCounted || isWithin(wrong, runs) }
    },
  }
}

/** A tenth takes five times as long, always; a visit's time scatters besides. */
function slow(property: string, isFirstOnly: boolean, full: number): Row {
  return rollbacks(property, isFirstOnly, full, (random) => {
    const audience = gather(random, { regulars: 1500, presence: 0.04, strangers: 20 })
    const passed = new Map<number, number>()
    const source: NextWindow = ({ weight }) => {
      const tallies = LATENCY_EDGES_MS.map((): Tally => [0, 0, 0, 0])
      for (const visitor of audience.present()) {
        const side = audience.isCanary(visitor, weight) ? 2 : 0
        const median = audience.isOneOf(visitor, 0.1) ? 1000 : 200
        const ms = median * Math.exp(0.4 * drawNormal(random))
        const before = isFirstOnly ? (passed.get(visitor) ?? 0) : 0
        let above = before
        for (const [i, edge] of LATENCY_EDGES_MS.entries()) {
          const tally = tallies[i]
          if (!tally || before & (1 << i)) continue
          tally[side] += 1
          if (ms <= edge) continue
          tally[side + 1] = (tally[side + 1] ?? 0) + 1
          above |= 1 << i
        }
        passed.set(visitor, above)
      }
      return toDrawn({ latency: tallies as Counts[] })
    }
    return runRollout(stay(50, [GUARDED_LATENCY]), source, forWindows(WINDOWS))
  })
}

export const VISITOR_ROWS: readonly Row[] = [
  clustered(
    'same version, failures in clusters of 20 of the same visitors, 8 steps',
    true,
    (audience, isBroken) => countFirstFailures(audience, isBroken, false),
    10_000,
  ),
  clustered(
    '… first failures counted anew at each step',
    false,
    (audience, isBroken) => countFirstFailures(audience, isBroken, true),
    5000,
  ),
  clustered('… requests counted, not visitors', false, countRequests, 5000),
  slow('latency, same version, a tenth of visitors always slow, one hour', true, 5000),
  slow('… one sample per visitor and window counted', false, 2000),
]
