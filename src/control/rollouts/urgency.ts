// Finds the rollouts that what isolates have just reported takes back, so that a bad release does not
// wait for the next look. Changes nothing: the look decides.

import { isRunning } from '../../core/rollout/state.ts'
import { step } from '../../core/rollout/step.ts'
import { ROLLOUT_CONSIDER_MS } from '../limits.ts'
import type { FeedDeps } from './feed.ts'

export type UrgencyDeps = Pick<FeedDeps, 'store' | 'source'> & {
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export class Urgency {
  readonly #deps: UrgencyDeps
  /** When each rollout was considered last, so that a stream of reports costs one try in a while. */
  readonly #considered = new Map<number, number>()

  constructor(deps: UrgencyDeps) {
    this.#deps = deps
  }

  /**
   * Those that a look would take back now. Never throws.
   *
   * @param names as `WindowSource` knows them.
   */
  find(names: readonly string[]): readonly number[] {
    return names.map(Number).filter((id) => this.#isUrgent(id))
  }

  #isUrgent(id: number): boolean {
    const { store, source, now } = this.#deps
    const at = now()
    const last = this.#considered.get(id) ?? 0
    if (at >= last && at - last < ROLLOUT_CONSIDER_MS) return false
    this.#considered.set(id, at)
    try {
      const rollout = store.get(id)
      if (!rollout || !isRunning(rollout.state.phase)) return false
      const windows = source.peekWindows(id, rollout.state.lastWindow)
      if (windows.length === 0) return false
      const { state } = step(rollout.state, { kind: 'tick', windows, now: at })
      return state.phase.name === 'rolledBack'
    } catch (cause) {
      console.error(`rollout ${id} could not be considered`, cause)
      return false
    }
  }
}
