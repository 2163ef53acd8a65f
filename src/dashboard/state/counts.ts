// Counts of the last hour, by window of ten seconds: what came in is added, what is too old is dropped, and the
// series that pages draw are made of it. Pure.

import { FIRST_BYTE_COUNTS } from '../../core/counting/first-byte.ts'
import { WINDOW_MS } from '../../core/counting/limits.ts'
import type { MetricPoint, MetricSeries } from '../../wire/metrics.ts'

export const SHOWN_MS = 3_600_000

/** A window that lies further ahead is left over from before a clock went back. */
const LATEST_MS = 60_000

/** Windows that are added up for a figure of "now". */
const RECENT_WINDOWS = 6

/** The sums that a figure is made of. */
export type CountSums = {
  readonly requests: number
  readonly judged: number
  readonly failed: number
  readonly assigned: number
  readonly firstByte: readonly number[]
}

/** Points by their time, oldest first. */
export type CountedHour = readonly MetricPoint[]

/** Points that came again replace the ones from before: a window may get late counts. */
export function addPoints(
  known: CountedHour,
  fresh: readonly MetricPoint[],
  now: number,
): CountedHour {
  const from = now - SHOWN_MS
  const isShown = ({ at }: MetricPoint) => at >= from && at <= now + LATEST_MS
  const first = fresh[0]?.at ?? Number.POSITIVE_INFINITY
  const again = new Set(fresh.map(({ at }) => at))
  const kept = known.filter((point) => isShown(point) && !again.has(point.at))
  const all = [...kept, ...fresh.filter(isShown)]
  return first < (kept.at(-1)?.at ?? 0) ? all.sort((one, other) => one.at - other.at) : all
}

/** The points of each environment that was counted. Where it had no requests, its point is empty. */
export function groupByEnvironment(points: CountedHour): ReadonlyMap<string, CountedHour> {
  const groups = new Map<string, (MetricPoint & { series: MetricSeries[] })[]>()
  for (const [i, { at, series, ...more }] of points.entries()) {
    for (const one of series) {
      let group = groups.get(one.environment)
      if (!group) {
        group = points.slice(0, i).map((earlier) => ({ ...earlier, series: [] }))
        groups.set(one.environment, group)
      }
      const last = group.at(-1)
      if (last?.at === at) last.series.push(one)
      else group.push({ at, series: [one], ...more })
    }
    for (const group of groups.values()) {
      if (group.at(-1)?.at !== at) group.push({ at, series: [], ...more })
    }
  }
  return groups
}

/** One pass without copies: an hour of many environments has tens of thousands of series. */
function sum(all: readonly (readonly MetricSeries[])[], wanted: WantedSeries): CountSums {
  let [requests, judged, failed, assigned] = [0, 0, 0, 0]
  const firstByte = new Array<number>(FIRST_BYTE_COUNTS).fill(0)
  for (const series of all) {
    for (const one of series) {
      if (!wanted(one)) continue
      requests += one.requests
      judged += one.judged
      failed += one.failed
      assigned += one.assigned
      for (let i = 0; i < firstByte.length; i++)
        firstByte[i] = (firstByte[i] ?? 0) + (one.firstByte[i] ?? 0)
    }
  }
  return { requests, judged, failed, assigned, firstByte }
}

type WantedSeries = (series: MetricSeries) => boolean

/**
 * The windows from the first that was counted to the newest that is closed, without a hole: a window in which
 * nothing was counted had no requests.
 */
export function listWindows(points: CountedHour): readonly number[] {
  const [first, last] = [points[0]?.at, points.at(-1)?.at]
  if (first === undefined || last === undefined) return []
  return Array.from({ length: (last - first) / WINDOW_MS + 1 }, (_, i) => first + i * WINDOW_MS)
}

/** What a chart draws of each window of an environment. `null` where there was nothing to measure. */
export type DrawnSeries = {
  readonly at: readonly number[]
  readonly perSecond: readonly number[]
  /** The share of judged requests that failed, in percent. */
  readonly failedPercent: readonly (number | null)[]
  readonly sums: readonly CountSums[]
}

/** Windows that are drawn as one point, so that a chart is not all noise: half a minute. */
const DRAWN_WINDOWS = 3
const DRAWN_MS = DRAWN_WINDOWS * WINDOW_MS

/** The windows of each point. A half-minute that is not over yet would look like a drop. */
function listGroups(points: CountedHour): readonly (readonly number[])[] {
  const all = [...Map.groupBy(listWindows(points), (at) => Math.floor(at / DRAWN_MS)).values()]
  return (all.at(-1)?.length ?? 0) < DRAWN_WINDOWS ? all.slice(0, -1) : all
}

function toGroupTime([first = 0]: readonly number[]): number {
  return Math.floor(first / DRAWN_MS) * DRAWN_MS
}

/** The times of what `toDrawn` gives. */
export function listDrawnTimes(points: CountedHour): readonly number[] {
  return listGroups(points).map(toGroupTime)
}

/** @param wanted which series belong to what is drawn. */
export function toDrawn(points: CountedHour, wanted: WantedSeries): DrawnSeries {
  const byTime = new Map(points.map(({ at, series }) => [at, series]))
  const groups = listGroups(points)
  const sums = groups.map((group) =>
    sum(
      group.map((at) => byTime.get(at) ?? []),
      wanted,
    ),
  )
  return {
    at: groups.map(toGroupTime),
    perSecond: sums.map(({ requests }) => (requests * 1000) / DRAWN_MS),
    failedPercent: sums.map(({ judged, failed }) =>
      judged === 0 ? null : (failed / judged) * 100,
    ),
    sums,
  }
}

/**
 * About how many different visitors an environment had in ten seconds, on average over the windows of each point
 * that `toDrawn` gives.
 */
export function toDrawnVisitors(points: CountedHour, environment: string): readonly number[] {
  const byTime = new Map(points.map(({ at, visitors }) => [at, visitors?.[environment] ?? 0]))
  return listGroups(points).map(
    (group) => group.reduce((sum, at) => sum + (byTime.get(at) ?? 0), 0) / group.length,
  )
}

/** The figures of the newest minute that was counted. */
export type RecentFigures = {
  readonly sums: CountSums
  readonly perSecond: number
  readonly failedPercent: number | undefined
  /** Pages that were opened by new and returning visitors, each minute. */
  readonly pagesPerMinute: number
}

export function toRecent(points: CountedHour, wanted: WantedSeries): RecentFigures | undefined {
  const windows = listWindows(points).slice(-RECENT_WINDOWS)
  const [first] = windows
  if (first === undefined) return undefined
  const recent = points.slice(-RECENT_WINDOWS).filter(({ at }) => at >= first)
  const sums = sum(
    recent.map(({ series }) => series),
    wanted,
  )
  const seconds = (windows.length * WINDOW_MS) / 1000
  return {
    sums,
    perSecond: sums.requests / seconds,
    failedPercent: sums.judged === 0 ? undefined : (sums.failed / sums.judged) * 100,
    pagesPerMinute: (sums.assigned * 60) / seconds,
  }
}

/** The versions that were counted, the one with the most requests first. */
export function listCountedVersions(points: CountedHour): readonly string[] {
  const requests = new Map<string, number>()
  for (const { series } of points) {
    for (const one of series) {
      requests.set(one.version, (requests.get(one.version) ?? 0) + one.requests)
    }
  }
  return [...requests].sort(([, one], [, other]) => other - one).map(([version]) => version)
}
