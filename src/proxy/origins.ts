// What an isolate knows of the backends behind it. Chooses among the origins of a service, and leaves out
// for a while one that keeps failing, by the isolate's own experience. What the control's probes found is
// only a hint, by which other origins are preferred. Also limits how many requests an isolate sends a
// second time.

import { type BoundWorker, findBoundWorker } from '../core/services.ts'
import type { Service } from '../core/types.ts'

/** What an exchange says about its origin; `none` if the client broke it off. */
export type OriginVerdict = 'up' | 'down' | 'none'

/** Failures in a row after which an origin is ejected: one may be chance, and so may two. */
export const FAILURES_TO_EJECT = 3
/** The length of an ejection. It doubles with every trial that fails, up to the longest. */
export const FIRST_EJECTION_MS = 5000
export const LONGEST_EJECTION_MS = 120_000
/** Origins are remembered only while they fail, and at most so many. */
export const MAX_TROUBLED_ORIGINS = 1000
/**
 * The control names the origins that are down in every answer; a hint that is not repeated expires.
 */
export const HINT_LIFETIME_MS = 60_000

/** More than the failures that an origin can have without being ejected. */
const HINT_WEIGHT = 1000

type Trouble = {
  /** Failures in a row until now. */
  failures: number
  ejection: Ejection | undefined
}

type Ejection = {
  /** When it failed last; milliseconds since the epoch, as all times here. */
  failedAt: number
  readonly lengthMs: number
  readonly until: number
  /** While a trial is running: when it counts as lost. */
  trialEndsAt: number
}

export type OriginsOptions = {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /**
   * 0 to 1: with which origin a service begins, so that not all isolates begin with the same one.
   */
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
   * Origins that the control found down. They are asked last, but still asked if there are no
   * others: a hint ejects no origin.
   */
  hint(origins: readonly string[]): void {
    if (origins.length === 0 && this.#hinted.size === 0) return
    this.#hinted = new Set(origins)
    this.#hintedUntil = this.#options.now() + HINT_LIFETIME_MS
  }

  /**
   * The next origin of the service that is not ejected, or one whose ejection is over and which
   * gets one request as a trial. `undefined` if all are ejected.
   *
   * A trial may fail, so it is made with a request that could be sent again (`isRepeatable`). If
   * none comes for as long as the ejection lasted, any request will do.
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
        // The turn moves on to the origin that was taken, so that the one after an ejected origin
        // gets no more than its share.
        this.#turns.set(service, at + 1)
        return origin
      }
    }
    return undefined
  }

  /**
   * The origin for a second try after `tried`: of the others that are not ejected, the one that
   * failed least; one that is hinted to be down only if there is no other.
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

  /**
   * One of the origins that are neither ejected nor hinted to be down, or else one that is not
   * ejected; whichever chance chooses.
   */
  pickSound(service: Service): string | undefined {
    const admitted = service.origins.filter((origin) => !this.#troubled.get(origin)?.ejection)
    const sound = admitted.filter((origin) => !this.#isHinted(origin))
    const among = sound.length > 0 ? sound : admitted
    return among[Math.floor(this.#options.random() * among.length)]
  }

  /** Whether the origin is ejected, or hinted to be down. */
  isTroubled(origin: string): boolean {
    return this.#troubled.get(origin)?.ejection !== undefined || this.#isHinted(origin)
  }

  /** If all are ejected, the origin whose last failure is longest ago. */
  takeEjected(service: Service): string | undefined {
    const failedAt = (origin: string) => this.#troubled.get(origin)?.ejection?.failedAt ?? 0
    let best: string | undefined
    for (const origin of service.origins) {
      if (best === undefined || failedAt(origin) < failedAt(best)) best = origin
    }
    return best
  }

  /** Whether every origin is either ejected or in `tried`. */
  isDown(service: Service, tried: readonly string[]): boolean {
    return service.origins.every(
      (origin) => tried.includes(origin) || this.#troubled.get(origin)?.ejection !== undefined,
    )
  }

  /**
   * Records the result of an exchange. Never throws. One good answer cancels all failures before
   * it.
   */
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
      // A request that was already running does not make an ejection longer.
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

/**
 * One retry for every ten requests: a backend that is going down gets little more load from retries
 * than it had.
 */
const REQUESTS_PER_RETRY = 10
/** How many retries an isolate that has been quiet may make at once. */
const BURST_RETRIES = 10

export class RetryBudget {
  /** Requests for which no retry was made. A new isolate starts with the full burst. */
  #saved = BURST_RETRIES * REQUESTS_PER_RETRY

  /** Has to be called once for every request. */
  earn(): void {
    if (this.#saved < BURST_RETRIES * REQUESTS_PER_RETRY) this.#saved += 1
  }

  /** Whether a retry may be made; if so, it is paid for. */
  spend(): boolean {
    if (this.#saved < REQUESTS_PER_RETRY) return false
    this.#saved -= REQUESTS_PER_RETRY
    return true
  }
}

/**
 * One value for all requests, made when the isolate starts. Nothing else of this folder is kept between
 * requests.
 */
export type Backends = {
  readonly origins: Origins
  readonly budget: RetryBudget
  /** The Worker that is bound to this one under a name. */
  readonly findBinding: (name: string) => BoundWorker | undefined
}

/** Creates what an isolate keeps about its backends. `bindings` are all bindings by name. */
export function createBackends(options: OriginsOptions & { readonly bindings: object }): Backends {
  return {
    origins: new Origins(options),
    budget: new RetryBudget(),
    findBinding: (name) => findBoundWorker(options.bindings, name),
  }
}
