// Finds the rollouts that what isolates have just reported takes back, so that a bad release does not
// wait for the next look. Changes nothing: the look decides.

import { isRunning } from '../../core/rollout/state.ts'
import { step } from '../../core/rollout/step.ts'
import type { FeedDeps } from './feed.ts'

/** After reports of failures a rollout is evaluated at most so often, because each evaluation reads its state. */
const ROLLOUT_CONSIDER_MS = 1000

export type UrgencyDeps = Pick<FeedDeps, 'store' | 'source'> & {
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** What follows from reports. */
export type Urgent = {
  /** Those that a look would take back now. */
  readonly ids: readonly number[]
  /** Those that were considered a moment ago: by name, after how many milliseconds they may be again. */
  readonly waiting: ReadonlyMap<string, number>
}

export class Urgency {
  readonly #deps: UrgencyDeps
  /** When each rollout was considered last, so that a stream of reports costs one try in a while. */
  readonly #considered = new Map<number, number>()
  /** Those that `find` has said to wait for, until they are considered. */
  readonly #waiting = new Set<number>()

  constructor(deps: UrgencyDeps) {
    this.#deps = deps
  }

  /**
   * Never throws. Each one that has to wait is named once, and has to be asked about again after its time:
   * what was reported meanwhile may be enough.
   *
   * @param names as `WindowSource` knows them.
   */
  find(names: readonly string[]): Urgent {
    const ids: number[] = []
    const waiting = new Map<string, number>()
    for (const name of names) {
      const id = Number(name)
      const wait = this.#toWait(id)
      if (wait === 0) {
        if (this.#isUrgent(id)) ids.push(id)
      } else if (!this.#waiting.has(id)) {
        this.#waiting.add(id)
        waiting.set(name, wait)
      }
    }
    return { ids, waiting }
  }

  /** Milliseconds until it may be considered again; 0 if it may be at once. */
  #toWait(id: number): number {
    const at = this.#deps.now()
    const last = this.#considered.get(id) ?? 0
    const passed = at - last
    return passed >= 0 && passed < ROLLOUT_CONSIDER_MS ? ROLLOUT_CONSIDER_MS - passed : 0
  }

  #isUrgent(id: number): boolean {
    const { store, source, now } = this.#deps
    const at = now()
    this.#considered.set(id, at)
    this.#waiting.delete(id)
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
