// What a plan would do to releases at the present traffic, by the engine of production: how long a healthy one
// takes, and what becomes of bad ones. Runs are made one by one, so that the page shows them as they come.

import type { Plan } from '../../core/rollout/plan.ts'
import { seededRandom } from '../../core/simulate/random.ts'
import { type RunResult, simulateRun } from '../../core/simulate/simulate.ts'

/** What is known of the traffic. */
export type KnownTraffic = {
  /** New visitors of both sides together, on average. */
  readonly visitorsPerMinute: number
  /** The share of requests that fail now, 0 to 1. */
  readonly failedShare: number
}

/** How many times as often a release fails; the last fails for everybody. */
export const SUPPOSED_RELEASES = ['healthy', 'worse', 'broken'] as const
export type SupposedRelease = (typeof SUPPOSED_RELEASES)[number]

/** The release that is worse fails so many times as often. */
export const TIMES_WORSE = 5
/** Where nearly nothing fails, "five times as often" is said of this share. */
const LEAST_FAILED_SHARE = 0.002

export type ForecastRun = {
  readonly release: SupposedRelease
  readonly outcome: RunResult['outcome']
  readonly ms: number
  readonly harmed: number
}

export const RUNS_OF_EACH = 6
const DAY_MS = 86_400_000
/** More visitors take longer to simulate, and are found out about no later. */
const MOST_PER_MINUTE = 1500

export function toFailedShares({
  failedShare,
}: KnownTraffic): Readonly<Record<SupposedRelease, number>> {
  const base = Math.max(failedShare, LEAST_FAILED_SHARE)
  return { healthy: failedShare, worse: Math.min(1, base * TIMES_WORSE), broken: 1 }
}

/** One run after the other. */
export function* simulateAll(plan: Plan, traffic: KnownTraffic): Generator<ForecastRun> {
  const visitorsPerMinute = Math.min(traffic.visitorsPerMinute, MOST_PER_MINUTE)
  const shares = toFailedShares(traffic)
  for (const release of SUPPOSED_RELEASES) {
    const isHealthy = release === 'healthy'
    // Nothing is decided in the bake of a healthy release, so that its time can be added.
    const judged = isHealthy ? { ...plan, bake: { ...plan.bake, minMs: 0 } } : plan
    const rates = {
      errors: {
        base: { rate: Math.max(traffic.failedShare, isHealthy ? 0 : LEAST_FAILED_SHARE) },
        canary: { rate: shares[release] },
      },
    }
    for (let run = 0; run < RUNS_OF_EACH; run++) {
      const { outcome, ms, harmed } = simulateRun(
        judged,
        {
          loadAt: () => ({ visitorsPerMinute, metrics: rates }),
          personAdvances: true,
          runs: RUNS_OF_EACH,
          maxMs: DAY_MS,
          randomOf: (number) => seededRandom(1, number),
        },
        run,
      )
      yield { release, outcome, ms: ms + (isHealthy ? toBakeMs(plan, traffic) : 0), harmed }
    }
  }
}

/** The bake also needs visitors of those who are held back. */
function toBakeMs({ bake, minVisitors }: Plan, { visitorsPerMinute }: KnownTraffic): number {
  if (bake.minMs === 0) return 0
  const heldPerMinute = (visitorsPerMinute * bake.heldBack) / 100
  return Math.max(bake.minMs, heldPerMinute > 0 ? (minVisitors / heldPerMinute) * 60_000 : 0)
}
