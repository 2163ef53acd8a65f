// Who of which segment a rollout has seen: which countries are told apart, and from when on a segment has
// visitors enough to be judged. Nothing of it depends on the side that a visitor is on, but for the
// numbers of the two sides themselves.

import { MIN_SEGMENT_VISITORS, type SegmentCounts } from '../judge/segments.ts'
import { MAX_ASSIGNED_PER_CLIENT } from './limits.ts'
import {
  MAX_JUDGED_COUNTRIES,
  type SegmentValues,
  toSegmentName,
  toSegmentNames,
} from './segments.ts'

/** Visitors of a country, on both sides together, before it is told apart. */
export const MIN_COUNTRY_VISITORS = 20

/** Visitors of one network (an IPv4 address, a /48 of IPv6) that count for a floor. */
const MAX_KNOWN_OF_NETWORK = MAX_ASSIGNED_PER_CLIENT

/** More of one side are not needed. */
const MAX_KNOWN = Math.max(MIN_COUNTRY_VISITORS, ...MIN_SEGMENT_VISITORS)

/** The visitors of a segment who count for its floor, as long as more are needed. */
type Known = {
  readonly ofNetwork: Map<number, number>
  readonly visitors: [number, number]
}

/** A new visitor. */
export type NewVisitor = {
  readonly values: SegmentValues
  readonly side: 0 | 1
  /** The hash of its network; 0 for no meaningful address. */
  readonly network: number
  /** For how many visitors it stands. */
  readonly each: number
}

export class SegmentCounter {
  readonly #countries: Set<string>
  readonly #known = new Map<string, Known>()
  /** Of countries that are not told apart yet: all of their visitors. */
  readonly #waiting = new Map<string, [number, number]>()

  /** @param countries that are told apart already. */
  constructor(countries: readonly string[]) {
    this.#countries = new Set(countries)
  }

  /** Those that are told apart, in the order in which they began to be. */
  get countries(): readonly string[] {
    return [...this.#countries]
  }

  namesOf(values: SegmentValues): readonly string[] {
    return toSegmentNames(values, this.#countries)
  }

  /** What a visitor adds to its segments, by their names. */
  admit(visitor: NewVisitor): ReadonlyMap<string, SegmentCounts> {
    const { values, side, each } = visitor
    const added = new Map<string, SegmentCounts>()
    for (const name of this.namesOf(values)) {
      const known = this.#know(name, visitor) ? toPair(side, 1) : NOBODY
      added.set(name, { visitors: toPair(side, each), known, atRisk: 0 })
    }
    const counts = this.#tellCountry(visitor)
    if (counts) added.set(toSegmentName('country', values.country), counts)
    return added
  }

  /** Whether the visitor counts for the floor. One client must not open it. */
  #know(name: string, { side, network }: NewVisitor): boolean {
    const known = this.#known.get(name) ?? { ofNetwork: new Map(), visitors: [0, 0] }
    this.#known.set(name, known)
    const { ofNetwork, visitors } = known
    if (visitors[side] >= MAX_KNOWN) return false
    const count = ofNetwork.get(network) ?? 0
    if (network !== 0 && count >= MAX_KNOWN_OF_NETWORK) return false
    ofNetwork.set(network, count + 1)
    visitors[side] += 1
    return true
  }

  /** What is known of a country that is told apart from now on; `undefined` for all others. */
  #tellCountry(visitor: NewVisitor): SegmentCounts | undefined {
    const { values, side, each } = visitor
    const { country } = values
    const isFull = this.#countries.size >= MAX_JUDGED_COUNTRIES
    if (country === '' || isFull || this.#countries.has(country)) return undefined
    const name = toSegmentName('country', country)
    const visitors = this.#waiting.get(country) ?? [0, 0]
    visitors[side] += each
    this.#waiting.set(country, visitors)
    this.#know(name, visitor)
    const [base = 0, canary = 0] = this.#known.get(name)?.visitors ?? []
    if (base + canary < MIN_COUNTRY_VISITORS) return undefined
    this.#countries.add(country)
    this.#waiting.delete(country)
    return { visitors: [...visitors], known: [base, canary], atRisk: 0 }
  }
}

const NOBODY = [0, 0] as const

function toPair(side: 0 | 1, count: number): readonly [number, number] {
  return side === 0 ? [count, 0] : [0, count]
}
