// Whom a rollout has seen: in which strata each visitor was assigned, and who met what. In memory
// within bounds; what a window changed is stored, and from that all of it can be made again.

import {
  MAX_ASSIGNED_PER_CLIENT,
  MAX_SAMPLED_VISITORS,
  MAX_STRATA,
  MAX_VISITORS_PER_CLIENT,
} from './limits.ts'
import { type ClientHashes, HASH_BITS, HASH_MASK } from './outcomes.ts'

/** Bits: a bit for each stratum in which the visitor was assigned. */
type Known = number

/** One change: what it is about, hash, and two words that depend on it. */
const WORDS = 4
const SEEN = 0
/** Changes from here on are about a set: its place is this many less. */
const FIRST_SET = 1

/**
 * Visitors of one site, and of one /48 of IPv6, that count at all. Those of a site count for three
 * clients together and those of a /48 for four and a half, so that no single client reaches the
 * five that evidence against a release needs; where all of its visitors fail, three are enough.
 */
export const MAX_COUNTED_OF_SITE = 11
export const MAX_COUNTED_OF_NETWORK = 6

/**
 * Addresses of one provider can be rented by the hour. So those who met something and come from one
 * network operator count for this many clients, and for this many times as many more as its share of
 * the visitors whose page was counted. Less than that is not to be expected of an operator by
 * chance.
 */
export const MAX_CLIENTS_OF_OPERATOR = 3
export const OPERATOR_FACTOR = 3

/** Where a visitor comes from: see `ClientHashes` in outcomes.ts. */
export type From = Pick<ClientHashes, 'site' | 'network' | 'operator'>

/** Visitors who met something in one set. */
type Met = {
  readonly visitors: Set<number>
  /** How many of them by site and by network: see `ClientHashes` in outcomes.ts. */
  readonly sites: Map<number, number>
  readonly networks: Map<number, number>
  /** For how many clients those of each operator count. */
  readonly operators: Map<number, number>
  clients: number
}

export class Visitors {
  readonly #known = new Map<number, Known>()
  readonly #perClient = new Map<number, number>()
  /** Assigned visitors by their network operator, and all of them. */
  readonly #assignedOf = new Map<number, number>()
  #assigned = 0
  /** Those of a client that has as many for the sample ratio as it may. */
  readonly #crowded = new Set<number>()
  readonly #met: Met[] = []
  #most = 0
  #entries = 0
  #changes: number[] = []

  /** How many visitors are remembered because they were there. */
  get size(): number {
    return this.#known.size
  }

  /** How many entries there are of visitors who met something. */
  get entries(): number {
    return this.#entries
  }

  /** Visitors of the client that has most of them, of all that were admitted. */
  get largestClient(): number {
    return this.#most
  }

  isKnown(hash: number): boolean {
    return this.#known.has(hash)
  }

