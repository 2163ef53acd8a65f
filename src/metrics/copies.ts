// How many copies of failed requests the other version of a rollout gets, by which it is asked what it
// answers, and what holds for a failure about which it is not asked. Never looks at which of the two
// versions failed: otherwise one of them would have more of its failures left out than the other.

/**
 * How long the other version may take. Later it counts as one that does not fail: a slow version must
 * not hide that the other is broken, and a failure should be reported soon.
 */
export const ASK_OTHER_MS = 1000

/**
 * How long it may take where the visitor's version let its own timeout pass. Nothing is in a hurry
 * then, and one that takes longer hangs as well.
 */
export const ASK_OTHER_AFTER_TIMEOUT_MS = 10_000

/** The bounds below are for such a time. */
export const COPIES_WINDOW_MS = 5000

/**
 * Requests for one metric and one service: two in a second on average. Versions with few visitors
 * have small backends, and a failing version must not load the other.
 */
export const MAX_COPIES_OF_SERVICE = 10

/** Of one client, so that five clients are needed to use up what there is for a service. */
export const MAX_COPIES_OF_CLIENT = 2

/** Failures in all, and what is less than a failure in all. */
export const MAX_COPIES = 20

/** After so long, what was learnt says nothing any more. */
export const LEARNT_FOR_MS = 2 * COPIES_WINDOW_MS

/** Routes of which something is remembered; hostile paths could make endless many. */
export const MAX_LEARNT = 512

/** What a doubt is about. */
export type CopyAbout = {
  /** The client that asked, as one number; 0 for a private address. */
  readonly site: number
  readonly metric: string
  readonly route: string
  /** The service's prefix. */
  readonly prefix: string
}

type Learnt = { readonly isSame: boolean; readonly at: number }

export class Copies {
  #since = 0
  readonly #asked = new Map<string, number>()
  /** The last answer on each route. */
  readonly #learnt = new Map<string, Learnt>()
  /** By service: when the other version did the same the last time. */
  readonly #lastSame = new Map<string, number>()

  /** Whether the other version may be asked now; if so, that is counted. */
  spend({ site, metric, prefix }: CopyAbout, now: number): boolean {
    if (now - this.#since >= COPIES_WINDOW_MS || now < this.#since) {
      this.#asked.clear()
      this.#since = now
    }
    const bounds: [string, number][] = [
      [metric === 'errors' ? 'failures' : 'others', MAX_COPIES],
      [`${metric} ${prefix}`, MAX_COPIES_OF_SERVICE],
    ]
    if (site !== 0) bounds.push([`client ${site}`, MAX_COPIES_OF_CLIENT])
    if (bounds.some(([name, most]) => (this.#asked.get(name) ?? 0) >= most)) return false
    for (const [name] of bounds) this.#asked.set(name, (this.#asked.get(name) ?? 0) + 1)
    return true
  }

  /** What the other version has answered: whether it did the same. */
  learn({ metric, route, prefix }: CopyAbout, isSame: boolean, now: number): void {
    if (this.#learnt.size >= MAX_LEARNT) this.#learnt.clear()
    if (this.#lastSame.size >= MAX_LEARNT) this.#lastSame.clear()
    this.#learnt.set(`${metric} ${route}`, { isSame, at: now })
    if (isSame) this.#lastSame.set(`${metric} ${prefix}`, now)
  }

  /**
   * What is taken for its answer where it is not asked: the last one on the route. On a route about
   * which it was not asked, it did the same if it did so on another route of the service: a stranger
   * can make up routes. Where nothing is known it did not, so that the failure counts.
   */
  recall({ metric, route, prefix }: CopyAbout, now: number): boolean {
    const learnt = this.#learnt.get(`${metric} ${route}`)
    if (learnt && isRecent(learnt.at, now)) return learnt.isSame
    const lastSame = this.#lastSame.get(`${metric} ${prefix}`)
    return lastSame !== undefined && isRecent(lastSame, now)
  }
}

function isRecent(at: number, now: number): boolean {
  return now >= at && now - at < LEARNT_FOR_MS
}
