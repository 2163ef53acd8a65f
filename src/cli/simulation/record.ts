// Recorded counters: loads those of the last minutes to days from Holo, and turns them into the load of a
// simulation, minute by minute as recorded, and from the beginning again when the record ends. Counters
// count requests and not visitors; the notices say what is assumed.

import { InvalidArgumentError } from 'commander'
import type { z } from 'zod'
import { toDuration } from '../../core/amounts.ts'
import { WINDOW_MS } from '../../core/counting/limits.ts'
import { METRICS } from '../../core/counting/metrics.ts'
import type { Load, SideModel } from '../../core/simulate/traffic.ts'
import {
  type MetricRecord,
  metricRecord,
  metricsReply,
  type RecordedPoint,
  recordedPoint,
} from '../../wire/metrics.ts'
import { toTolerant } from '../../wire/tolerant.ts'
import type { Api } from '../api.ts'
import { refused } from '../failure.ts'
import { toCount, toTime } from '../words.ts'
import { ERRORS, LATENCY } from './load.ts'

const STEP_MS = { window: WINDOW_MS, minute: 60_000 } as const
/** The side with this name is the new one, if it was recorded. */
export const RECORDED_CANARY = 'canary'

export type RecordedLoad = {
  readonly loadAt: (window: number) => Load
  readonly text: string
  readonly notices: readonly string[]
}

type Sums = {
  readonly assigned: number
  readonly failed: number
  readonly latency: readonly number[]
  /** The number of requests with each outcome. */
  readonly outcomes: Readonly<Record<string, number>>
}

/**
 * The metrics that a record has counts of: those that are bad if more visitors meet them. For the others one
 * would need to count visitors.
 */
const RECORDED = METRICS.filter(
  ({ name, edges, bad }) => name !== ERRORS && edges === null && bad === 'more',
)

/** @param worse the new version fails so many times as often as recorded. @throws CliFailure */
export function readRecord(raw: unknown, file: string, worse: number): RecordedLoad {
  const parsed = metricRecord.safeParse(raw)
  if (!parsed.success) {
    throw refused('invalid_record', `${file} is not what "holo metrics export" writes`, {
      problems: parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message })),
    })
  }
  const load = toRecordedLoad(parsed.data, worse)
  if (load) return load
  throw refused(
    'invalid_record',
    `${file} has no visitors: no document in it was assigned by a bucket`,
  )
}

/** `undefined` for a record without visitors. */
export function toRecordedLoad(
  { points, resolution }: Pick<MetricRecord, 'points' | 'resolution'>,
  worse: number,
): RecordedLoad | undefined {
  const [first, last] = [points[0], points.at(-1)]
  const base = findRecordedBase(points)
  if (!first || !last || base === undefined) return undefined
  const step = STEP_MS[resolution]
  const steps = Math.round((last.at - first.at) / step) + 1
  const byStep = new Map(points.map((point) => [Math.round((point.at - first.at) / step), point]))
  const hasCanary = base !== RECORDED_CANARY && sumOf(points, RECORDED_CANARY).assigned > 0
  const canary = hasCanary ? RECORDED_CANARY : base
  const all = { base: sumOf(points, base), canary: sumOf(points, canary) }
  const loads = Array.from({ length: steps }, (_, i) =>
    toLoad(byStep.get(i), { base, worse, step, all }),
  )
  const perStep = step / WINDOW_MS
  const silent = loads[0] as Load
  return {
    loadAt: (window) => loads[Math.floor(window / perStep) % steps] ?? silent,
    text: `the traffic from ${toTime(first.at)} on, ${toDuration(steps * step)} of it, as ${base} had it${
      hasCanary ? ` and ${canary}` : ''
    }${worse === 1 ? '' : `, the new version failing ${worse} times as often`}`,
    notices: [
      `counters do not tell visitors apart: each of ${toCount(all.base.assigned, 'document')} is taken for one, and each failed request for one of them`,
      ...(hasCanary
        ? []
        : [`there is no ${RECORDED_CANARY} in it: the new version is taken to be like ${base}`]),
      ...(worse !== 1 && all.canary.failed === 0
        ? [`the new version never failed in it, so --worse ${worse} changes nothing`]
        : []),
    ],
  }
}

