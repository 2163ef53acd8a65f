// Windows that still take batches: merges what isolates report, drops what comes twice or too late,
// and closes each window when its time has come. Pure but for its memory, which is bounded; `now` is
// in milliseconds since the epoch throughout. Order and repetition of batches change nothing.

import type { Batch, Group, WindowCounts } from '../../core/counting/batch.ts'
import { mergeSketch, newSketch, type Sketch } from '../../core/counting/distinct.ts'
import {
  CLOCK_WENT_BACK_WINDOWS,
  closesAt,
  MAX_GROUPS,
  toWindow,
} from '../../core/counting/limits.ts'
import { addTotals, type GrowingTotals, noTotals } from '../../core/counting/totals.ts'
import { addUse, type WindowUses } from '../../core/counting/uses.ts'
import { isExperimentPlace } from '../../core/experiments/limits.ts'
import { MAX_REMEMBERED_ISOLATES, REMEMBERED_MS } from './limits.ts'

/** Of one version in one environment, as decided with one revision. */
export type MergedGroup = {
  readonly environment: string
  readonly version: string
  readonly revision: number
  readonly totals: GrowingTotals
}

export type ClosedWindow = {
  readonly window: number
  readonly groups: readonly MergedGroup[]
  /** How many visitors there were, about, by environment. */
  readonly distinct: ReadonlyMap<string, Sketch>
  readonly uses: WindowUses
}

type OpenWindow = {
  readonly groups: Map<string, MergedGroup>
  readonly distinct: Map<string, Sketch>
  readonly uses: WindowUses
}

/** What was reported and not counted, and what isolates themselves could not report. */
export type WindowLosses = {
  batches: number
  duplicates: number
  /** Requests in windows that were closed. */
  late: number
  /** Requests in windows that have not begun: somebody's clock is wrong. */
  early: number
  /** Requests that isolates dropped. */
  unreported: number
  /** Groups for which there was no room. */
  overflow: number
}

export class OpenWindows {
  readonly losses: WindowLosses = {
    batches: 0,
    duplicates: 0,
    late: 0,
    early: 0,
    unreported: 0,
    overflow: 0,
  }
  readonly #windows = new Map<number, OpenWindow>()
  readonly #isolates = new Map<string, { readonly sequence: number; readonly at: number }>()
  /**
   * The newest that was closed: none up to it is opened again. Forgotten when the clock is a minute and
   * more behind it, because otherwise nothing would be counted until the clock is there again.
   */
  #closed = -1

  /** When the next window closes; `Infinity` when none is open. */
  get nextCloseAt(): number {
    return closesAt(Math.min(...this.#windows.keys()))
  }

  /** @returns whether the batch had not come before. */
  add(batch: Batch, now: number): boolean {
    if (!this.#isNew(batch, now)) {
      this.losses.duplicates += 1
      return false
    }
    if (toWindow(now) < this.#closed - CLOCK_WENT_BACK_WINDOWS) this.#closed = -1
    this.losses.batches += 1
    this.losses.unreported += batch.dropped
    for (const counted of batch.windows) {
      if (counted.window <= this.#closed || now >= closesAt(counted.window)) {
        this.losses.late += countRequests(counted)
      } else if (counted.window > toWindow(now) + 1) {
        this.losses.early += countRequests(counted)
      } else {
        this.#merge(counted)
      }
    }
    return true
  }

  /** Those whose time has come, oldest first. */
  close(now: number): ClosedWindow[] {
    const due = [...this.#windows.keys()].filter((window) => now >= closesAt(window))
    return due
      .sort((a, b) => a - b)
      .map((window) => {
        const closed = this.#read(window)
        this.#windows.delete(window)
        this.#closed = Math.max(this.#closed, window)
        return closed
      })
  }

  /** Those that are still open, as they stand. */
  list(): ClosedWindow[] {
    return [...this.#windows.keys()].map((window) => this.#read(window))
  }

  #read(window: number): ClosedWindow {
    const { groups, ...known } = this.#windows.get(window) ?? newWindow()
    return { window, groups: [...groups.values()].sort(byName), ...known }
  }

  /** Isolates number their batches and send none before the last has ended. */
  #isNew({ isolate, sequence }: Batch, now: number): boolean {
    const last = this.#isolates.get(isolate)
    if (last && last.sequence >= sequence) return false
    this.#isolates.delete(isolate)
    this.#isolates.set(isolate, { sequence, at: now })
    for (const [oldest, { at }] of this.#isolates) {
      const isOld = now - at > REMEMBERED_MS
      if (!isOld && this.#isolates.size <= MAX_REMEMBERED_ISOLATES) break
      this.#isolates.delete(oldest)
    }
    return true
  }

  #merge({ window, groups }: WindowCounts): void {
    const open = this.#windows.get(window) ?? newWindow()
    this.#windows.set(window, open)
    for (const group of groups) {
      // What experiments count is not traffic of a version.
      if (isExperimentPlace(group.environment)) continue
      const key = `${group.environment}\n${group.version}\n${group.revision}`
      const known = open.groups.get(key)
      if (!known && open.groups.size >= MAX_GROUPS) {
        this.losses.overflow += 1
        continue
      }
      const merged = known ?? toMerged(group)
      open.groups.set(key, merged)
      addTotals(merged.totals, group.totals)
      addUse(open.uses, {
        version: group.version,
        requests: group.totals.requests,
        services: group.services ?? {},
        tabs: group.tabs ?? NO_TABS,
      })
      if (!group.distinct) continue
      const sketch = open.distinct.get(group.environment) ?? newSketch()
      open.distinct.set(group.environment, sketch)
      mergeSketch(sketch, group.distinct)
    }
  }
}

const NO_TABS = new Uint16Array()

function newWindow(): OpenWindow {
  return { groups: new Map(), distinct: new Map(), uses: new Map() }
}

function toMerged({ environment, version, revision }: Group): MergedGroup {
  return { environment, version, revision, totals: noTotals() }
}

function byName(a: MergedGroup, b: MergedGroup): number {
  const [one, other] = [`${a.environment}\n${a.version}`, `${b.environment}\n${b.version}`]
  if (one !== other) return one < other ? -1 : 1
  return a.revision - b.revision
}

function countRequests({ groups }: WindowCounts): number {
  return groups.reduce((sum, { totals }) => sum + totals.requests, 0)
}
