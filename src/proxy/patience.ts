// The clock of one exchange with a backend: measures only the time of waiting for the backend, and
// aborts a signal when the time is up or the client has left.

import type { ErrorCode } from '../http/errors.ts'

/**
 * The slowest upload with an announced length, in bytes per second (64 kbit/s). While the platform
 * passes such a body, nobody can see whether client or backend is the slow one.
 */
export const SLOWEST_UPLOAD = 8192

/** Why an exchange was given up. */
export type Surrender = Extract<
  ErrorCode,
  'origin_timeout' | 'client_left' | 'bad_body' | 'body_too_large'
>

/**
 * A class, because every exchange has one: ten closures took as long as the timer. `client` is the signal of the
 * client's request, which the platform aborts when it notices that the client has left.
 */
export class Patience {
  readonly #timeoutMs: number
  readonly #now: () => number
  readonly #controller = new AbortController()
  #surrender: Surrender | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #ended = false
  #taken: 'some' | 'all' | undefined
  #waitedMs = 0
  #waitingSince: number | undefined
  #isUnseen = false

  constructor(timeoutMs: number, client: AbortSignal, now: () => number) {
    this.#timeoutMs = timeoutMs
    this.#now = now
    if (client.aborted) this.giveUp('client_left')
    else client.addEventListener('abort', () => this.giveUp('client_left'), { once: true })
  }

  /** Aborted when the exchange is given up. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Why it was aborted; `undefined` if it was not. */
  surrender(): Surrender | undefined {
    return this.#surrender
  }

  /** Milliseconds of all waits together. In workerd time advances only across I/O. */
  waitedMs(): number {
    return this.#waitedMs
  }

  /** Starts a new wait for the backend. */
  wait(): void {
    this.pause()
    this.#isUnseen = false
    if (this.#ended || this.#surrender) return
    this.#waitingSince = this.#now()
    this.#timer = setTimeout(() => this.giveUp('origin_timeout'), this.#timeoutMs)
  }

  /**
   * Starts the wait for `bytes` of a body that pass unseen: as long as at the slowest allowed rate,
   * or until `isTroubled` twice in a row, which is asked once per wait.
   */
  waitForBody(bytes: number, isTroubled: () => boolean): void {
    this.pause()
    this.#isUnseen = true
    let leftMs = this.#timeoutMs + (bytes / SLOWEST_UPLOAD) * 1000
    let wasTroubled = false
    const look = () => {
      leftMs -= this.#timeoutMs
      const isInTrouble = isTroubled()
      if (leftMs <= 0 || (isInTrouble && wasTroubled)) return this.giveUp('origin_timeout')
      wasTroubled = isInTrouble
      this.#timer = setTimeout(look, Math.min(this.#timeoutMs, leftMs))
    }
    if (!this.#ended && !this.#surrender) this.#timer = setTimeout(look, this.#timeoutMs)
  }

  /** Stops the clock while the client or this code has to act. */
  pause(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#waitingSince !== undefined) {
      this.#waitedMs += Math.max(0, this.#now() - this.#waitingSince)
    }
    this.#waitingSince = undefined
  }

  /** Tells how much of the request's body the backend has accepted. */
  take(part: 'some' | 'all'): void {
    this.#taken = part
  }

  /**
   * Whether a failure says nothing about the backend, because it has accepted a part of a body that
   * is not finished. Backends hang up on bodies that they do not want, such as one that is too
   * large: if that counted, a client could have healthy origins ejected by sending such bodies. Nor
   * is it known who was slow when a body that passes unseen took too long.
   */
  isAboutBody(): boolean {
    return this.#taken === 'some' && (this.#surrender === undefined || this.#isUnseen)
  }

  /** Gives the exchange up for another reason than the clock; the first reason counts. */
  giveUp(why: Surrender): void {
    this.pause()
    this.#surrender ??= why
    this.#controller.abort(new Error(`given up: ${this.#surrender}`))
  }

  /** Ends all waiting, because the backend has answered. */
  end(): void {
    this.#ended = true
    this.pause()
  }
}

/** Starts the clock. */
export function createPatience(
  timeoutMs: number,
  client: AbortSignal,
  now: () => number = Date.now,
): Patience {
  return new Patience(timeoutMs, client, now)
}
