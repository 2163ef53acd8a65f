// Sends counts although no other call of the control is due: those of the last requests of a quiet
// isolate, and all of them if another isolate keeps the document fresh.

import { URGENT_FLUSH_MS } from '../core/counting/limits.ts'

/** Work after a reply may go on for 30 s; until then a busy control is tried again. */
const FLUSH_WITHIN_MS = 25_000

/** How long to wait if another call is running, which sends everything itself or ends soon. */
const FLUSH_AGAIN_MS = 500

export type FlusherOptions = {
  readonly isEmpty: () => boolean
  /** Whether something waits that should not wait for long. */
  readonly isUrgent: () => boolean
  /** How long counts may wait; 0 if they are only sent with calls that are due anyway. */
  readonly afterMs: number
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
}

/** Calls the control. Milliseconds until it may be tried again; `undefined` after a try. */
export type Flush = () => Promise<number | undefined>

export class Flusher {
  readonly #options: FlusherOptions
  /** When the timer that ends first sends; 0 if there is none. The timer's request may have ended since. */
  #armedFor = 0

  constructor(options: FlusherOptions) {
    this.#options = options
  }

  /**
   * Has to be called after something was counted. Counts made before a timer ends are sent by it,
   * and later ones get a timer of their own, so that none are left behind. What is urgent gets a
   * shorter timer if the running one ends too late. Never throws.
   */
  arm(flush: Flush, waitUntil: (work: Promise<unknown>) => void): void {
    const { now, afterMs, isUrgent } = this.#options
    if (afterMs === 0) return
    const at = now()
    const due = at + (isUrgent() ? Math.min(URGENT_FLUSH_MS, afterMs) : afterMs)
    if (at < this.#armedFor && this.#armedFor <= due) return
    this.#armedFor = due
    waitUntil(
      this.#run(flush, at, due).catch((cause) => console.error('counts cannot be sent', cause)),
    )
  }

  async #run(flush: Flush, began: number, due: number): Promise<void> {
    const { isEmpty, now, sleep } = this.#options
    const deadline = began + FLUSH_WITHIN_MS
    await sleep(due - began)
    // Another timer was started, because this one ended too late for what was urgent, or because it
    // had overslept.
    if (this.#armedFor !== due && now() < this.#armedFor) return
    this.#armedFor = 0
    while (!isEmpty()) {
      const wait = Math.max(FLUSH_AGAIN_MS, (await flush()) ?? FLUSH_AGAIN_MS)
      if (isEmpty() || now() + wait > deadline) return
      await sleep(wait)
    }
  }
}
