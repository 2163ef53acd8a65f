// The clock of one exchange with a backend: measures only the time of waiting for the backend, and
// aborts a signal when the time is up or the client has left.

import type { ErrorCode } from '../http/errors.ts'

/** Why an exchange was given up. */
export type Surrender = Extract<
  ErrorCode,
  'origin_timeout' | 'client_left' | 'bad_body' | 'body_too_large'
>

export type Patience = {
  /** Aborted when the exchange is given up. */
  readonly signal: AbortSignal
  /** Why it was aborted; `undefined` if it was not. */
  readonly surrender: () => Surrender | undefined
  /** Starts a new wait for the backend. */
  readonly wait: () => void
  /** Stops the clock while the client or this code has to act. */
  readonly pause: () => void
  /** Tells how much of the request's body the backend has accepted. */
  readonly take: (part: 'some' | 'all') => void
  /** Whether the backend has accepted a part of a body that is not finished. */
  readonly isTaking: () => boolean
  /** Gives the exchange up for another reason than the clock; the first reason counts. */
  readonly giveUp: (why: Surrender) => void
  /** Ends all waiting, because the backend has answered. */
  readonly end: () => void
  /** Milliseconds of all waits together. In workerd time advances only across I/O. */
  readonly waitedMs: () => number
}

/**
 * Starts the clock. `client` is the signal of the client's request, which the platform aborts when
 * it notices that the client has left.
 */
export function createPatience(
  timeoutMs: number,
  client: AbortSignal,
  now: () => number = Date.now,
): Patience {
  const controller = new AbortController()
  let surrender: Surrender | undefined
  let timer: ReturnType<typeof setTimeout> | null = null
  let ended = false
  let taken: 'some' | 'all' | undefined
  let waitedMs = 0
  let waitingSince: number | undefined
  const pause = () => {
    clearTimeout(timer)
    if (waitingSince !== undefined) waitedMs += Math.max(0, now() - waitingSince)
    waitingSince = undefined
  }
  const giveUp = (why: Surrender) => {
    pause()
    surrender ??= why
    controller.abort(new Error(`given up: ${surrender}`))
  }
  const leave = () => giveUp('client_left')
  if (client.aborted) leave()
  else client.addEventListener('abort', leave, { once: true })
  return {
    signal: controller.signal,
    surrender: () => surrender,
    pause,
    take(part) {
      taken = part
    },
    isTaking: () => taken === 'some',
    giveUp,
    wait() {
      pause()
      if (ended || surrender) return
      waitingSince = now()
      timer = setTimeout(() => giveUp('origin_timeout'), timeoutMs)
    },
    end() {
      ended = true
      pause()
    },
    waitedMs: () => waitedMs,
  }
}
