// Loads the counters of the last minutes to days from Holo, minute by minute.

import { InvalidArgumentError } from 'commander'
import type { z } from 'zod'
import { metricsReply, recordedPoint } from '../../wire/metrics.ts'
import { toTolerant } from '../../wire/tolerant.ts'
import type { Api } from '../api.ts'

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }
/** The control keeps minutes for thirty days. */
const LONGEST_MS = 30 * 86_400_000

const pageAsRead = toTolerant(
  metricsReply.pick({ next: true }).extend({ points: recordedPoint.array() }),
)
type Page = z.infer<typeof pageAsRead>

/** Oldest first; minutes without requests are left out. Times are milliseconds since the epoch. */
export async function loadPoints(api: Api, begin: number, to: number): Promise<Page['points']> {
  const points: Page['points'] = []
  for (let from: number | undefined = Math.max(1, begin); from !== undefined; ) {
    const query = { resolution: 'minute', from: String(from), to: String(to) }
    const page: Page = await api.ask(pageAsRead, 'GET', '/metrics', { query })
    points.push(...page.points)
    from = page.next
  }
  return points
}

/** `12h` in milliseconds. @throws InvalidArgumentError */
export function parsePeriod(text: string): number {
  const [, number, unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  const ms = Number(number) * (UNITS[unit] ?? 0)
  if (ms > 0 && ms <= LONGEST_MS) return ms
  throw new InvalidArgumentError('a time such as 30m, 12h or 7d, up to 30d')
}
