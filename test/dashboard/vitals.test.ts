// Web vitals of versions, as the dashboard shows them beside each other.

import { describe, expect, it } from 'vitest'
import { VITAL_ROWS } from '../../src/core/counting/metrics.ts'
import { addVital, noTotals } from '../../src/core/counting/totals.ts'
import { toVitals } from '../../src/dashboard/state/vitals.ts'

/** A window in which the pages of a version took these times. */
function pointOf(at: number, version: string, metric: string, measured: readonly number[]) {
  const totals = noTotals()
  for (const one of measured) addVital(totals, metric, one)
  return { at, series: [{ environment: 'main', version, ...totals }] }
}

const spread = (from: number, to: number) =>
  Array.from({ length: 1000 }, (_, i) => from + ((to - from) * (i + 0.5)) / 1000)

describe('web vitals', () => {
  it.each(
    VITAL_ROWS.flatMap(({ name, edges }) =>
      (edges ?? []).slice(1).map((edge, i) => [name, edges?.[i] ?? 0, edge] as const),
    ),
  )('of %s between %i and %i are estimated within the interval', (metric, from, to) => {
    const [version] = toVitals([pointOf(0, 'a', metric, spread(from + 1, to))])
    const [figure] = version?.figures ?? []
    expect(figure).toMatchObject({ metric, kind: 'about', pages: 1000 })
    expect(figure?.value).toBeCloseTo(from + 0.75 * (to - from), -1)
  })

  it('are added up over windows and environments, for each version by itself', () => {
    const points = [
      pointOf(0, 'a', 'lcp', [100, 100, 100]),
      pointOf(1, 'a', 'lcp', [9000]),
      pointOf(1, 'b', 'cls', [700]),
      pointOf(2, 'c', 'errors', [1]),
    ]
    expect(toVitals(points)).toEqual([
      {
        version: 'a',
        figures: [{ metric: 'lcp', unit: 'ms', kind: 'about', value: 500, pages: 4 }],
      },
      {
        version: 'b',
        figures: [{ metric: 'cls', unit: 'thousandths', kind: 'above', value: 500, pages: 1 }],
      },
    ])
  })
})
