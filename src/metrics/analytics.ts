// Copies of batches for Workers Analytics Engine, which keeps them for three months: one data point
// for each version of a batch. Nothing where no data set is bound.

import type { Batch } from '../core/counting/batch.ts'
import { addTotals, type GrowingTotals, noTotals } from '../core/counting/totals.ts'
import { MAX_POINTS } from './limits.ts'

/**
 * Writes a batch down. blob1 is the environment, blob2 the version, index1 both; the doubles are, in
 * this order: requests, failed, judged, assigned, replies 1xx to 5xx, sum of first byte in ms, replies
 * with a first byte, bytes. Sums of them need `_sample_interval`.
 */
export function writePoints(dataset: AnalyticsEngineDataset | undefined, batch: Batch): void {
  if (!dataset) return
  for (const [key, { environment, version, totals }] of [...toVersions(batch)].slice(
    0,
    MAX_POINTS,
  )) {
    const { requests, failed, judged, assigned, statuses, latencyMs, latency, bytes } = totals
    const timed = latency.reduce((sum, count) => sum + count, 0)
    dataset.writeDataPoint({
      indexes: [key.slice(0, 96)],
      blobs: [environment, version],
      doubles: [requests, failed, judged, assigned, ...statuses, latencyMs, timed, bytes],
    })
  }
}

function toVersions({ windows }: Batch) {
  const versions = new Map<
    string,
    { environment: string; version: string; totals: GrowingTotals }
  >()
  for (const { environment, version, totals } of windows.flatMap(({ groups }) => groups)) {
    const key = `${environment} ${version}`
    const known = versions.get(key) ?? { environment, version, totals: noTotals() }
    versions.set(key, known)
    addTotals(known.totals, totals)
  }
  return versions
}
