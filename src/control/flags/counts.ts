// How often flags are evaluated, by flag, variant and reason: adds up what batches tell, within bounds. Everything
// is in memory and is written as one row, never for a call.

import { type FlagCount, toFlagCountKey } from '../../core/counting/flag-counts.ts'
import type { FlagCountSummary } from '../../wire/flags.ts'
import { addCount, isSlotCounts, NO_COUNTS, readCounts, type SlotCounts } from '../errors/slots.ts'
import { FLAGS_STORED_EVERY_MS, MAX_FLAG_COUNTS } from './limits.ts'

export type FlagCountsDeps = {
  readonly store: { read(): string | undefined; write(counts: string): void }
  readonly now: () => number
  /** Sets a timer, which is lost when the object is evicted. */
  readonly later: (run: () => void, ms: number) => void
}

export type FlagCountsPage = {
  readonly counts: readonly FlagCountSummary[]
  /** Evaluations that were not kept since the control began. */
  readonly lost: number
}

type Kept = Omit<FlagCount, 'count'> & { readonly counts: SlotCounts }

export class FlagCounts {
  readonly #parts: FlagCountsDeps
  /** Read on first use, so that the start of a control does not wait for it. */
  #loaded: Map<string, Kept> | undefined
  #isTimed = false
  #lost = 0

  constructor(parts: FlagCountsDeps) {
    this.#parts = parts
  }

  /** Adds the counts of a batch, in memory, and how many evaluations its isolate had no room for. Never throws. */
  receive(list: readonly FlagCount[], lost: number): void {
    try {
      this.#lost += lost
      const now = this.#parts.now()
      for (const one of list) this.#add(one, now)
      this.#storeLater()
    } catch (cause) {
      console.error('evaluations of flags could not be counted', cause)
    }
  }

  /** By flag, those that happened most often within a day first. */
  page(): FlagCountsPage {
    const now = this.#parts.now()
    const counts = [...this.#kept.values()].map(({ flag, variant, reason, counts }) => {
      const lastAt = new Date(counts.lastAt).toISOString()
      return { flag, variant, reason, ...readCounts(counts, now), lastAt }
    })
    return {
      counts: counts.sort((a, b) =>
        a.flag < b.flag ? -1 : a.flag > b.flag ? 1 : b.lastDay - a.lastDay,
      ),
      lost: this.#lost,
    }
  }

  #add({ count, ...one }: FlagCount, now: number): void {
    const kept = this.#kept
    const key = toFlagCountKey(one)
    const known = kept.get(key)
    if (!known && kept.size >= MAX_FLAG_COUNTS && !this.#dropOldest(now)) this.#lost += count
    else kept.set(key, { ...one, counts: addCount(known?.counts ?? NO_COUNTS, count, now) })
  }

  /** Makes room by what has not happened for a day; `false` if there is nothing like that. */
  #dropOldest(now: number): boolean {
    let oldest: [key: string, at: number] | undefined
    for (const [key, { counts }] of this.#kept) {
      if (!oldest || counts.lastAt < oldest[1]) oldest = [key, counts.lastAt]
    }
    return oldest !== undefined && oldest[1] < now - 86_400_000 && this.#kept.delete(oldest[0])
  }

  #storeLater(): void {
    if (this.#isTimed) return
    this.#isTimed = true
    this.#parts.later(() => {
      this.#isTimed = false
      this.#store()
    }, FLAGS_STORED_EVERY_MS)
  }

  #store(): void {
    try {
      this.#parts.store.write(JSON.stringify([...this.#kept.values()]))
    } catch (cause) {
      console.error('counts of flags could not be stored', cause)
    }
  }

  get #kept(): Map<string, Kept> {
    this.#loaded ??= new Map(this.#read().map((one) => [toFlagCountKey(one), one]))
    return this.#loaded
  }

  /** A row that cannot be read counts as empty: a bad row must not stop the control. */
  #read(): readonly Kept[] {
    try {
      const list: readonly Kept[] = JSON.parse(this.#parts.store.read() ?? '[]')
      return list.filter(({ counts }) => isSlotCounts(counts))
    } catch (cause) {
      console.error('the row of counts of flags cannot be read', cause)
      return []
    }
  }
}
