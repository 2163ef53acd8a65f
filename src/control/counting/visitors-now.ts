// How many different visitors each environment had in the last five minutes: adds up the sketches of windows
// that isolates have reported. Pure, but for the text that a row has.

import {
  estimateVisitors,
  isPackedSketch,
  mergeSketch,
  newSketch,
  type PackedSketch,
  packSketch,
  type Sketch,
  toDistinctDay,
} from '../../core/counting/distinct.ts'
import { WINDOW_MS } from '../../core/counting/limits.ts'
import { NOW_WINDOWS } from '../../wire/metrics.ts'
import type { ClosedWindow } from './open-windows.ts'
import { countRequests } from './series.ts'

/** What is known of the visitors of a window. */
export type WindowVisitors = {
  readonly window: number
  readonly requests: ReadonlyMap<string, number>
  readonly distinct: ReadonlyMap<string, PackedSketch>
}

/** Those of a window that is still open. */
export function toWindowVisitors({ window, groups, distinct }: ClosedWindow): WindowVisitors {
  const series = groups.map(({ environment, version, totals }) => ({
    environment,
    version,
    ...totals,
  }))
  const packed = [...distinct].map(([name, sketch]) => [name, packSketch(sketch)] as const)
  return { window, requests: countRequests(series), distinct: new Map(packed) }
}

/** The first of the windows that "now" is made of; the last one is still open. */
export function toFirstNow(now: number): number {
  return Math.floor(now / WINDOW_MS) - NOW_WINDOWS + 1
}

/**
 * About how many visitors each environment had in these windows. There are never more than there were requests:
 * ids are chosen by clients, and a few that are chosen well look like many.
 *
 * The hashes of visitors change at midnight UTC. Until all windows are of the new day, the larger one of the
 * two days' figures is returned: it is too low, by half at most.
 */
export function countVisitors(windows: readonly WindowVisitors[]): Record<string, number> {
  const days = Map.groupBy(windows, ({ window }) => toDistinctDay(window * WINDOW_MS))
  const requests = new Map<string, number>()
  for (const window of windows) {
    for (const [name, count] of window.requests) {
      requests.set(name, (requests.get(name) ?? 0) + count)
    }
  }
  const visitors: Record<string, number> = Object.create(null)
  for (const ofDay of days.values()) {
    for (const [name, sketch] of mergeAll(ofDay)) {
      const most = requests.get(name) ?? 0
      visitors[name] = Math.max(visitors[name] ?? 0, Math.min(estimateVisitors(sketch), most))
    }
  }
  return { ...visitors }
}

function mergeAll(windows: readonly WindowVisitors[]): Map<string, Sketch> {
  const sketches = new Map<string, Sketch>()
  for (const [name, packed] of windows.flatMap(({ distinct }) => [...distinct])) {
    const sketch = sketches.get(name) ?? newSketch()
    sketches.set(name, sketch)
    mergeSketch(sketch, packed)
  }
  return sketches
}

/** The text of the row of a window. An entry has 14 bits, and so is one character. */
export function toVisitorsText(distinct: ReadonlyMap<string, Sketch>): string {
  if (distinct.size === 0) return ''
  const packed = [...distinct].map(([name, sketch]) => [
    name,
    String.fromCharCode(...packSketch(sketch)),
  ])
  return JSON.stringify(packed)
}

/** Takes a text that cannot be read as empty: a bad row must not stop the control. */
export function parseVisitorsText(text: string): ReadonlyMap<string, PackedSketch> {
  if (text === '') return new Map()
  try {
    const packed: [string, string][] = JSON.parse(text)
    return new Map(
      packed
        .map(([name, entries]) => [name, toPacked(entries)] as const)
        .filter(([, entries]) => isPackedSketch(entries)),
    )
  } catch (cause) {
    console.error('a row of visitors cannot be read', cause)
    return new Map()
  }
}

function toPacked(entries: string): PackedSketch {
  return Uint16Array.from(entries, (character) => character.charCodeAt(0))
}
