// Groups what comparisons found by route, kind and place, in the isolate, until a batch takes it along.

import type { Difference } from './compare.ts'
import {
  addDifferences,
  type CountedDifference,
  MAX_BATCH_SHADOW_ROUTES,
  NO_SHADOW_COUNTS,
  SHADOW_COUNTS,
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

/** A report that grows. Most outcomes are a copy that was skipped, which only adds to one count. */
type Growing = {
  readonly subject: ShadowSubject
  readonly counts: { -readonly [Name in keyof ShadowCounts]: number }
  told: Pick<ShadowReport, 'differences' | 'lost'>
}

export class ShadowTally {
  #routes = new Map<string, Growing>()

  get isEmpty(): boolean {
    return this.#routes.size === 0
  }

  /** What has no room in a batch is not counted. */
  add(subject: ShadowSubject, outcome: ShadowOutcome): void {
    const growing = this.#find(subject)
    if (!growing) return
    for (const name of SHADOW_COUNTS) growing.counts[name] += outcome.counts[name] ?? 0
    const differences = toCounted(outcome)
    if (differences.length === 0) return
    growing.told = addDifferences(growing.told, { differences, lost: 0 })
  }

  /** Hands out everything, once. */
  take(): { readonly shadows?: readonly ShadowReport[] } {
    if (this.isEmpty) return {}
    const shadows = [...this.#routes.values()].map(({ subject, counts, told }) => ({
      ...subject,
      ...counts,
      ...told,
    }))
    this.#routes = new Map()
    return { shadows }
  }

  #find(subject: ShadowSubject): Growing | undefined {
    const { from, base, to, shadow, service, route } = subject
    const key = `${from}\n${base}\n${to}\n${shadow}\n${service}\n${route}`
    const known = this.#routes.get(key)
    if (known || this.#routes.size >= MAX_BATCH_SHADOW_ROUTES) return known
    const counts = { ...NO_SHADOW_COUNTS }
    const growing = { subject, counts, told: { differences: [], lost: 0 } }
    this.#routes.set(key, growing)
    return growing
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
