// A canary whose service answers later, and one that answers alike: every visitor comes once.

import { seededRandom } from '../../src/core/simulate/random.ts'
import { runRollout, toSpread } from '../../src/core/simulate/simulate.ts'
import { drawWindow } from '../../src/core/simulate/traffic.ts'
import { forWindows, GUARDED_LATENCY, stay } from './plans.ts'
import { type Row, toCount, toPercent, toRuns } from './row.ts'

const WINDOWS = 1000
const PLAN = stay(50, [GUARDED_LATENCY])

/** Median of 200 ms on the base; ln's standard deviation is 0.5 on both sides. */
function detection(property: string, median: number, full: number): Row {
  const latency = { base: { median: 200, spread: 0.5 }, canary: { median, spread: 0.5 } }
  const load = { visitorsPerMinute: 600, metrics: { latency } }
  return {
    property,
    bound: 'found; the visitors that it takes are told',
    run: (effort) => {
      const runs = toRuns(effort, full)
      const all = Array.from({ length: runs }, (_, stream) => {
        const random = seededRandom(effort.seed, stream)
        return runRollout(
          PLAN,
          ({ weight }) => drawWindow(random, load, weight, PLAN.metrics),
          forWindows(WINDOWS),
        )
      })
      const found = all.filter(({ outcome }) => outcome === 'rolledBack')
      const { mean, p90 } = toSpread(found.map(({ visitors: [a, b] }) => a + b))
      return {
        runs,
        judge: `${toPercent(found.length / runs)} found, mean ${toCount(mean)} visitors, 90 % within ${toCount(p90)}`,
        holds: found.length === runs,
      }
    },
  }
}

export const SLOWER_ROWS: readonly Row[] = [
  detection('latency, median 25 % higher (200 → 250 ms), canary 50 %', 250, 5000),
  detection('latency, median 300 ms higher (200 → 500 ms), canary 50 %', 500, 5000),
]
