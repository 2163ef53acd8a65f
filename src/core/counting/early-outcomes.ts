// Isolates report in any order: what a visitor did may be told before the page that it opened. Such
// outcomes wait here for the page, in memory and within bounds.

import type { Outcome, OutcomeKind } from './outcomes.ts'
import type { SegmentValues } from './segments.ts'

export type EarlyOutcome = {
  readonly side: 0 | 1
  /** The place of its stratum when it was told. */
  readonly index: number
  readonly kind: OutcomeKind
  readonly outcome: Outcome
  /** What the visitor's client is; `undefined` where it is not known. */
  readonly values: SegmentValues | undefined
  /** When it was told. */
  readonly now: number
}

/** Isolates tell of a page within seconds; so many visitors do not come in that time. */
const MAX_EARLY_VISITORS = 4096
const MAX_EARLY_OF_VISITOR = 8

export class EarlyOutcomes {
  readonly #byVisitor = new Map<number, readonly EarlyOutcome[]>()

  /** Keeps an outcome until its visitor's page is told. The oldest make room for new ones. */
  add(early: EarlyOutcome): void {
    const { visitor } = early.outcome
    const known = this.#byVisitor.get(visitor) ?? []
    if (known.length >= MAX_EARLY_OF_VISITOR) return
    if (!this.#byVisitor.has(visitor) && this.#byVisitor.size >= MAX_EARLY_VISITORS) {
      const [oldest] = this.#byVisitor.keys()
      if (oldest !== undefined) this.#byVisitor.delete(oldest)
    }
    this.#byVisitor.set(visitor, [...known, early])
  }

  /** What waits for the page of a visitor; it is kept no longer. */
  take(visitor: number): readonly EarlyOutcome[] {
    const early = this.#byVisitor.get(visitor)
    if (!early) return []
    this.#byVisitor.delete(visitor)
    return early
  }
}
