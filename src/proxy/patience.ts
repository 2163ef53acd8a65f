// The clock of one exchange with a backend. It measures waiting for the backend only and knows when
// the client has left; what happens then is for the holder of its signal.

import type { ErrorCode } from '../http/errors.ts'

/** Why an exchange was given up. */
export type Surrender = Extract<
  ErrorCode,
  'origin_timeout' | 'client_left' | 'bad_body' | 'body_too_large'
>

export type Patience = {
  /** Aborted when the exchange is given up. */
  readonly signal: AbortSignal
  /** Why it was aborted; `undefined` while it is not. */
  readonly surrender: () => Surrender | undefined
  /** The backend's turn: a new wait begins. */
  readonly wait: () => void
  /** Somebody else's turn. */
  readonly pause: () => void
  /** To be told how much of the request's body the backend has taken. */
  readonly take: (part: 'some' | 'all') => void
  /** The backend has taken some of a body that goes on. */
  readonly isTaking: () => boolean
  /** Ends the exchange, for another reason than its clock; the first reason counts. */
  readonly giveUp: (why: Surrender) => void
  /** The backend has answered: no wait counts any more. */
  readonly end: () => void
  /** Milliseconds of all waits together. Time passes only where something was waited for. */
  readonly waitedMs: () => number
}

/** `client` is the signal of the client's request, which the platform aborts when it sees it leave. */
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
