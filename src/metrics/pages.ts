// What an isolate has counted and not sent yet, by window and version. Memory is bounded: what does
// not fit is left out, and counted as left out. One client has a part of the room only, so that it
// cannot keep others from being counted.

import type { WindowCounts } from '../core/counting/batch.ts'
import { addVisitor, newSketch } from '../core/counting/distinct.ts'
import {
  closesAt,
  MAX_BATCH_OUTCOMES,
  MAX_BATCH_VISITORS,
  MAX_BATCH_WINDOWS,
  MAX_GROUPS,
  toWindow,
} from '../core/counting/limits.ts'
import { type Marks, mergeMarks } from '../core/counting/marks.ts'
import {
  type ClientHashes,
  OUTCOME_WORDS,
  type OutcomeKind,
  pushOutcome,
  toSegmentWord,
} from '../core/counting/outcomes.ts'
import type { SegmentValues } from '../core/counting/segments.ts'
import { MAX_COUNTED_SERVICES, TAB_DAY } from '../core/counting/uses.ts'
import type { Decision } from '../core/types.ts'
import { openPage, type Page, placeKind, toGroup } from './page.ts'
import { placeSegment } from './segments.ts'

/** What one visitor met, before its kind has a place in the list. */
export type NewOutcome = ClientHashes &
  OutcomeKind & {
    readonly visitor: number
    readonly level: number
    readonly values?: SegmentValues | undefined
  }

/** Visitors, and outcomes, in one batch that one network (a /48 of IPv6, an address of IPv4) may have. */
export const MAX_NETWORK_ENTRIES = 1024

/** Groups that are left for versions with visitors of their own, when tabs ask for many old ones. */
const OWN_GROUPS = MAX_GROUPS / 2

/** What one network has in the batch. */
type Share = { visitors: number; outcomes: number; kinds: number }

export class Pages {
  readonly #windows = new Map<number, Map<string, Page>>()
  /** Nearly every request belongs to the same page as the one before. */
  #last: Page | undefined
  /** When the first of the windows closes. */
  #firstCloses = Number.POSITIVE_INFINITY
  #visitors = 0
  #outcomes = 0
  readonly #shares = new Map<number, Share>()

  get isEmpty(): boolean {
    return this.#windows.size === 0
  }

  /** The page for a request; `undefined` if there are too many pages. */
  find({ environment, version, revision, reason }: Decision, now: number): Page | undefined {
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
    const limit = reason === 'bucket' ? MAX_GROUPS : OWN_GROUPS
    const page = this.#open(window, environment, version.id, revision, limit)
    if (page) this.#last = page
    return page
  }

  /**
   * Adds a visitor's marks. Whether there was room for the visitor.
   *
   * @param toValues what its client is, asked once for a visitor; `undefined` if nobody wants to know.
   */
  mark(
    { visitors, segments, visitorSegments }: Page,
    hash: number,
    marks: Marks,
    network: number,
    toValues?: (() => SegmentValues) | undefined,
  ): boolean {
    const known = visitors.get(hash)
    if (known !== undefined) {
      visitors.set(hash, mergeMarks(known, marks))
      return true
    }
    if (this.#visitors >= MAX_BATCH_VISITORS) return false
    const share = this.#shareOf(network)
    if (share && share.visitors >= MAX_NETWORK_ENTRIES) return false
    this.#visitors += 1
    if (share) share.visitors += 1
    visitors.set(hash, marks)
    if (toValues) {
      visitorSegments.set(hash, toSegmentWord(placeSegment(segments, toValues()), network))
    }
    return true
  }

  /** Adds what a visitor met. Whether there was room for it. */
  tell(page: Page, { metric, route, code, values, ...outcome }: NewOutcome): boolean {
    if (this.#outcomes >= MAX_BATCH_OUTCOMES) return false
    const share = this.#shareOf(outcome.network)
    if (share && share.outcomes >= MAX_NETWORK_ENTRIES) return false
    const kind = placeKind(
      page.kinds,
      code === undefined ? { metric, route } : { metric, route, code },
      share,
    )
    if (kind === undefined) return false
    const segment = values ? placeSegment(page.segments, values) : 0
    pushOutcome(page.outcomes, { ...outcome, kind, segment })
    this.#outcomes += 1
    if (share) share.outcomes += 1
    return true
  }

  /** Adds that a service of the version was asked, and by which tab. */
  use(page: Page, prefix: string | undefined, tab: string | undefined): void {
    const { services } = page
    if (prefix !== undefined && (services.has(prefix) || services.size < MAX_COUNTED_SERVICES)) {
      services.set(prefix, (services.get(prefix) ?? 0) + 1)
    }
    if (tab === undefined) return
    page.tabs ??= newSketch()
    addVisitor(page.tabs, tab, TAB_DAY)
  }

  /** Removes windows that are closed by now. What was in them. */
  dropClosed(now: number): Dropped {
    if (now < this.#firstCloses) return NOTHING_DROPPED
    let requests = 0
    let outcomes = 0
    for (const [window, pages] of this.#windows) {
      if (now < closesAt(window)) continue
      this.#windows.delete(window)
      for (const page of pages.values()) {
        requests += page.totals.requests
        outcomes += page.outcomes.length / OUTCOME_WORDS
        this.#visitors -= page.visitors.size
      }
      this.#last = undefined
      this.#shares.clear()
    }
    this.#outcomes -= outcomes
    this.#firstCloses = Math.min(
      Number.POSITIVE_INFINITY,
      ...[...this.#windows.keys()].map(closesAt),
    )
    return { requests, outcomes }
  }

  /** Hands everything out and starts empty. */
  take(): WindowCounts[] {
    const windows = [...this.#windows].map(([window, pages]) => ({
      window,
      groups: [...pages.values()].map(toGroup),
    }))
    this.#windows.clear()
    this.#firstCloses = Number.POSITIVE_INFINITY
    this.#shares.clear()
    this.#visitors = 0
    this.#outcomes = 0
    this.#last = undefined
    return windows
  }

  /** `undefined` for private addresses, which are not told apart. */
  #shareOf(network: number): Share | undefined {
    if (network === 0) return undefined
    let share = this.#shares.get(network)
    if (!share) {
      share = { visitors: 0, outcomes: 0, kinds: 0 }
      this.#shares.set(network, share)
    }
    return share
  }

  #open(
    window: number,
    environment: string,
    version: string,
    revision: number,
    limit: number,
  ): Page | undefined {
    let pages = this.#windows.get(window)
    if (!pages) {
      if (this.#windows.size >= MAX_BATCH_WINDOWS) return undefined
      pages = new Map()
      this.#windows.set(window, pages)
      this.#firstCloses = Math.min(this.#firstCloses, closesAt(window))
    }
    const key = `${environment}\n${version}\n${revision}`
    const known = pages.get(key)
    if (known) return known
    if (pages.size >= limit) return undefined
    const page = openPage(window, environment, version, revision)
    pages.set(key, page)
    return page
  }
}

export type Dropped = { readonly requests: number; readonly outcomes: number }

const NOTHING_DROPPED: Dropped = { requests: 0, outcomes: 0 }
