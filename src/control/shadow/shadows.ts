// What shadows were found to differ in: adds up what batches tell, keeps it within bounds, and takes off the noise
// for readers. Everything is in memory and is written at most once a minute, never for a call.

import { getOwn } from '../../core/own.ts'
import { type ComparedCounts, toDifferenceRate } from '../../core/shadow/differences.ts'
import { subtractNoise } from '../../core/shadow/noise.ts'
import {
  addDifferences,
  addShadowCounts,
  type CountedDifference,
  NO_SHADOW_COUNTS,
  type ShadowCounts,
  type ShadowReport,
} from '../../core/shadow/reports.ts'
import type { ShadowDifferences } from '../../wire/metrics.ts'
import type { ShadowPair, ShadowRoute } from '../../wire/shadow.ts'
import type { Content } from '../document/content.ts'
import type { ShadowsQuery } from './contract.ts'
import { MAX_SHADOW_PAIRS, MAX_SHADOW_ROUTES, SHADOWS_STORED_EVERY_MS } from './limits.ts'
import { RecentDifferences } from './recent.ts'
import type { KeptShadow, ShadowStore } from './store.ts'

export type ShadowsDeps = {
  readonly storage: Pick<DurableObjectStorage, 'transactionSync'>
  readonly store: ShadowStore
  /** The content of the document; `undefined` while there is none. */
  readonly content: () => Pick<Content, 'versions' | 'environments'> | undefined
  readonly now: () => number
  /** Sets a timer, which is lost when the object is evicted. */
  readonly later: (run: () => void, ms: number) => void
}

export class Shadows {
  readonly #parts: ShadowsDeps
  /** By id. Read on first use, so that the start of a control does not wait for it. */
  #loaded: Map<string, KeptShadow> | undefined
  /** Ids that the next writing writes or removes. */
  readonly #changed = new Set<string>()
  readonly #recent = new RecentDifferences()
  #isTimed = false

  constructor(parts: ShadowsDeps) {
    this.#parts = parts
  }

  /** Adds what a batch tells, in memory. Never throws. */
  receive(reports: readonly ShadowReport[]): void {
    try {
      for (const report of reports) this.#add(report)
      this.#storeLater()
    } catch (cause) {
      console.error('what was learnt of a shadow could not be counted', cause)
    }
  }

  /** @param mayRead whether the caller may read what happened in an environment. */
  list(
    { environment, limit }: ShadowsQuery,
    mayRead: (environment: string) => boolean,
  ): readonly ShadowPair[] {
    const shown = [...this.#shadows.values()].filter(({ report: { from, to } }) => {
      return (environment === undefined || from === environment) && mayRead(from) && mayRead(to)
    })
    return [...Map.groupBy(shown, toPair).values()]
      .map((kept) => toShadowPair(kept, limit))
      .sort((one, other) => other.lastAt - one.lastAt)
  }

  /** What was compared in the last hour of the copies of an environment's requests, for two versions. */
  compared(pair: Readonly<Record<'from' | 'base' | 'shadow', string>>): ComparedCounts {
    return this.#recent.sum(pair, this.#parts.now())
  }

  /** The same of all pairs, with the share that differs beyond the noise. */
  differences(): readonly ShadowDifferences[] {
    return this.#recent
      .list(this.#parts.now())
      .map((one) => ({ ...one, rate: toDifferenceRate(one) }))
  }

  /** Writes what has changed. Never throws. */
  storeNow(): void {
    try {
      const { storage, store } = this.#parts
      storage.transactionSync(() => {
        for (const id of this.#changed) {
          const kept = this.#shadows.get(id)
          if (kept) store.set(id, kept)
          else store.remove(id)
        }
      })
      this.#changed.clear()
    } catch (cause) {
      console.error('what was learnt of shadows could not be stored', cause)
    }
  }

  /** What is about versions or environments that the document does not have is dropped. */
  #add(report: ShadowReport): void {
    const content = this.#parts.content()
    const { from, to, base, shadow, service, route } = report
    if (!content || !getOwn(content.environments, from) || !getOwn(content.environments, to)) return
    if (!getOwn(content.versions, base) || !getOwn(content.versions, shadow)) return
    const id = JSON.stringify([from, to, base, shadow, service, route])
    const now = this.#parts.now()
    this.#recent.add(report, now)
    const known = this.#shadows.get(id)
    if (!known) this.#makeRoom(report)
    const sum = known
      ? {
          ...report,
          ...addShadowCounts(known.report, report),
          ...addDifferences(known.report, report),
        }
      : report
    this.#shadows.set(id, { report: sum, since: known?.since ?? now, lastAt: now })
    this.#changed.add(id)
  }

  #makeRoom(report: ShadowReport): void {
    const pairs = Map.groupBy(this.#shadows, ([, kept]) => toPair(kept))
    const own = pairs.get(toPair({ report }))
    if (own && own.length >= MAX_SHADOW_ROUTES) {
      const [rarest] = own.reduce((one, other) =>
        other[1].report.copied < one[1].report.copied ? other : one,
      )
      this.#drop(rarest)
    }
    if (own || pairs.size < MAX_SHADOW_PAIRS) return
    const oldest = [...pairs.values()].reduce((one, other) =>
      toLast(other) < toLast(one) ? other : one,
    )
    for (const [id] of oldest) this.#drop(id)
  }

  #drop(id: string): void {
    this.#shadows.delete(id)
    this.#changed.add(id)
  }

  #storeLater(): void {
    if (this.#isTimed || this.#changed.size === 0) return
    this.#isTimed = true
    this.#parts.later(() => {
      this.#isTimed = false
      this.storeNow()
    }, SHADOWS_STORED_EVERY_MS)
  }

  get #shadows(): Map<string, KeptShadow> {
    this.#loaded ??= this.#parts.store.all()
    return this.#loaded
  }
}

