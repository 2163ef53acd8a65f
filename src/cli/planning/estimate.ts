// Estimates from the counters of some days how many visitors come in which minute, and how they fare.

import { toDuration } from '../../core/amounts.ts'
import type { SideModel } from '../../core/simulate/traffic.ts'
import type { RecordedPoint } from '../../wire/metrics.ts'
import { ERRORS } from '../simulation/load.ts'
import {
  findRecordedBase,
  RECORDED_CANARY,
  sumOf,
  toRate,
  toSideModels,
} from '../simulation/record.ts'
import { toCount, toPercentText } from '../words.ts'

const MINUTE_MS = 60_000

/** More visitors than that would take minutes to simulate, and are found out about no later. */
const MOST_SIMULATED_PER_MINUTE = 2000

/** Where nothing failed, "twice as often" is said of this share. */
const LEAST_ERROR_RATE = 0.001

/** Where nothing was counted at all. */
const ASSUMED_ERROR_RATE = 0.01

export type Estimate = {
  readonly text: string
  readonly minutes: number
  readonly visitorsPerMinute: number
  readonly errorRate: number
  /** What "so many times as bad" is said of. */
  readonly baseRate: number
  /** How a visitor of a healthy version fares, by metric. */
  readonly models: Readonly<Record<string, SideModel>>
  /** Visitors of each minute, as they are simulated. */
  readonly perMinute: readonly number[]
  readonly notices: readonly string[]
}

/**
 * @param points counters by minute.
 * @param visitorsPerMinute somebody knows better; `undefined` for what was counted.
 * @returns `undefined` where nothing was counted and nobody says how many visitors there are.
 */
export function estimate(
  points: readonly RecordedPoint[],
  visitorsPerMinute: number | undefined,
): Estimate | undefined {
  const base = findRecordedBase(points)
  const counted = base === undefined ? undefined : toCounted(points, base)
  if (!counted && visitorsPerMinute === undefined) return undefined
  const perMinute =
    visitorsPerMinute === undefined ? (counted?.perMinute ?? []) : [visitorsPerMinute]
  const mean = perMinute.reduce((sum, count) => sum + count, 0) / perMinute.length
  const errorRate = counted?.errorRate ?? ASSUMED_ERROR_RATE
  const scale = Math.min(1, MOST_SIMULATED_PER_MINUTE / mean)
  return {
    text: toText(mean, errorRate, counted && { ...counted, base: base ?? '' }),
    minutes: counted?.perMinute.length ?? 0,
    visitorsPerMinute: mean,
    errorRate,
    baseRate: Math.max(errorRate, LEAST_ERROR_RATE),
    models: counted?.models ?? { [ERRORS]: { rate: errorRate } },
    perMinute: perMinute.map((count) => count * scale),
    notices: [
      ...(counted && visitorsPerMinute === undefined
        ? ['counters do not tell visitors apart: each document is taken for a visitor']
        : []),
      ...(scale < 1
        ? [
            `only ${MOST_SIMULATED_PER_MINUTE} of them a minute are simulated: with all of them it is no slower`,
          ]
        : []),
      ...(errorRate < LEAST_ERROR_RATE
        ? [
            `nearly nobody meets a failure: "twice as often" is said of ${toPercentText(LEAST_ERROR_RATE * 100)}`,
          ]
        : []),
    ],
  }
}

function toCounted(points: readonly RecordedPoint[], base: string) {
  const [first, last] = [points[0]?.at ?? 0, points.at(-1)?.at ?? 0]
  const perMinute = new Array<number>(Math.round((last - first) / MINUTE_MS) + 1).fill(0)
  for (const { at, series } of points) {
    const place = Math.round((at - first) / MINUTE_MS)
    for (const { environment, assigned } of series) {
      if (environment !== base && environment !== RECORDED_CANARY) continue
      perMinute[place] = (perMinute[place] ?? 0) + assigned
    }
  }
  const sums = sumOf(points, base)
  return { perMinute, errorRate: toRate(sums), models: toSideModels(sums) }
}

function toText(
  mean: number,
  errorRate: number,
  counted: { readonly perMinute: readonly number[]; readonly base: string } | undefined,
): string {
  const rate = Number(mean.toPrecision(3))
  const visitors = `${toCount(rate, 'visitor')} a minute`
  const failed = `${toPercentText(errorRate * 100)} of whom meet a failure`
  return counted
    ? `${visitors}, ${failed}, as ${counted.base} had it in the last ${toDuration(counted.perMinute.length * MINUTE_MS)}`
    : `${visitors}, ${failed}, as is assumed, because nothing was counted yet`
}
