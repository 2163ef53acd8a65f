// Where a rollout's counts come from, as the driver sees it. Counting itself is done elsewhere; this is
// all that the two need to know of each other.

import type { Window } from '../../core/rollout/events.ts'

/** What shall be counted for one rollout. */
export type Counting = {
  readonly rollout: number
  /** Another one: whoever has failed already is forgotten. */
  readonly generation: number
  readonly base: string
  readonly baseVersion: string
  readonly environment: string
  readonly version: string
}

/** The parts of the visitors of both sides that are meant; they sum to 1. */
export type Stratum = {
  readonly revision: number
  readonly shares: readonly [control: number, canary: number]
}

export type WindowSource = {
  /**
   * Windows of the rollout that are closed, with ids above `sinceId`, oldest first. May be called again
   * with the same `sinceId`, and may give again what it gave: a window is never added twice.
   */
  readonly closedWindows: (rollout: number, sinceId: number) => readonly Window[]
  /**
   * Count this from now on, and nothing else for the rollout. Called inside the transaction that makes
   * it so: what is written here stays or goes with it.
   */
  readonly startCounting: (counting: Counting) => void
  /**
   * Who has which buckets has changed with `revision`, or counting has begun: assignments are counted
   * anew from it. Inside the transaction, too.
   */
  readonly startStratum: (rollout: number, stratum: Stratum) => void
  /** The rollout is over. Inside the transaction, too. */
  readonly stopCounting: (rollout: number) => void
}
