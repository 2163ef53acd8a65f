// Groups what comparisons found by route, kind and place, in the isolate, until a batch takes it along.

import type { Difference } from './compare.ts'
import {
  addDifferences,
  addShadowCounts,
  type CountedDifference,
  MAX_BATCH_SHADOW_ROUTES,
  NO_SHADOW_COUNTS,
  type ShadowCounts,
  type ShadowReport,
  type ShadowSubject,
} from './reports.ts'

/** What became of a request of the sample. */
export type ShadowOutcome = {
  readonly counts: Partial<ShadowCounts>
  /** Of the shadow from the base, and of the base from itself. */
  readonly differences?: readonly Difference[]
  readonly noise?: readonly Difference[]
  /** When it was, and the id of the request. */
  readonly at: number
  readonly request: string
}

export class ShadowTally {
  #routes = new Map<string, ShadowReport>()

  get isEmpty(): boolean {
    return this.#routes.size === 0
  }

  /** What has no room in a batch is not counted. */
  add(subject: ShadowSubject, outcome: ShadowOutcome): void {
    const key = Object.values(subject).join('\n')
    const known = this.#routes.get(key)
    if (!known && this.#routes.size >= MAX_BATCH_SHADOW_ROUTES) return
    const before = known ?? { ...NO_SHADOW_COUNTS, differences: [], lost: 0 }
    const counts = addShadowCounts(before, { ...NO_SHADOW_COUNTS, ...outcome.counts })
    const told = addDifferences(before, { differences: toCounted(outcome), lost: 0 })
    this.#routes.set(key, { ...subject, ...counts, ...told })
  }

  /** Hands out everything, once. */
  take(): { readonly shadows?: readonly ShadowReport[] } {
    if (this.isEmpty) return {}
    const shadows = [...this.#routes.values()]
    this.#routes = new Map()
    return { shadows }
  }
}

function toCounted({ differences = [], noise = [], at, request }: ShadowOutcome) {
  const counted = differences.map(({ kind, place, base, shadow }): CountedDifference => {
    return { kind, place, count: 1, noise: 0, examples: [{ at, request, base, shadow }] }
  })
  const noisy = noise.map(({ kind, place }): CountedDifference => {
    return { kind, place, count: 0, noise: 1, examples: [] }
  })
  return [...counted, ...noisy]
}
