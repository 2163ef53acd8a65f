// The figures of the last five minutes for each environment, as `holo status` shows them.

import type { z } from 'zod'
import { fromJudgedIntervals, type Percentile, toPercentile } from '../core/counting/first-byte.ts'
import { WINDOW_MS } from '../core/counting/limits.ts'
import { metricsReply, NOW_WINDOWS, recordedPoint } from '../wire/metrics.ts'
import type { EnvironmentFigures } from '../wire/output.ts'
import { toTolerant } from '../wire/tolerant.ts'
import type { Api } from './api.ts'
import { toTable } from './table.ts'
import { toPercentText } from './words.ts'

/** An older Holo does not count visitors. */
const pageAsRead = toTolerant(
  metricsReply.pick({ visitors: true }).partial().extend({ points: recordedPoint.array() }),
)
type Series = z.infer<typeof recordedPoint>['series'][number]

/** The counts of the last five minutes. */
export type RecentCounts = z.infer<typeof pageAsRead>

export function loadCounts(api: Api): Promise<RecentCounts> {
  const from = String(Math.max(1, Date.now() - NOW_WINDOWS * WINDOW_MS))
  return api.ask(pageAsRead, 'GET', '/metrics', { query: { resolution: 'window', from } })
}

export async function loadFigures(api: Api): Promise<EnvironmentFigures[]> {
  return toFigures(await loadCounts(api))
}

export function toFigures({ points, visitors = {} }: RecentCounts): EnvironmentFigures[] {
  const byName = Map.groupBy(
    points.flatMap(({ series }) => series),
    ({ environment }) => environment,
  )
  return [...byName].map(([name, series]) => toFigure(name, series, visitors[name] ?? 0))
}

function toFigure(
  environment: string,
  series: readonly Series[],
  visitors: number,
): EnvironmentFigures {
  const sum = (read: (one: Series) => number) => series.reduce((all, one) => all + read(one), 0)
  const judged = sum((one) => one.judged)
  const firstByte = series.reduce<number[]>((all, one) => {
    const counts = one.firstByte ?? fromJudgedIntervals(one.latency)
    return counts.map((count, i) => count + (all[i] ?? 0))
  }, [])
  const [p50, p95] = [0.5, 0.95].map((share) => toPercentile(firstByte, share))
  return {
    environment,
    visitors,
    requests: sum((one) => one.requests),
    ...(judged === 0 ? {} : { failedPercent: (sum((one) => one.failed) * 100) / judged }),
    ...(p50 ? { p50: toWhole(p50) } : {}),
    ...(p95 ? { p95: toWhole(p95) } : {}),
  }
}

function toWhole({ kind, ms }: Percentile): Percentile {
  return { kind, ms: Math.round(ms) }
}

export function toFigureLines(
  figures: readonly EnvironmentFigures[],
  columns: number | undefined,
): string[] {
  if (figures.length === 0) return []
  const rows = figures.map(({ environment, visitors, requests, failedPercent, p50, p95 }) => [
    environment,
    visitors.toLocaleString('en-US'),
    requests.toLocaleString('en-US'),
    failedPercent === undefined ? '' : toPercentText(failedPercent),
    toFirstByteText(p50),
    toFirstByteText(p95),
  ])
  const heads = ['last 5 minutes', 'visitors', 'requests', 'failed', 'p50', 'p95']
  return ['', ...toTable(heads, rows, columns)]
}

const SIGNS = { about: '', below: '< ', above: '> ' } as const

export function toFirstByteText(figure: Percentile | undefined): string {
  return figure === undefined ? '' : `${SIGNS[figure.kind]}${figure.ms} ms`
}
