// The sums of one version in one environment over some time. They are shown to people; the judge
// uses marks.ts. Plain JSON; adding them is exact and does not depend on the order.

import { FIRST_BYTE_COUNTS, fromJudgedIntervals } from './first-byte.ts'
import { MAX_NAMES } from './limits.ts'
import { countEdgesBelow, LATENCY_EDGES_MS, type MetricRow, VITAL_ROWS } from './metrics.ts'

type Names = Readonly<Record<string, number>>

export type Totals = {
  /** Requests for which the version was chosen, whoever answered. */
  readonly requests: number
  /** Requests that say something about the version: see `isJudged` in metrics/observed.ts. */
  readonly judged: number
  /** Documents that were decided by the visitor's bucket, counted before any backend is called. */
  readonly assigned: number
  /**
   * Requests that failed through the version's fault: see `toFailureCode` in metrics/observed.ts.
   */
  readonly failed: number
  /** Replies by the first digit of their status, 1 to 5. */
  readonly statuses: readonly number[]
  /**
   * Failures of backends by code: a timeout is `origin_timeout`, a status of 500 and more
   * `status_5xx`.
   */
  readonly failures: Names
  /** Judged requests with an outcome without edges, by the metric's name. */
  readonly outcomes: Names
  /** Replies by their source: `memory`, `cache`, `r2`, `service`, `fallback`, `none`. */
  readonly sources: Names
  /**
   * Times to first byte of services: how many were at most each of LATENCY_EDGES_MS, and above the
   * last.
   */
  readonly latency: readonly number[]
  /** The same times between the finer edges of first-byte.ts. */
  readonly firstByte: readonly number[]
  /** The sum of these times in milliseconds. */
  readonly latencyMs: number
  /** Bytes of bodies whose length was announced. */
  readonly bytes: number
  /**
   * What browsers measured of pages, by the metric's name: how many were at most each edge of its row, and
   * above the last. Left out where none reported.
   */
  readonly vitals?: Vitals | undefined
}

type Vitals = Readonly<Record<string, readonly number[]>>

export type Mutable<T> = { -readonly [K in keyof T]: Growing<T[K]> }
type Growing<T> = T extends readonly number[]
  ? number[]
  : T extends Names
    ? NamedSums
    : T extends Vitals
      ? Record<string, number[]>
      : T
type NamedSums = Record<string, number>

/** Sums to which more is added. */
export type GrowingTotals = Mutable<Totals>

const STATUS_CLASSES = 5

export function noTotals(): GrowingTotals {
  return {
    requests: 0,
    judged: 0,
    assigned: 0,
    failed: 0,
    statuses: new Array<number>(STATUS_CLASSES).fill(0),
    failures: {},
    outcomes: {},
    sources: {},
    latency: new Array<number>(LATENCY_EDGES_MS.length + 1).fill(0),
    firstByte: new Array<number>(FIRST_BYTE_COUNTS).fill(0),
    latencyMs: 0,
    bytes: 0,
  }
}

/** Adds 1, or `by`, to a name; to `other` where there are too many names. */
export function addNamed(names: NamedSums, name: string, by = 1): void {
  const isKnown = Object.hasOwn(names, name)
  const key = isKnown || Object.keys(names).length < MAX_NAMES ? name : 'other'
  names[key] = (Object.hasOwn(names, key) ? (names[key] ?? 0) : 0) + by
}

/** Adds what a browser measured; a metric that has no row with edges is left out. */
export function addVital(to: GrowingTotals, metric: string, measured: number): void {
  const edges = findVital(metric)?.edges
  if (!edges) return
  to.vitals ??= {}
  to.vitals[metric] ??= new Array<number>(edges.length + 1).fill(0)
  const counts = to.vitals[metric]
  const interval = countEdgesBelow(edges, measured)
  counts[interval] = (counts[interval] ?? 0) + 1
}

function findVital(metric: string): MetricRow | undefined {
  return VITAL_ROWS.find(({ name }) => name === metric)
}

/** What an older Holo counted has no finer intervals. */
export type OlderTotals = Omit<Totals, 'firstByte'> & Partial<Pick<Totals, 'firstByte'>>

export function addTotals(to: GrowingTotals, more: OlderTotals): void {
  to.requests += more.requests
  to.judged += more.judged
  to.assigned += more.assigned
  to.failed += more.failed
  to.latencyMs += more.latencyMs
  to.bytes += more.bytes
  addAll(to.statuses, more.statuses)
  addAll(to.latency, more.latency)
  addAll(to.firstByte, more.firstByte ?? fromJudgedIntervals(more.latency))
  for (const [name, count] of Object.entries(more.failures)) addNamed(to.failures, name, count)
  for (const [name, count] of Object.entries(more.outcomes ?? {})) {
    addNamed(to.outcomes, name, count)
  }
  for (const [name, count] of Object.entries(more.sources)) addNamed(to.sources, name, count)
  for (const [name, counts] of Object.entries(more.vitals ?? {})) {
    to.vitals ??= {}
    to.vitals[name] ??= new Array<number>(counts.length).fill(0)
    addAll(to.vitals[name], counts)
  }
}

/**
 * Whether a value that came from elsewhere has the shape of totals: whole numbers from 0
 * everywhere.
 */
export function isTotals(value: unknown): value is OlderTotals {
  const totals = (value ?? {}) as Partial<Record<keyof Totals, unknown>>
  return (
    [totals.requests, totals.judged, totals.assigned, totals.failed].every(isCount) &&
    [totals.latencyMs, totals.bytes].every(isCount) &&
    isCounts(totals.statuses, STATUS_CLASSES) &&
    isCounts(totals.latency, LATENCY_EDGES_MS.length + 1) &&
    (totals.firstByte === undefined || isCounts(totals.firstByte, FIRST_BYTE_COUNTS)) &&
    isNames(totals.failures) &&
    isNames(totals.outcomes) &&
    isNames(totals.sources) &&
    (totals.vitals === undefined || isVitals(totals.vitals))
  )
}

function isVitals(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).every(([name, counts]) => {
    const edges = findVital(name)?.edges
    return edges ? isCounts(counts, edges.length + 1) : false
  })
}

function addAll(to: number[], more: readonly number[]): void {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] ?? 0) + (more[i] ?? 0)
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isCounts(value: unknown, length: number): boolean {
  return Array.isArray(value) && value.length === length && value.every(isCount)
}

function isNames(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const names = Object.entries(value)
  return (
    names.length <= MAX_NAMES + 1 && names.every(([name, n]) => name.length <= 64 && isCount(n))
  )
}