function toPair({ report: { from, to, base, shadow } }: Pick<KeptShadow, 'report'>): string {
  return JSON.stringify([from, to, base, shadow])
}

function toLast(kept: readonly (readonly [string, KeptShadow])[]): number {
  return Math.max(...kept.map(([, { lastAt }]) => lastAt))
}

function toShadowPair(kept: readonly KeptShadow[], limit: number): ShadowPair {
  const [first] = kept
  if (!first) throw new TypeError('kept: at least one route is needed')
  const { from, to, base, shadow } = first.report
  const reports = kept.map(({ report }) => report)
  const sum = reports.reduce(addShadowCounts, NO_SHADOW_COUNTS)
  return {
    from,
    to,
    base,
    shadow,
    since: Math.min(...kept.map(({ since }) => since)),
    lastAt: Math.max(...kept.map(({ lastAt }) => lastAt)),
    ...toCounts(sum),
    lost: reports.reduce((total, { lost }) => total + lost, 0),
    routes: reports
      .map(toShadowRoute)
      .sort((one, other) => other.rate * other.compared - one.rate * one.compared)
      .slice(0, limit),
  }
}

function toShadowRoute(report: ShadowReport): ShadowRoute {
  const { service, route, differences } = report
  return {
    service,
    route,
    ...toCounts(report),
    differences: differences
      .map((one) => toDifference(one, report))
      .sort((one, other) => Number(one.isNoise) - Number(other.isNoise) || other.rate - one.rate),
  }
}

function toCounts(counts: ShadowCounts) {
  const { copied, skipped, compared, differing, baselines, noisy, timed } = counts
  const { repeated, failed, baseFailed, late, baseLate } = counts
  const { rate } = subtractNoise({ compared, count: differing, baselines, noise: noisy })
  const mean = (sum: number) => (timed === 0 ? null : Math.round(sum / timed))
  return {
    ...{ copied, skipped, compared, differing, baselines, noisy, rate },
    ...{ repeated, failed, baseFailed, late, baseLate },
    baseMs: mean(counts.baseMs),
    shadowMs: mean(counts.shadowMs),
  }
}

function toDifference(one: CountedDifference, { compared, baselines }: ShadowReport) {
  const { kind, place, count, noise, examples } = one
  const { rate, isNoise } = subtractNoise({ compared, count, baselines, noise })
  return { kind, place, count, noise, rate, isNoise, examples: [...examples] }
}
