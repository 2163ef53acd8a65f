// Visitors who come back: who is there in a window, and on which side their bucket puts them.
// What is counted of them is the rows' own affair.

import type { Random } from '../../src/core/simulate/random.ts'

export type Audience = {
  /** The visitors of one window by number, each once. */
  readonly present: () => readonly number[]
  /** Whether a visitor's bucket belongs to the canary at a weight in percent. */
  readonly isCanary: (visitor: number, weight: number) => boolean
  /** Whether a visitor belongs to a share of all that has nothing to do with buckets. */
  readonly isOneOf: (visitor: number, share: number) => boolean
}

/**
 * `regulars` come all the time, each in a window with chance `presence`; besides, `strangers` come in
 * every window, once.
 */
export function gather(
  random: Random,
  { regulars, presence, strangers }: { regulars: number; presence: number; strangers: number },
): Audience {
  const buckets: number[] = []
  const traits: number[] = []
  const admit = () => {
    buckets.push(random())
    traits.push(random())
    return buckets.length - 1
  }
  for (let i = 0; i < regulars; i++) admit()
  const logAbsent = Math.log1p(-presence)
  return {
    present: () => {
      const visitors: number[] = []
      const skip = () => 1 + Math.floor(Math.log(1 - random()) / logAbsent)
      for (let at = skip() - 1; at < regulars; at += skip()) visitors.push(at)
      for (let i = 0; i < strangers; i++) visitors.push(admit())
      return visitors
    },
    isCanary: (visitor, weight) => (buckets[visitor] ?? 0) < weight / 100,
    isOneOf: (visitor, share) => (traits[visitor] ?? 1) < share,
  }
}
