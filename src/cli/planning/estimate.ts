// Estimates from the counters of some days how many visitors come in each minute, and how often they meet a
// failure.

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

/** More visitors would take minutes to simulate, and would not make a bad release harder to find. */
const MOST_SIMULATED_PER_MINUTE = 2000

/** The error rate of the old version that bad releases are compared with, if hardly anything failed. */
const LEAST_ERROR_RATE = 0.001

/** The error rate of the old version if nothing was counted. */
const ASSUMED_ERROR_RATE = 0.01

export type Estimate = {
  readonly text: string
  readonly minutes: number
  readonly visitorsPerMinute: number
  readonly errorRate: number
  /** A bad release fails twice, five times … as often as this. */
  readonly baseRate: number
  /** How often a visitor of a healthy version meets each metric. */
  readonly models: Readonly<Record<string, SideModel>>
  /** The number of visitors that are simulated in each minute. */
  readonly perMinute: readonly number[]
  readonly notices: readonly string[]
}

/**
 * @param points counters by minute.
 * @param visitorsPerMinute replaces the counted number of visitors, if given.
 * @returns `undefined` if nothing was counted and no number is given.
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
            `only ${MOST_SIMULATED_PER_MINUTE} of them a minute are simulated; with more, a bad release is found just as soon`,
          ]
        : []),
      ...(errorRate < LEAST_ERROR_RATE
        ? [
            `hardly any visitor meets a failure, so bad releases are compared with a rate of ${toPercentText(LEAST_ERROR_RATE * 100)}`,
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
    ? `${visitors}, ${failed}, as in ${counted.base} in the last ${toDuration(counted.perMinute.length * MINUTE_MS)}`
    : `${visitors}, ${failed} (assumed, because nothing has been counted yet)`
}
