// Evaluations of flags in this isolate that no batch has taken yet. Memory is bounded by what one batch carries.

import {
  type FlagCount,
  MAX_BATCH_FLAG_COUNTS,
  toFlagCountKey,
} from '../core/counting/flag-counts.ts'

/** An evaluation without a reason failed. */
export type EvaluatedFlag = {
  readonly key: string
  readonly variant?: string
  readonly reason?: string
}

export class PendingFlags {
  readonly #counts = new Map<string, FlagCount>()
  #lost = 0

  get isEmpty(): boolean {
    return this.#counts.size === 0 && this.#lost === 0
  }

  add(one: Omit<FlagCount, 'count'>): void {
    const key = toFlagCountKey(one)
    const known = this.#counts.get(key)
    if (!known && this.#counts.size >= MAX_BATCH_FLAG_COUNTS) this.#lost += 1
    else this.#counts.set(key, { ...one, count: (known?.count ?? 0) + 1 })
  }

  /** Counts evaluations that are lost for another reason. */
  lose(count: number): void {
    this.#lost += count
  }

  /** Hands everything out and starts empty. */
  take(): { readonly flagCounts?: readonly FlagCount[]; readonly lostFlags?: number } {
    const flagCounts = [...this.#counts.values()]
    const lostFlags = this.#lost
    this.#counts.clear()
    this.#lost = 0
    return {
      ...(flagCounts.length === 0 ? {} : { flagCounts }),
      ...(lostFlags === 0 ? {} : { lostFlags }),
    }
  }
}