  /**
   * Takes in a visitor who was not seen before. `false` where its client has its share already: a
   * client may be a family or an office, and must not be a crowd that drives all others out.
   */
  admit(hash: number, client: number): boolean {
    if ((this.#perClient.get(client) ?? 0) >= MAX_VISITORS_PER_CLIENT) return false
    this.#add(hash, client)
    this.#changes.push(SEEN, hash, client, 0)
    return true
  }

  /** Whether the visitor counts for the sample ratio: one client must not trip its alarm. */
  countsAsAssigned(hash: number): boolean {
    return !this.#crowded.has(hash)
  }

  #add(hash: number, client: number): void {
    this.#known.set(hash, 0)
    if (client === 0) return
    const count = (this.#perClient.get(client) ?? 0) + 1
    this.#perClient.set(client, count)
    if (count > MAX_ASSIGNED_PER_CLIENT) this.#crowded.add(hash)
    this.#most = Math.max(this.#most, count)
  }

  /** Whether the visitor has been assigned in this stratum. */
  isAssigned(hash: number, ordinal: number): boolean {
    return ((this.#known.get(hash) ?? 0) & toBit(ordinal)) !== 0
  }

  /** Whether the visitor has been assigned in one of these strata. */
  isAssignedBetween(hash: number, first: number, last: number): boolean {
    const known = this.#known.get(hash) ?? 0
    if (known === 0) return false
    for (let ordinal = Math.max(first, last - MAX_STRATA + 1); ordinal <= last; ordinal++) {
      if ((known & toBit(ordinal)) !== 0) return true
    }
    return false
  }

  /** Whether the visitor is assigned in this stratum for the first time. */
  assign(hash: number, ordinal: number, operator = 0): boolean {
    const known = this.#known.get(hash)
    const bit = toBit(ordinal)
    if (known === undefined || (known & bit) !== 0) return false
    this.#know(hash, known | bit, operator)
    this.#changes.push(SEEN, hash, operator, (known | bit) >>> 0)
    return true
  }

  #know(hash: number, known: Known, operator: number): void {
    if (operator !== 0 && !this.#crowded.has(hash)) {
      this.#assignedOf.set(operator, (this.#assignedOf.get(operator) ?? 0) + 1)
    }
    this.#assigned += 1
    this.#known.set(hash, known)
  }

  /** Makes a bit free for a new stratum. */
  beginStratum(ordinal: number): void {
    const bit = toBit(ordinal)
    for (const [hash, known] of this.#known) {
      if ((known & bit) === 0) continue
      this.#known.set(hash, known & ~bit)
      this.#changes.push(SEEN, hash, 0, (known & ~bit) >>> 0)
    }
  }

  hasMet(hash: number, set: number): boolean {
    return this.#met[set]?.visitors.has(hash) === true
  }

  /**
   * Puts down that a visitor met something for the first time, and how much that counts: the second
   * visitor of one site counts for half, the third for a third. A site is an IPv4 address or a /56
   * of IPv6. A /48 of IPv6 may be a provider's or one customer's: three of its visitors are taken
   * for independent, and the three after them count for half. Later ones do not count. Of one
   * network operator there is `MAX_CLIENTS_OF_OPERATOR`.
   */
  meet(hash: number, set: number, from: From): number {
    const weight = this.#addMet(hash, set, from)
    const { site, network, operator } = from
    this.#changes.push(set + FIRST_SET, hash, site, withOperator(network, operator))
    return weight
  }

  #addMet(hash: number, set: number, from: From): number {
    this.#met[set] ??= newMet()
    const met = this.#met[set] as Met
    met.visitors.add(hash)
    this.#entries += 1
    if (from.site === 0) return 1
    const weight = this.#isTooManyOfOperator(met, from) ? 0 : toWeight(met, from)
    met.operators.set(from.operator, (met.operators.get(from.operator) ?? 0) + weight)
    met.clients += weight
    return weight
  }

  #isTooManyOfOperator({ operators, clients }: Met, { operator }: From): boolean {
    if (operator === 0) return false
    const share = (this.#assignedOf.get(operator) ?? 0) / Math.max(1, this.#assigned)
    const most = MAX_CLIENTS_OF_OPERATOR + OPERATOR_FACTOR * share * clients
    return (operators.get(operator) ?? 0) >= most
  }

  /** How many entries a set has. */
  sizeOf(set: number): number {
    return this.#met[set]?.visitors.size ?? 0
  }

  /** Forgets those of a set whose hash is not below the bound. */
  forgetMet(set: number, bound: number): void {
    const visitors = this.#met[set]?.visitors
    if (!visitors) return
    for (const hash of visitors) {
      if (hash < bound) continue
      visitors.delete(hash)
      this.#entries -= 1
    }
  }

  /** The bound of a sample that is small enough, from one that may be too large. */
  shrink(bound: number): number {
    let next = bound
    while (this.#known.size > MAX_SAMPLED_VISITORS) {
      next = Math.floor(next / 2)
      this.forgetFrom(next)
    }
    return next
  }

  forgetFrom(bound: number): void {
    for (const hash of this.#known.keys()) {
      if (hash < bound) continue
      this.#known.delete(hash)
      this.#crowded.delete(hash)
    }
  }

  /** What has changed since the last call, for `restore`. */
  takeChanges(): Uint32Array {
    const changes = Uint32Array.from(this.#changes)
    this.#changes = []
    return changes
  }

  /** Takes changes back in, oldest first. */
  restore(changes: Uint32Array): void {
    for (let at = 0; at + WORDS <= changes.length; at += WORDS) {
      const [about = 0, hash = 0, third = 0, fourth = 0] = changes.subarray(at, at + WORDS)
      if (about !== SEEN) {
        const network = fourth & HASH_MASK
        const from = { site: third, network, operator: fourth >>> HASH_BITS }
        this.#addMet(hash, about - FIRST_SET, from)
      } else if (fourth === 0 && !this.#known.has(hash)) {
        this.#add(hash, third)
      } else if ((fourth & ~(this.#known.get(hash) ?? 0)) !== 0) {
        this.#know(hash, fourth, third)
      } else this.#known.set(hash, fourth)
    }
  }
}

function toBit(ordinal: number): number {
  return 1 << (ordinal % MAX_STRATA)
}

function newMet(): Met {
  return {
    visitors: new Set(),
    sites: new Map(),
    networks: new Map(),
    operators: new Map(),
    clients: 0,
  }
}

/** Counts one more visitor of a site and of a network, and says how much it weighs. */
function toWeight({ sites, networks }: Met, { site, network }: From): number {
  const ofSite = (sites.get(site) ?? 0) + 1
  const ofNetwork = (networks.get(network) ?? 0) + 1
  sites.set(site, ofSite)
  networks.set(network, ofNetwork)
  const isTooMany =
    ofSite > MAX_COUNTED_OF_SITE || (network !== site && ofNetwork > MAX_COUNTED_OF_NETWORK)
  return isTooMany ? 0 : 1 / Math.max(ofSite, Math.ceil(ofNetwork / 3))
}

/** A hash of 24 bits and an operator in one word. */
function withOperator(hash: number, operator: number): number {
  return ((operator << HASH_BITS) | hash) >>> 0
}
