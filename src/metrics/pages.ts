// What an isolate has counted and not sent yet, by window and version. Memory is bounded: what does
// not fit is left out, and counted as left out.

import type { Group, WindowCounts } from '../core/counting/batch.ts'
import {
  closesAt,
  MAX_BATCH_VISITORS,
  MAX_BATCH_WINDOWS,
  MAX_GROUPS,
  toWindow,
} from '../core/counting/limits.ts'
import { type Marks, mergeMarks } from '../core/counting/marks.ts'
import { type GrowingTotals, noTotals } from '../core/counting/totals.ts'
import type { Decision } from '../core/types.ts'

export type Page = {
  readonly window: number
  readonly environment: string
  readonly version: string
  readonly revision: number
  readonly totals: GrowingTotals
  readonly visitors: Map<number, Marks>
}

export class Pages {
  readonly #windows = new Map<number, Map<string, Page>>()
  /** Nearly every request belongs to the same page as the one before. */
  #last: Page | undefined
  #visitors = 0

  get isEmpty(): boolean {
    return this.#windows.size === 0
  }

  /** The page for a request; `undefined` if there are too many pages. */
  find({ environment, version, revision }: Decision, now: number): Page | undefined {
    const window = toWindow(now)
    const last = this.#last
    if (
      last?.window === window &&
      last.version === version.id &&
      last.environment === environment &&
      last.revision === revision
    ) {
      return last
    }
    const page = this.#open(window, environment, version.id, revision)
    if (page) this.#last = page
    return page
  }

  /** Adds a visitor's marks. Whether there was room for the visitor. */
  mark({ visitors }: Page, hash: number, marks: Marks): boolean {
    const known = visitors.get(hash)
    if (known === undefined) {
      if (this.#visitors >= MAX_BATCH_VISITORS) return false
      this.#visitors += 1
    }
    visitors.set(hash, known === undefined ? marks : mergeMarks(known, marks))
    return true
  }

  /** Removes windows that are closed by now. How many requests were in them. */
  dropClosed(now: number): number {
    let dropped = 0
    for (const [window, pages] of this.#windows) {
      if (now < closesAt(window)) continue
      this.#windows.delete(window)
      for (const { totals, visitors } of pages.values()) {
        dropped += totals.requests
        this.#visitors -= visitors.size
      }
      this.#last = undefined
    }
    return dropped
  }

  /** Hands everything out and starts empty. */
  take(): WindowCounts[] {
    const windows = [...this.#windows].map(([window, pages]) => ({
      window,
      groups: [...pages.values()].map(toGroup),
    }))
    this.#windows.clear()
    this.#visitors = 0
    this.#last = undefined
    return windows
  }

  #open(window: number, environment: string, version: string, revision: number): Page | undefined {
    let pages = this.#windows.get(window)
    if (!pages) {
      if (this.#windows.size >= MAX_BATCH_WINDOWS) return undefined
      pages = new Map()
      this.#windows.set(window, pages)
    }
    const key = `${environment}\n${version}\n${revision}`
    const known = pages.get(key)
    if (known) return known
    if (pages.size >= MAX_GROUPS) return undefined
    const totals = noTotals()
    const page = { window, environment, version, revision, totals, visitors: new Map() }
    pages.set(key, page)
    return page
  }
}

function toGroup({ environment, version, revision, totals, visitors }: Page): Group {
  const pairs = new Uint32Array(2 * visitors.size)
  let at = 0
  for (const [hash, marks] of visitors) {
    pairs[at++] = hash
    pairs[at++] = marks
  }
  return { environment, version, revision, totals, visitors: pairs }
}
