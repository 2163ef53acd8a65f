// What an isolate has counted since its last report to the control: plain data and typed arrays,
// because they cross a call between machines. metrics/ makes batches; control/counting adds them
// up.

import { MAX_BATCH_VISITORS, MAX_BATCH_WINDOWS, MAX_GROUPS } from './limits.ts'
import { isTotals, type Totals } from './totals.ts'

/** The counts of one version in one environment, as decided with one revision. */
export type Group = {
  readonly environment: string
  readonly version: string
  readonly revision: number
  readonly totals: Totals
  /**
   * Judged visitors of the sample: pairs of sample hash (marks.ts) and marks, each visitor once.
   */
  readonly visitors: Uint32Array
}

export type WindowCounts = {
  /** The window of the time when its requests were counted: see `toWindow`. */
  readonly window: number
  readonly groups: readonly Group[]
}

export type Batch = {
  /** A name that the isolate chose for itself. */
  readonly isolate: string
  /** Grows with every new batch of the isolate; a batch that is sent again keeps its number. */
  readonly sequence: number
  readonly windows: readonly WindowCounts[]
  /**
   * Requests since the last batch that the isolate could not report, because it was too late or
   * there were too many.
   */
  readonly dropped: number
}

/**
 * Which visitors an isolate collects: for each environment the bound below which their sample hash
 * lies.
 */
export type SampleBounds = Readonly<Record<string, number>>

/**
 * Whether a value has the shape and the size of a batch. An isolate that runs another release may
 * send something else.
 */
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

/** Whether a value has the shape of sample bounds. */
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
