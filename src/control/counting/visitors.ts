// Whom a rollout has seen, and what is known of each: who failed already, how slow it has been, in
// which strata it was assigned. In memory within bounds; what a window changed is stored beside it, and
// from that all of it can be made again.

import { MAX_SAMPLED_VISITORS, MAX_STRATA, MAX_VISITORS_PER_ADDRESS } from './limits.ts'

/** 32 bits: failed; edges below its slowest sample (4 bits); a bit for each stratum. */
type Known = number

const FAILED = 1
const EDGES_SHIFT = 1
const EDGES_MASK = 0b1111
const STRATA_SHIFT = 5

export type VisitorState = {
  readonly failed: boolean
  /** Edges that a sample of its has been above: 0 to 8. */
  readonly edgesBelow: number
}

/** One change in a row of `counted_windows`: hash, address, what is known then. */
const WORDS = 3

export class Visitors {
  readonly #known = new Map<number, Known>()
  readonly #perAddress = new Map<number, number>()
  #changes: number[] = []

  get size(): number {
    return this.#known.size
  }

  /**
   * Whether the visitor is one of the rollout: known already, or one more of its address where that
   * does not have its few yet.
   */
  admit(hash: number, address: number): boolean {
    if (this.#known.has(hash)) return true
    const others = this.#perAddress.get(address) ?? 0
    if (address !== 0 && others >= MAX_VISITORS_PER_ADDRESS) return false
    if (address !== 0) this.#perAddress.set(address, others + 1)
    this.#known.set(hash, 0)
    this.#changes.push(hash, address, 0)
    return true
  }

  state(hash: number): VisitorState {
    const known = this.#known.get(hash) ?? 0
    return { failed: (known & FAILED) !== 0, edgesBelow: (known >>> EDGES_SHIFT) & EDGES_MASK }
  }

  /** Puts down what a window brought; whoever failed once or was slow once stays so. */
  learn(hash: number, failed: boolean, edgesBelow: number): void {
    const before = this.state(hash)
    const slowest = Math.max(before.edgesBelow, edgesBelow)
    const strata = (this.#known.get(hash) ?? 0) >>> STRATA_SHIFT
    const flags = (before.failed || failed ? FAILED : 0) | (slowest << EDGES_SHIFT)
    this.#set(hash, ((strata << STRATA_SHIFT) | flags) >>> 0)
  }

  /** Whether the visitor has been assigned in this stratum. */
  isAssigned(hash: number, ordinal: number): boolean {
    return ((this.#known.get(hash) ?? 0) & toBit(ordinal)) !== 0
  }

  /** Whether the visitor is assigned in this stratum for the first time. */
  assign(hash: number, ordinal: number): boolean {
    const bit = toBit(ordinal)
    const known = this.#known.get(hash) ?? 0
    if ((known & bit) !== 0) return false
    this.#set(hash, (known | bit) >>> 0)
    return true
  }

  /** Makes a bit free for a new stratum. */
  beginStratum(ordinal: number): void {
    const bit = toBit(ordinal)
    for (const [hash, known] of this.#known) {
      if ((known & bit) !== 0) this.#set(hash, (known & ~bit) >>> 0)
    }
  }

  /** The bound of a sample that is small enough, from one that may be too large. Others are forgotten. */
  shrink(bound: number): number {
    let next = bound
    while (this.#known.size > MAX_SAMPLED_VISITORS) {
      next = Math.floor(next / 2)
      this.forgetFrom(next)
    }
    return next
  }

  forgetFrom(bound: number): void {
    for (const hash of this.#known.keys()) if (hash >= bound) this.#known.delete(hash)
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
      const [hash = 0, address = 0, known = 0] = changes.subarray(at, at + WORDS)
      if (address !== 0) {
        this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1)
      }
      this.#known.set(hash, known)
    }
  }

  #set(hash: number, known: Known): void {
    if (this.#known.get(hash) === known) return
    this.#known.set(hash, known)
    // The address was put down when the visitor came.
    this.#changes.push(hash, 0, known)
  }
}

function toBit(ordinal: number): number {
  return 1 << (STRATA_SHIFT + (ordinal % MAX_STRATA))
}
