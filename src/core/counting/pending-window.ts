// What was counted for the judge since the last window, and the window that it becomes.

import type { Stratum } from '../judge/sample-ratio.ts'
import { addSegment, type SegmentCounts } from '../judge/segments.ts'
import type { SetCounts } from '../judge/sets.ts'
import type { Window } from '../rollout/events.ts'
import type { CountedStratum, SetName } from './counted.ts'

export type SideIndex = 0 | 1

type Growing = Omit<SetCounts, 'visitors' | 'weights' | 'codes' | 'routes'> & {
  readonly visitors: [number, number]
  readonly weights: [number, number]
  readonly codes: Record<string, number>
  readonly routes?: Record<string, number>
}

/** A visitor who met something, for the window. */
export type MetVisitor = {
  readonly side: SideIndex
  /** The canary's share of the buckets when it was served. */
  readonly share: number
  /** How much it counts: less where many visitors are one client. */
  readonly weight: number
  readonly code: string | undefined
  /** On which of the routes that are told apart. */
  readonly route: string
}

export class PendingWindow {
  readonly #sets = new Map<string, Growing>()
  readonly #visitors: [number, number] = [0, 0]
  readonly #present = new Set<number>()
  readonly #assigned = new Map<number, [number, number]>()
  readonly #segments = new Map<string, SegmentCounts>()
  /** Those who were there, by the canary's share of the buckets. */
  readonly #tallies = new Map<number, { base: number; canary: number }>()

  /** Adds a visitor who was not seen before; it stands for `each`. */
  addVisitor(side: SideIndex, each: number): void {
    this.#visitors[side] += each
  }

  /** Adds a visitor who was assigned for the first time in a stratum, by the stratum's ordinal. */
  addAssigned(side: SideIndex, ordinal: number): void {
    const counts = this.#assigned.get(ordinal) ?? [0, 0]
    counts[side] += 1
    this.#assigned.set(ordinal, counts)
  }

  isPresent(hash: number): boolean {
    return this.#present.has(hash)
  }

  /**
   * Adds a visitor who was there; it stands for `each`.
   *
   * @param segments of the canary's visitor.
   */
  addPresent(
    side: SideIndex,
    hash: number,
    share: number,
    each: number,
    segments: readonly string[],
  ): void {
    this.#present.add(hash)
    for (const name of segments) {
      this.addToSegment(name, { visitors: [0, 0], known: [0, 0], atRisk: each })
    }
    const known = this.#tallies.get(share)
    const tally = known ?? { base: 0, canary: 0 }
    if (side === 0) tally.base += each
    else tally.canary += each
    if (!known) this.#tallies.set(share, tally)
  }

  addToSegment(name: string, more: SegmentCounts): void {
    const known = this.#segments.get(name)
    this.#segments.set(name, known ? addSegment(known, more) : more)
  }

  /**
   * @param place the set's, which no other set has.
   * @param segment of the visitors of this set; `undefined` for those of all segments.
   */
  addMet(name: SetName, place: number, met: MetVisitor, segment?: string): void {
    const { side, share, weight, code, route } = met
    const key = `${place} ${share} ${segment ?? ''}`
    const known = this.#sets.get(key)
    const counts: Growing = known ?? {
      ...name,
      share,
      visitors: [0, 0],
      weights: [0, 0],
      codes: {},
      ...(segment === undefined ? {} : { segment, routes: {} }),
    }
    if (!known) this.#sets.set(key, counts)
    counts.visitors[side] += 1
    counts.weights[side] += weight
    if (side === 0) return
    if (code) counts.codes[code] = (counts.codes[code] ?? 0) + 1
    const { routes } = counts
    if (routes) routes[route] = (routes[route] ?? 0) + 1
  }

  get isEmpty(): boolean {
    return (
      this.#sets.size === 0 &&
      this.#assigned.size === 0 &&
      this.#tallies.size === 0 &&
      this.#visitors[0] + this.#visitors[1] === 0
    )
  }

  /** @param strataFrom the ordinal of the first of `strata`. */
  toWindow(
    known: Pick<Window, 'id' | 'generation' | 'crowd'>,
    strata: readonly CountedStratum[],
    strataFrom: number,
  ): Window {
    const [base, canary] = this.#visitors
    return {
      id: known.id,
      generation: known.generation,
      sets: [...this.#sets.values()],
      visitors: [Math.round(base), Math.round(canary)],
      present: [...this.#tallies].map(([share, tally]) => ({ share, ...tally })),
      crowd: known.crowd,
      assigned: [...this.#assigned].flatMap(([ordinal, visitors]): Stratum[] => {
        const stratum = strata[ordinal - strataFrom]
        return stratum ? [{ id: stratum.id, shares: stratum.shares, visitors }] : []
      }),
      ...(this.#segments.size === 0 ? {} : { segments: Object.fromEntries(this.#segments) }),
    }
  }
}
