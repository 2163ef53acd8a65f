// Adds replies to the sums of their page.

import { toFirstByteInterval, toJudgedInterval } from '../core/counting/first-byte.ts'
import { addNamed, type GrowingTotals } from '../core/counting/totals.ts'
import { isVersionsFault, toLatencyMs } from './met.ts'
import type { CountedReply } from './observed.ts'

/** @param code what `toFailureCode` says of the reply. */
export function addAnswer(
  totals: GrowingTotals,
  { status, source, bytes, service }: CountedReply,
  code: string | undefined,
): void {
  totals.requests += 1
  const statusClass = Math.floor(status / 100) - 1
  totals.statuses[statusClass] = (totals.statuses[statusClass] ?? 0) + 1
  addNamed(totals.sources, source)
  totals.bytes += bytes
  if (code !== undefined) addNamed(totals.failures, code)
  if (isVersionsFault(code)) totals.failed += 1
  const waitedMs = service && toLatencyMs(service)
  if (waitedMs === undefined) return
  const interval = toFirstByteInterval(waitedMs)
  const judged = toJudgedInterval(interval)
  totals.firstByte[interval] = (totals.firstByte[interval] ?? 0) + 1
  totals.latency[judged] = (totals.latency[judged] ?? 0) + 1
  totals.latencyMs += Math.round(waitedMs)
}
