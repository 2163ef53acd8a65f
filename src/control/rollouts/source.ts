// Where a rollout's counts come from, as the driver sees it. Counting itself is done elsewhere; this is
// all that the two need to know of each other.

import type { ToCount } from '../../core/counting/counted.ts'
import type { Window } from '../../core/rollout/events.ts'

/** What shall be counted for one rollout. */
export type Counting = Pick<ToCount, 'generation' | 'metrics' | 'warmUpMs' | 'segments'> & {
  readonly rollout: number
  /** The id of the last window that the rollout was given. */
  readonly sinceId: number
  readonly base: string
  readonly baseVersion: string
  readonly environment: string
  readonly version: string
  /** What the canary is compared with in place of the base. */
  readonly baseline?: { readonly environment: string; readonly version: string }
}

/** The parts of the visitors of both sides that are meant; they sum to 1. */
export type Stratum = {
  readonly revision: number
  readonly shares: readonly [control: number, canary: number]
  /** With a baseline: its part of the visitors of itself and of the base. */
  readonly baselineShare?: number
}

export type WindowSource = {
  /**
   * What was counted since the window `sinceId`, oldest first. The same is given again until it is
   * confirmed: a window is never added twice, because ids grow.
   */
  readonly nextWindows: (rollout: number, sinceId: number) => readonly Window[]
  /** The same, to look at only. */
  readonly peekWindows: (rollout: number, sinceId: number) => readonly Window[]
  /** Stores what goes with the window `id`. Inside the transaction that gives it to the rollout. */
  readonly store: (rollout: number, id: number) => void
  /** The rollout has the windows that were given last: the transaction is done. */
  readonly confirm: (rollout: number) => void
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
