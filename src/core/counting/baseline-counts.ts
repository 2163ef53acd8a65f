// What is counted between two looks to hold a baseline against the base, which has the same build: who
// failed for the first time, by the baseline's share of the buckets of both.

import type { SetCounts } from '../judge/sets.ts'
import { FAILURES } from './counted.ts'

type Growing = { readonly visitors: [number, number]; readonly weights: [number, number] }

export class BaselineCounts {
  readonly #byShare = new Map<number, Growing>()

  get isEmpty(): boolean {
    return this.#byShare.size === 0
  }

  /** @param side 0 for the base, 1 for the baseline. */
  add(side: 0 | 1, share: number, weight: number): void {
    const counts = this.#byShare.get(share) ?? { visitors: [0, 0], weights: [0, 0] }
    this.#byShare.set(share, counts)
    counts.visitors[side] += 1
    counts.weights[side] += weight
  }

  /** The part of a window; empty where nothing was counted. */
  toPart(): { readonly baseline?: readonly SetCounts[] } {
    if (this.isEmpty) return {}
    const name = { metric: FAILURES, edge: 0, route: '', warmUp: false }
    const baseline = [...this.#byShare].map(
      ([share, { visitors, weights }]): SetCounts => ({
        ...name,
        share,
        visitors: [...visitors],
        weights: [...weights],
        codes: {},
      }),
    )
    return { baseline }
  }
}
