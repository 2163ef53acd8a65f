// How many copies an isolate makes of the requests of an environment, in a second and at a time. A shadow that is
// slow or down then costs the isolate no more than that.

export type ShadowBounds = {
  readonly perSecond: number
  readonly concurrent: number
  readonly timeoutMs: number
}

type Spent = {
  /** Copies that may be made at once. */
  left: number
  at: number
  /** When each running copy is over at the latest. */
  readonly running: Set<{ readonly until: number }>
}

/**
 * The platform may cancel a request together with its copy, which then never says that it is over. This long after
 * the copy's own timeout it counts as over.
 */
const LOST_AFTER_MS = 5000

export class ShadowBudget {
  readonly #now: () => number
  /** By environment: there are few. */
  readonly #spent = new Map<string, Spent>()

  /** @param now milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Begins a copy, and returns what ends it; `undefined` if there must not be another one now. */
  begin(environment: string, bounds: ShadowBounds): (() => void) | undefined {
    const now = this.#now()
    const spent = this.#spent.get(environment) ?? this.#open(environment, bounds, now)
    const elapsed = Math.max(0, now - spent.at)
    spent.left = Math.min(bounds.perSecond, spent.left + (elapsed * bounds.perSecond) / 1000)
    spent.at = now
    for (const copy of spent.running) if (copy.until < now) spent.running.delete(copy)
    if (spent.left < 1 || spent.running.size >= bounds.concurrent) return undefined
    spent.left -= 1
    const copy = { until: now + bounds.timeoutMs + LOST_AFTER_MS }
    spent.running.add(copy)
    return () => spent.running.delete(copy)
  }

  #open(environment: string, { perSecond }: ShadowBounds, now: number): Spent {
    const spent: Spent = { left: perSecond, at: now, running: new Set() }
    this.#spent.set(environment, spent)
    return spent
  }
}