/** The environment that had the most documents. */
export function findRecordedBase(points: readonly RecordedPoint[]): string | undefined {
  const names = new Set(points.flatMap(({ series }) => series.map((one) => one.environment)))
  const [most] = [...names]
    .map((name) => ({ name, assigned: sumOf(points, name).assigned }))
    .filter(({ assigned }) => assigned > 0)
    .sort((one, other) => other.assigned - one.assigned)
  return most?.name
}

export function sumOf(points: readonly RecordedPoint[], environment: string): Sums {
  let [assigned, failed] = [0, 0]
  let latency: number[] = []
  const outcomes: Record<string, number> = {}
  for (const one of points.flatMap(({ series }) => series)) {
    if (one.environment !== environment) continue
    assigned += one.assigned
    failed += one.failed
    latency = one.latency.map((count, i) => count + (latency[i] ?? 0))
    for (const [name, count] of Object.entries(one.outcomes ?? {})) {
      outcomes[name] = (outcomes[name] ?? 0) + count
    }
  }
  return { assigned, failed, latency, outcomes }
}

type Sides = {
  readonly base: string
  readonly worse: number
  readonly step: number
  /** Sums of the whole record: a canary has too few visitors for a rate of each minute. */
  readonly all: { readonly base: Sums; readonly canary: Sums }
}

function toLoad(point: RecordedPoint | undefined, { base, worse, step, all }: Sides): Load {
  const now = sumOf(point ? [point] : [], base)
  const assigned = point?.series.reduce((sum, one) => sum + one.assigned, 0) ?? 0
  const control = toRate(now)
  const rate = Math.min(1, toCanaryRate(control, toRate(all.base), toRate(all.canary)) * worse)
  const latency = { base: toAbove(all.base.latency), canary: toAbove(all.canary.latency) }
  return {
    visitorsPerMinute: (assigned * 60_000) / step,
    metrics: {
      ...toOthers(all),
      [ERRORS]: { base: { rate: control }, canary: { rate } },
      ...(latency.base && latency.canary
        ? { [LATENCY]: { base: latency.base, canary: latency.canary } }
        : {}),
    },
  }
}

/** The metrics that some visitor met, with their rates over the whole record. */
function toOthers({ base, canary }: Sides['all']): Load['metrics'] {
  const shareOf = ({ assigned, outcomes }: Sums, name: string) =>
    assigned > 0 ? Math.min(1, (outcomes[name] ?? 0) / assigned) : 0
  const met = RECORDED.map(
    ({ name }) => [name, shareOf(base, name), shareOf(canary, name)] as const,
  )
  return Object.fromEntries(
    met
      .filter(([, control, rate]) => control + rate > 0)
      .map(([name, control, rate]) => [name, { base: { rate: control }, canary: { rate } }]),
  )
}

/** The base's rate at that time, scaled; if the base never failed, the canary's rate over the whole record. */
function toCanaryRate(control: number, base: number, canary: number): number {
  return base > 0 ? control * (canary / base) : canary
}

export function toRate({ assigned, failed }: Pick<Sums, 'assigned' | 'failed'>): number {
  return assigned > 0 ? Math.min(1, failed / assigned) : 0
}

/** How often the visitors of one environment met each metric, over a whole record. */
export function toSideModels(sums: Sums): Readonly<Record<string, SideModel>> {
  const others = toOthers({ base: sums, canary: sums })
  const above = toAbove(sums.latency)
  return {
    ...Object.fromEntries(Object.entries(others).map(([name, { base }]) => [name, base])),
    [ERRORS]: { rate: toRate(sums) },
    ...(above ? { [LATENCY]: above } : {}),
  }
}

/** The share of requests above each edge; `undefined` if no service was called. */
function toAbove(latency: readonly number[]): SideModel | undefined {
  const total = latency.reduce((sum, count) => sum + count, 0)
  if (total === 0) return undefined
  let within = 0
  const above = latency.slice(0, -1).map((count) => {
    within += count
    return (total - within) / total
  })
  return { above }
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }
/** The control keeps minutes for thirty days. */
const LONGEST_MS = 30 * 86_400_000

const pageAsRead = toTolerant(
  metricsReply.pick({ next: true }).extend({ points: recordedPoint.array() }),
)
type Page = z.infer<typeof pageAsRead>

/**
 * Loads counters from Holo, minute by minute. Oldest first; minutes without requests are left out. Times are
 * milliseconds since the epoch.
 */
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
