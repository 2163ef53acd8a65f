// When one source of the document is asked: one call at a time, not before it is due, and later
// after failures. kv-source.ts and control-source.ts make the calls.

/** How long the next call waits after a failure: doubled each time, up to the longest. */
const FIRST_RELOAD_PAUSE_MS = 500
const LONGEST_RELOAD_PAUSE_MS = 30_000

/**
 * Each isolate varies its intervals by ± this share, so that isolates that started together spread
 * out.
 */
const JITTER = 0.2

export type TurnsOptions = {
  /** Milliseconds after which a call that has not ended no longer blocks the next. */
  readonly timeoutMs: number
  /** Milliseconds from the beginning of one call to that of the next, before jitter. */
  readonly intervalMs: number
  /** 0 to 1. */
  readonly random: () => number
}

/** The number of a call: a late call must not end the mark or the back-off of a later one. */
export type Turn = number

export class Turns {
  readonly #options: TurnsOptions
  #last: { readonly number: Turn; readonly expiresAt: number } = { number: 0, expiresAt: 0 }
  #notBefore = 0
  #failures = 0
  #isFailing = false

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  /** Whether the source failed, or let a request wait in vain, and has not answered since. */
  get isFailing(): boolean {
    return this.#isFailing
  }

  isUnderWay(now: number): boolean {
    return now < this.#last.expiresAt
  }

  /** Begins a call; `undefined` if it is too early or another is running. */
  begin(now: number): Turn | undefined {
    return now < this.#notBefore ? undefined : this.beginEarly(now)
  }

  /**
   * Begins a call that is not due; `undefined` while the source fails or another call is running.
   */
  beginEarly(now: number): Turn | undefined {
    if (this.isUnderWay(now) || (this.#isFailing && now < this.#notBefore)) return undefined
    const number = this.#last.number + 1
    this.#last = { number, expiresAt: now + this.#options.timeoutMs }
    this.#notBefore = now + this.jittered(this.#options.intervalMs)
    return number
  }

  /**
   * The source has answered. `notBefore` is when to ask again, if not one interval after the call
   * began.
   */
  succeed(turn: Turn, notBefore?: number): void {
    if (!this.#end(turn)) return
    this.#failures = 0
    this.#isFailing = false
    if (notBefore !== undefined) this.#notBefore = notBefore
  }

  fail(turn: Turn, now: number): void {
    if (!this.#end(turn)) return
    this.#isFailing = true
    const backOffMs = Math.min(FIRST_RELOAD_PAUSE_MS * 2 ** this.#failures, LONGEST_RELOAD_PAUSE_MS)
    this.#notBefore = now + this.jittered(backOffMs)
    this.#failures += 1
  }

  /** The turn was not used: the source was not asked. */
  pass(turn: Turn): void {
    this.#end(turn)
  }

  /** Makes the next call due now, unless the source fails. */
  hurry(): void {
    if (!this.#isFailing) this.#notBefore = 0
  }

  /** A waiter timed out: treats the source as failing, but does not cancel the call. */
  disappoint(): void {
    this.#isFailing = true
  }

  /** A random variation of an interval, different each time. */
  jittered(ms: number): number {
    return ms * (1 - JITTER + 2 * JITTER * this.#options.random())
  }

  /** Whether the call is the latest one; if so, it no longer counts as running. */
  #end(turn: Turn): boolean {
    if (turn !== this.#last.number) return false
    this.#last = { number: turn, expiresAt: 0 }
    return true
  }
}

/** Continues work after the reply: the method of Workers' `ExecutionContext`. */
export type WaitUntil = (work: Promise<unknown>) => void
