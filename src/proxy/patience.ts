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

export type Patience = {
  /** Aborted when the exchange is given up. */
  readonly signal: AbortSignal
  /** Why it was aborted; `undefined` if it was not. */
  readonly surrender: () => Surrender | undefined
  /** Starts a new wait for the backend. */
  readonly wait: () => void
  /**
   * Starts the wait for `bytes` of a body that pass unseen: as long as at the slowest allowed rate,
   * or until `isTroubled` twice in a row, which is asked once per wait.
   */
  readonly waitForBody: (bytes: number, isTroubled: () => boolean) => void
  /** Stops the clock while the client or this code has to act. */
  readonly pause: () => void
  /** Tells how much of the request's body the backend has accepted. */
  readonly take: (part: 'some' | 'all') => void
  /**
   * Whether a failure says nothing about the backend, because it has accepted a part of a body that
   * is not finished. Backends hang up on bodies that they do not want, such as one that is too
   * large: if that counted, a client could have healthy origins ejected by sending such bodies. Nor
   * is it known who was slow when a body that passes unseen took too long.
   */
  readonly isAboutBody: () => boolean
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
  let isUnseen = false
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
    isAboutBody: () => taken === 'some' && (surrender === undefined || isUnseen),
    giveUp,
    wait() {
      pause()
      isUnseen = false
      if (ended || surrender) return
      waitingSince = now()
      timer = setTimeout(() => giveUp('origin_timeout'), timeoutMs)
    },
    waitForBody(bytes, isTroubled) {
      pause()
      isUnseen = true
      let leftMs = timeoutMs + (bytes / SLOWEST_UPLOAD) * 1000
      let wasTroubled = false
      const look = () => {
        leftMs -= timeoutMs
        const isInTrouble = isTroubled()
        if (leftMs <= 0 || (isInTrouble && wasTroubled)) return giveUp('origin_timeout')
        wasTroubled = isInTrouble
        timer = setTimeout(look, Math.min(timeoutMs, leftMs))
      }
      if (!ended && !surrender) timer = setTimeout(look, timeoutMs)
    },
    end() {
      ended = true
      pause()
    },
    waitedMs: () => waitedMs,
  }
}
