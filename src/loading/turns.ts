// When one source of the document is asked: one call at a time, not before it is due, and later after
// failures. kv-source.ts and control-source.ts make the calls.

/** After a failed call the next one waits: doubled each time up to the longest. */
const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 30_000

/** Each isolate draws its intervals from ± this share, so that isolates born together part. */
const JITTER = 0.2

export type TurnsOptions = {
  /** Milliseconds after which a call that has not ended no longer keeps others from beginning. */
  readonly timeoutMs: number
  /** Milliseconds from the beginning of one call to that of the next, before jitter. */
  readonly intervalMs: number
  /** 0 to 1. */
  readonly random: () => number
}

/** A call's number: a late one ends neither the mark nor the back-off of a later one. */
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

  /** The source failed, or let somebody wait in vain, and has not answered since. */
  get isFailing(): boolean {
    return this.#isFailing
  }

  isUnderWay(now: number): boolean {
    return now < this.#last.expiresAt
  }

  /** Begins a call; `undefined` while it is too early or another is under way. */
  begin(now: number): Turn | undefined {
    return now < this.#notBefore ? undefined : this.beginEarly(now)
  }

  /** Begins a call though none is due; `undefined` while the source fails or one is under way. */
  beginEarly(now: number): Turn | undefined {
    if (this.isUnderWay(now) || (this.#isFailing && now < this.#notBefore)) return undefined
    const number = this.#last.number + 1
    this.#last = { number, expiresAt: now + this.#options.timeoutMs }
    this.#notBefore = now + this.jittered(this.#options.intervalMs)
    return number
  }

  /** The source has answered. `notBefore` is when it is asked again, if not an interval from begin. */
  succeed(turn: Turn, notBefore?: number): void {
    if (!this.#end(turn)) return
    this.#failures = 0
    this.#isFailing = false
    if (notBefore !== undefined) this.#notBefore = notBefore
  }

  fail(turn: Turn, now: number): void {
    if (!this.#end(turn)) return
    this.#isFailing = true
    const backOffMs = Math.min(FIRST_RETRY_MS * 2 ** this.#failures, LONGEST_RETRY_MS)
    this.#notBefore = now + this.jittered(backOffMs)
    this.#failures += 1
  }

  /** Nobody was asked after all. */
  pass(turn: Turn): void {
    this.#end(turn)
  }

  /** There is a reason to ask again before the time, unless the source fails. */
  hurry(): void {
    if (!this.#isFailing) this.#notBefore = 0
  }

  /** Somebody has waited for it in vain; the call goes on. */
  disappoint(): void {
    this.#isFailing = true
  }

  /** Each isolate draws anew, so that isolates born together part. */
  jittered(ms: number): number {
    return ms * (1 - JITTER + 2 * JITTER * this.#options.random())
  }

  /** Whether the call is the last one that began; its mark is taken away. */
  #end(turn: Turn): boolean {
    if (turn !== this.#last.number) return false
    this.#last = { number: turn, expiresAt: 0 }
    return true
  }
}

/** Lets work go on after the reply: the method of Workers' `ExecutionContext`. */
export type WaitUntil = (work: Promise<unknown>) => void
