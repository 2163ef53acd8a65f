// What an isolate has counted since it last told the control: plain data and typed arrays, because
// they cross a call between machines. How they are made is metrics' affair, what they add up to the
// control's.

import { MAX_BATCH_VISITORS, MAX_BATCH_WINDOWS, MAX_GROUPS } from './limits.ts'
import { isTotals, type Totals } from './totals.ts'

/** One version in one environment, as decided with one revision. */
export type Group = {
  readonly environment: string
  readonly version: string
  readonly revision: number
  readonly totals: Totals
  /** Judged visitors of the sample: pairs of second hash and marks, each visitor once. */
  readonly visitors: Uint32Array
}

export type WindowCounts = {
  /** `toWindow` of when its requests were counted. */
  readonly window: number
  readonly groups: readonly Group[]
}

export type Batch = {
  /** A name that the isolate gave itself. */
  readonly isolate: string
  /** Grows with every new batch of the isolate; a batch that is sent again keeps its own. */
  readonly sequence: number
  readonly windows: readonly WindowCounts[]
  /** Requests that the isolate could not report, since its last batch: too late, or too much at once. */
  readonly dropped: number
}

/** What an isolate is asked to collect: for each environment the bound of the sample. */
export type SampleBounds = Readonly<Record<string, number>>

/** Whether a value has the shape and the size of a batch: an isolate of another release may not know. */
export function isBatch(value: unknown): value is Batch {
  const { isolate, sequence, windows, dropped } = (value ?? {}) as Partial<
    Record<keyof Batch, unknown>
  >
  return (
    isName(isolate) &&
    isWhole(sequence) &&
    isWhole(dropped) &&
    Array.isArray(windows) &&
    windows.length <= MAX_BATCH_WINDOWS &&
    windows.every(isCountedWindow) &&
    windows.reduce((sum, window) => sum + countVisitors(window), 0) <= MAX_BATCH_VISITORS
  )
}

/** Whether a value is what isolates can be asked to collect. */
export function isSampleBounds(value: unknown): value is SampleBounds {
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).every((bound) => typeof bound === 'number' && bound >= 0)
}

function countVisitors({ groups }: WindowCounts): number {
  return groups.reduce((sum, { visitors }) => sum + visitors.length / 2, 0)
}

function isCountedWindow(value: unknown): value is WindowCounts {
  const { window, groups } = (value ?? {}) as Partial<Record<keyof WindowCounts, unknown>>
  return (
    isWhole(window) && Array.isArray(groups) && groups.length <= MAX_GROUPS && groups.every(isGroup)
  )
}

function isGroup(value: unknown): value is Group {
  const { environment, version, revision, totals, visitors } = (value ?? {}) as Partial<
    Record<keyof Group, unknown>
  >
  return (
    isName(environment) &&
    isName(version) &&
    isWhole(revision) &&
    isTotals(totals) &&
    visitors instanceof Uint32Array &&
    visitors.length % 2 === 0
  )
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 256
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
