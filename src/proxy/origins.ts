// Whose turn it is among the origins of a service, and which of them is left out for a while because
// it keeps failing: that is one isolate's own experience. What the control's probes found is a hint on
// top of it, by which others are asked first.

import type { Service } from '../core/types.ts'

/** What an exchange says of its origin; `none` where it was the client who broke it off. */
export type OriginVerdict = 'up' | 'down' | 'none'

/** Failures in a row that eject an origin: one may be chance, and so may two. */
export const FAILURES_TO_EJECT = 3
/** Doubled by every trial that fails, up to the longest. */
export const FIRST_EJECTION_MS = 5000
export const LONGEST_EJECTION_MS = 120_000
/** Origins are remembered while they fail, and no more of them than this. */
export const MAX_TROUBLED_ORIGINS = 1000
/** The control says who is down with every answer; a hint that is not repeated is none any more. */
export const HINT_LIFETIME_MS = 60_000

/** More than the failures that an origin can have without being ejected. */
const HINT_WEIGHT = 1000

type Trouble = {
  /** In a row, up to now. */
  failures: number
  ejection: Ejection | undefined
}

type Ejection = {
  /** When it failed last; milliseconds since the epoch, as all times here. */
  failedAt: number
  readonly lengthMs: number
  readonly until: number
  /** While a trial is under way: when it counts as lost. */
  trialEndsAt: number
}

export type OriginsOptions = {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** 0 to 1: where each service begins, so that isolates do not all begin with the same origin. */
  readonly random: () => number
}

export class Origins {
  readonly #options: OriginsOptions
  readonly #turns = new WeakMap<Service, number>()
  readonly #troubled = new Map<string, Trouble>()
  #hinted: ReadonlySet<string> = new Set()
  #hintedUntil = 0

  constructor(options: OriginsOptions) {
    this.#options = options
  }

  /**
   * Origins that somebody else found down. They are asked last, and asked all the same where nobody
   * else is left: a hint ejects nobody.
   */
  hint(origins: readonly string[]): void {
    if (origins.length === 0 && this.#hinted.size === 0) return
    this.#hinted = new Set(origins)
    this.#hintedUntil = this.#options.now() + HINT_LIFETIME_MS
  }

  /**
   * The next origin of the service that is not ejected, or one whose ejection is over and that is
   * given one request as a trial. `undefined` when all are ejected.
   *
   * A trial may well fail, so it is made with a request that could be sent again (`isRepeatable`);
   * where there are none of these, an ejection twice as long ends with any request.
   */
  take(service: Service, isRepeatable: boolean): string | undefined {
    const { origins, timeoutMs } = service
    if (origins.length === 1 && this.#troubled.size === 0) return origins[0]
    const turn = this.#turns.get(service) ?? Math.floor(this.#options.random() * origins.length)
    for (const isLast of [false, true]) {
      for (let step = 0; step < origins.length; step++) {
        const at = (turn + step) % origins.length
        const origin = origins[at]
        if (origin === undefined || this.#isHinted(origin) !== isLast) continue
        if (!this.#admits(origin, timeoutMs, isRepeatable)) continue
        // Whoever comes after one that is left out gets no more than its own turn.
        this.#turns.set(service, at + 1)
        return origin
      }
    }
    return undefined
  }

  /**
   * Who takes over for `tried`: the one that failed least of the others that are not ejected, one that
   * is said to be down only where there is no other.
   */
  takeOther(service: Service, tried: string): string | undefined {
    let best: string | undefined
    let fewest = Number.POSITIVE_INFINITY
    for (const origin of service.origins) {
      const trouble = this.#troubled.get(origin)
      const failures = (trouble?.failures ?? 0) + (this.#isHinted(origin) ? HINT_WEIGHT : 0)
      if (origin === tried || trouble?.ejection || failures >= fewest) continue
      best = origin
      fewest = failures
    }
    return best
  }

  /** Where all are ejected somebody has to be asked: the one whose last failure is longest ago. */
  takeEjected(service: Service): string | undefined {
    const failedAt = (origin: string) => this.#troubled.get(origin)?.ejection?.failedAt ?? 0
    let best: string | undefined
    for (const origin of service.origins) {
      if (best === undefined || failedAt(origin) < failedAt(best)) best = origin
    }
    return best
  }

  /** Whether every origin is either ejected or `tried`. */
  isDown(service: Service, tried: readonly string[]): boolean {
    return service.origins.every(
      (origin) => tried.includes(origin) || this.#troubled.get(origin)?.ejection !== undefined,
    )
  }

  /** Never throws. One good answer makes up for all failures before it. */
  record(origin: string, verdict: OriginVerdict): void {
    if (verdict === 'up' && this.#troubled.size > 0) this.#troubled.delete(origin)
    if (verdict !== 'down') return
    const now = this.#options.now()
    const trouble = this.#troubled.get(origin) ?? this.#remember(origin)
    const { ejection } = trouble
    trouble.failures += 1
    if (ejection === undefined) {
      if (trouble.failures >= FAILURES_TO_EJECT) trouble.ejection = eject(now, FIRST_EJECTION_MS)
    } else if (ejection.trialEndsAt > 0) {
      trouble.ejection = eject(now, Math.min(2 * ejection.lengthMs, LONGEST_EJECTION_MS))
    } else {
      // Requests that were under way make an ejection no longer.
      ejection.failedAt = now
    }
  }

  #isHinted(origin: string): boolean {
    if (this.#hinted.size === 0 || !this.#hinted.has(origin)) return false
    return this.#options.now() < this.#hintedUntil
  }

  #admits(origin: string, trialMs: number, isRepeatable: boolean): boolean {
    const ejection = this.#troubled.get(origin)?.ejection
    if (ejection === undefined) return true
    const now = this.#options.now()
    const until = isRepeatable ? ejection.until : ejection.until + ejection.lengthMs
    if (now < until || now < ejection.trialEndsAt) return false
    ejection.trialEndsAt = now + trialMs
    return true
  }

  #remember(origin: string): Trouble {
    if (this.#troubled.size >= MAX_TROUBLED_ORIGINS) {
      const [oldest] = this.#troubled.keys()
      if (oldest !== undefined) this.#troubled.delete(oldest)
    }
    const trouble = { failures: 0, ejection: undefined }
    this.#troubled.set(origin, trouble)
    return trouble
  }
}

function eject(now: number, lengthMs: number): Ejection {
  return { failedAt: now, lengthMs, until: now + lengthMs, trialEndsAt: 0 }
}

/** One retry for every ten requests. */
const REQUESTS_PER_RETRY = 10
/** What an isolate that has been quiet may spend at once. */
const BURST_RETRIES = 10

export class RetryBudget {
  /** Requests that no retry has been spent on. A new isolate begins with the whole burst. */
  #saved = BURST_RETRIES * REQUESTS_PER_RETRY

  /** To be called once for every request. */
  earn(): void {
    if (this.#saved < BURST_RETRIES * REQUESTS_PER_RETRY) this.#saved += 1
  }

  /** Whether a retry may be made; it is paid for then. */
  spend(): boolean {
    if (this.#saved < REQUESTS_PER_RETRY) return false
    this.#saved -= REQUESTS_PER_RETRY
    return true
  }
}
