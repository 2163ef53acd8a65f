// Sums by environment and version, as rows of the tables and points of the API have them.

import { fromJudgedIntervals } from '../../core/counting/first-byte.ts'
import {
  addTotals,
  type GrowingTotals,
  noTotals,
  type OlderTotals,
} from '../../core/counting/totals.ts'
import type { MetricSeries, RESOLUTIONS } from '../../wire/metrics.ts'
import { MAX_SERIES, MAX_TOTAL_SERIES } from './limits.ts'

/** The sums of one version in one environment. */
export type Series = MetricSeries

/** Those of all time; `at` is the last minute with a request. */
export type SeriesSince = Series & { readonly at: number }

export type MetricRange = {
  readonly resolution: (typeof RESOLUTIONS)[number]
  /** Milliseconds since the epoch; `to` is exclusive. */
  readonly from: number
  readonly to: number
}

type Named = { readonly environment: string; readonly version: string }

/** Adds up what has the same version and environment. Keeps the first `MAX_SERIES` and drops the others. */
export function addUp(parts: Iterable<Named & { readonly totals: OlderTotals }>): Series[] {
  const sums = new Map<string, Named & { readonly totals: GrowingTotals }>()
  for (const { environment, version, totals } of parts) {
    const key = `${environment}\n${version}`
    const known = sums.get(key)
    if (!known && sums.size >= MAX_SERIES) continue
    const sum = known ?? { environment, version, totals: noTotals() }
    addTotals(sum.totals, totals)
    sums.set(key, sum)
  }
  return [...sums.values()].map(({ totals, ...named }) => ({ ...named, ...totals }))
}

/** Requests by environment. */
export function countRequests(series: readonly Series[]): Map<string, number> {
  const requests = new Map<string, number>()
  for (const one of series) {
    requests.set(one.environment, (requests.get(one.environment) ?? 0) + one.requests)
  }
  return requests
}

/** Adds rows of series up. */
export function addSeries(rows: Iterable<readonly Series[]>): Series[] {
  const all = [...rows].flat()
  return addUp(all.map((one) => ({ ...one, totals: one })))
}

/** The sums of all time after one more minute. */
export function addSince(
  before: readonly SeriesSince[],
  minute: number,
  series: readonly Series[],
): SeriesSince[] {
  const sums = new Map(before.map((one) => [toKey(one), one]))
  for (const one of series) {
    const totals = noTotals()
    const known = sums.get(toKey(one))
    if (known) addTotals(totals, known)
    addTotals(totals, one)
    const { environment, version } = one
    sums.set(toKey(one), { environment, version, at: minute, ...totals })
  }
  return [...sums.values()].sort((a, b) => b.at - a.at).slice(0, MAX_TOTAL_SERIES)
}

function toKey({ environment, version }: Named): string {
  return `${environment}\n${version}`
}

/** Takes a row that cannot be parsed as empty: a bad row must not stop the control. */
export function parseSeries<T extends Series>(text: string): readonly T[] {
  try {
    // An older Holo did not count outcomes, and first bytes between the edges of the judge only.
    return JSON.parse(text).map((one: T) => ({
      ...one,
      outcomes: one.outcomes ?? {},
      firstByte: one.firstByte ?? fromJudgedIntervals(one.latency),
    }))
  } catch (cause) {
    console.error('a row of counts cannot be read', cause)
    return []
  }
}
