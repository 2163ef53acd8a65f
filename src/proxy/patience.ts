// The clock of one exchange with a backend. It measures waiting for the backend only, and what
// happens when it runs out is for the holder of its signal.

export type Patience = {
  /** Aborted when a wait lasted too long. */
  readonly signal: AbortSignal
  /** The backend's turn: a new wait begins. */
  readonly wait: () => void
  /** Somebody else's turn. */
  readonly pause: () => void
  /** The backend has answered: no wait counts any more. */
  readonly end: () => void
}

export function createPatience(timeoutMs: number): Patience {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | null = null
  let ended = false
  const pause = () => clearTimeout(timer)
  return {
    signal: controller.signal,
    pause,
    wait() {
      pause()
      if (ended) return
      timer = setTimeout(() => controller.abort(new Error(`waited ${timeoutMs} ms`)), timeoutMs)
    },
    end() {
      ended = true
      pause()
    },
  }
}
