// How often the other version of a rollout is asked what it answers to a request that failed, and what
// holds for a failure about which it is not asked. Never looks at which of the two versions failed:
// otherwise one of them would have more of its failures left out than the other.

import type { Doubt } from './recorder.ts'

/** The bounds below are for such a time. */
export const ASKING_WINDOW_MS = 5000

/**
 * Requests for one metric and one service: two in a second on average. Versions with few visitors
 * have small backends, and a failing version must not load the other.
 */
export const MAX_ASKED_OF_SERVICE = 10

/** Of one client, so that five clients are needed to use up what there is for a service. */
export const MAX_ASKED_OF_CLIENT = 2

/** Failures in all, and what is less than a failure in all. */
export const MAX_ASKED = 20

/** After so long, what was learnt says nothing any more. */
export const LEARNT_FOR_MS = 2 * ASKING_WINDOW_MS

/** Routes of which something is remembered; hostile paths could make endless many. */
export const MAX_LEARNT = 512

/** What a doubt is about. */
export type AskedAbout = Pick<Doubt, 'site'> & {
  readonly metric: string
  readonly route: string
  /** The service's prefix. */
  readonly prefix: string
}

type Learnt = { readonly isSame: boolean; readonly at: number }

export class Asking {
  #since = 0
  readonly #asked = new Map<string, number>()
  readonly #learnt = new Map<string, Learnt>()

  /** Whether the other version may be asked now; if so, that is counted. */
  spend({ site, metric, prefix }: AskedAbout, now: number): boolean {
    if (now - this.#since >= ASKING_WINDOW_MS || now < this.#since) {
      this.#asked.clear()
      this.#since = now
    }
    const bounds: [string, number][] = [
      [metric === 'errors' ? 'failures' : 'others', MAX_ASKED],
      [`${metric} ${prefix}`, MAX_ASKED_OF_SERVICE],
    ]
    if (site !== 0) bounds.push([`client ${site}`, MAX_ASKED_OF_CLIENT])
    if (bounds.some(([name, most]) => (this.#asked.get(name) ?? 0) >= most)) return false
    for (const [name] of bounds) this.#asked.set(name, (this.#asked.get(name) ?? 0) + 1)
    return true
  }

  /** What the other version has answered: whether it did the same. */
  learn(about: AskedAbout, isSame: boolean, now: number): void {
    if (this.#learnt.size >= MAX_LEARNT) this.#learnt.clear()
    for (const name of toNames(about)) this.#learnt.set(name, { isSame, at: now })
  }

  /**
   * What is taken for its answer where it is not asked: the last one on the route, or else the last
   * one of the service. Without either it did not do the same, so that the failure counts.
   */
  recall(about: AskedAbout, now: number): boolean {
    for (const name of toNames(about)) {
      const learnt = this.#learnt.get(name)
      if (learnt && now >= learnt.at && now - learnt.at < LEARNT_FOR_MS) return learnt.isSame
    }
    return false
  }
}

function toNames({ metric, route, prefix }: AskedAbout): readonly [string, string] {
  return [`${metric} route ${route}`, `${metric} service ${prefix}`]
}
