// What is counted for a rollout: plain JSON that is stored, so that a control that starts anew goes on
// counting the same.

import type { SampleBounds } from '../../core/counting/batch.ts'

/** An environment and the version it points at while it is compared. */
export type Side = { readonly environment: string; readonly version: string }

/** A weight change, from the revision that made it. */
export type CountedStratum = {
  readonly id: number
  /** Of [control, canary]; they sum to 1. */
  readonly shares: readonly [control: number, canary: number]
}

/** What the driver of a rollout asks for. */
export type ToCount = {
  /** The rollout's name, unlike any other's. */
  readonly rollout: string
  readonly generation: number
  readonly control: Side
  readonly canary: Side
}

export type CountedState = ToCount & {
  /** The first window that counts: the one after the generation began. */
  readonly from: number
  /** Visitors whose second hash is below it are counted. Only ever lowered. */
  readonly bound: number
  /** Oldest first, at most MAX_STRATA. */
  readonly strata: readonly CountedStratum[]
  /** How many strata there have been before these. */
  readonly earlier: number
}

/** What isolates shall collect for all rollouts; `undefined` where there is none. */
export function toCollected(rollouts: Iterable<CountedState>): SampleBounds | undefined {
  const collected: Record<string, number> = {}
  for (const { control, canary, bound } of rollouts) {
    for (const { environment } of [control, canary]) {
      collected[environment] = Math.max(bound, collected[environment] ?? 0)
    }
  }
  return Object.keys(collected).length === 0 ? undefined : collected
}
