// Gives events to the machine of a rollout, after what others did to the document meanwhile, and says in words
// why that came to nothing. driver.ts decides which events, and keeps failures.

import { err, ok, type Result } from '../../core/result.ts'
import type { RolloutEvent } from '../../core/rollout/events.ts'
import { isRunning } from '../../core/rollout/state.ts'
import type { BelowFloorResult } from '../caller.ts'
import type { Head, History } from '../document/history.ts'
import type { Ledger } from '../document/ledger.ts'
import { MAX_COMMIT_ATTEMPTS, MAX_STALE_CHANGES } from '../limits.ts'
import type { RolloutRefused } from './contract.ts'
import { CONTROL, type FeedDeps, type FeedFailure, type FeedOptions, feed } from './feed.ts'
import { readForeign } from './seen.ts'
import type { Rollout } from './store.ts'

type Own = Omit<FeedOptions, 'undone'>

export type GivingDeps = FeedDeps & {
  readonly history: History
  readonly now: () => number
}

export class Giving {
  readonly #parts: GivingDeps

  constructor(parts: GivingDeps) {
    this.#parts = parts
  }

  /**
   * Gives the machine what others did to the document, then what `own` says, each in a transaction of its
   * own. Tries again where the document has changed in between.
   */
  async give(
    id: number,
    own: ((rollout: Rollout) => Own) | undefined,
  ): Promise<Result<undefined, FeedFailure>> {
    for (let attempt = 0; attempt < MAX_COMMIT_ATTEMPTS; attempt++) {
      const rollout = this.#parts.store.get(id)
      const { head } = this.#parts.ledger
      if (!rollout || !head) return ok(undefined)
      const foreign = isRunning(rollout.state.phase)
        ? (this.#readOlder(rollout) ?? this.#readForeign(rollout, head))
        : undefined
      const next = foreign ?? (own && { ...own(rollout), undone: 'none' as const })
      if (!next) return ok(undefined)
      const fed = await feed(this.#parts, rollout, head, next)
      if (fed.ok ? foreign === undefined : fed.error !== 'stale') {
        return fed.ok ? ok(undefined) : fed
      }
    }
    return err('stale')
  }

  /** The analysis of a rollout that an older Holo began begins anew, in its present step. */
  #readOlder({ isOlder }: Rollout): FeedOptions | undefined {
    if (!isOlder) return undefined
    const at = this.#parts.now()
    const why = 'a newer Holo judges it, which counts visitors in another way'
    const event: RolloutEvent = { kind: 'restart', by: CONTROL.actor, why, now: at }
    return { events: [event], undone: 'weights', acting: CONTROL, said: undefined, at }
  }

  #readForeign(rollout: Rollout, head: Head): FeedOptions | undefined {
    const { history, now } = this.#parts
    const { state, seen } = rollout
    if (seen.revision === head.revision) return undefined
    const foreign = readForeign({
      pair: rollout,
      state,
      seen,
      content: head.content,
      revision: head.revision,
      since: history.since(seen.revision, MAX_STALE_CHANGES),
      now: now(),
    })
    return foreign && { ...foreign, acting: CONTROL, said: undefined, at: now() }
  }
}

export function toRefused(error: FeedFailure, { head }: Pick<Ledger, 'head'>): RolloutRefused {
  if (error === 'stale') {
    const current = head?.revision ?? 0
    return { kind: 'stale', expected: current, current, changes: [] }
  }
  if ('kind' in error) return error
  if ('denied' in error) return { kind: 'denied', denial: 'forbidden', why: error.denied }
  if ('refused' in error) {
    return { kind: 'rollout_refused', problems: [{ path: '', message: error.refused }] }
  }
  return { kind: 'invalid', problems: error }
}

export function toFeedFailureText(error: FeedFailure): string {
  if (error === 'stale') return 'the document changed all the time'
  if ('kind' in error) return 'detail' in error ? error.detail : (error.why ?? error.denial)
  if ('denied' in error) return error.denied
  if ('refused' in error) return error.refused
  return error.map(({ path, message }) => `${path}: ${message}`).join('; ')
}

export function isBelowFloor(error: FeedFailure): error is BelowFloorResult {
  return typeof error === 'object' && 'kind' in error && error.kind === 'below_floor'
}

export function toCauseText(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
