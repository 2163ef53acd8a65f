// Web vitals of versions in the last hour, as browsers report them. Pure.

import { VITAL_ROWS } from '../../core/counting/metrics.ts'
import type { CountedHour } from './counts.ts'

/** The share of pages that a figure of web vitals is about: https://web.dev/articles/vitals. */
const SHARE = 0.75

export type VitalFigure = {
  readonly metric: string
  readonly unit: 'ms' | 'thousandths'
  /** An estimate; above the last edge nothing is known but that it is more. */
  readonly kind: 'about' | 'above'
  readonly value: number
  readonly pages: number
}

export type VersionVitals = {
  readonly version: string
  /** In the order of the table of metrics; those without a report are left out. */
  readonly figures: readonly VitalFigure[]
}

/** The versions with reports, in the order in which they are first seen. */
export function toVitals(points: CountedHour): readonly VersionVitals[] {
  const byVersion = new Map<string, Map<string, number[]>>()
  for (const { series } of points) {
    for (const { version, vitals } of series) {
      if (!vitals) continue
      const sums = byVersion.get(version) ?? new Map<string, number[]>()
      byVersion.set(version, sums)
      for (const [metric, counts] of Object.entries(vitals)) {
        const before = sums.get(metric) ?? []
        sums.set(
          metric,
          counts.map((count, i) => count + (before[i] ?? 0)),
        )
      }
    }
  }
  return [...byVersion].map(([version, sums]) => ({
    version,
    figures: VITAL_ROWS.flatMap(({ name, edges, unit }) => {
      const counts = sums.get(name)
      if (!counts || !edges || unit === 'visitors') return []
      const figure = toFigure(counts, edges)
      return figure ? [{ metric: name, unit, ...figure }] : []
    }),
  }))
}

/** Within an interval pages are taken to be spread evenly. */
function toFigure(
  counts: readonly number[],
  edges: readonly number[],
): Pick<VitalFigure, 'kind' | 'value' | 'pages'> | undefined {
  const pages = counts.reduce((sum, count) => sum + count, 0)
  if (pages === 0) return undefined
  const rank = SHARE * pages
  let below = 0
  for (const [i, edge] of edges.entries()) {
    const count = counts[i] ?? 0
    if (count > 0 && below + count >= rank) {
      const from = edges[i - 1] ?? 0
      return { kind: 'about', value: from + (edge - from) * ((rank - below) / count), pages }
    }
    below += count
  }
  return { kind: 'above', value: edges.at(-1) ?? 0, pages }
}
