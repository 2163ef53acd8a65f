// Chance that is the same on every run: mulberry32, seeded.

export type Random = {
  /** A whole number from 0 to `below - 1`. */
  readonly below: (below: number) => number
  readonly chance: (probability: number) => boolean
  /** One of the items, of which there must be at least one. */
  readonly pick: <T>(items: readonly T[]) => T
}

export function makeRandom(seed: number): Random {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (bound: number) => Math.floor(next() * bound)
  return {
    below,
    chance: (probability) => next() < probability,
    pick: <T>(items: readonly T[]) => items[below(items.length)] as T,
  }
}
