// Sees to it that what was counted travels although no other call of the control is due: the last
// requests of a quiet isolate, and all of them where another isolate keeps the document fresh.

import { FLUSH_AGAIN_MS, FLUSH_WITHIN_MS } from './limits.ts'

export type FlusherOptions = {
  readonly isEmpty: () => boolean
  /** How long counts may wait; 0 where they only ever travel on calls that are due anyway. */
  readonly afterMs: number
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
}

/** Tells the control. Milliseconds until it may be tried again; `undefined` once it was tried. */
export type Flush = () => Promise<number | undefined>

export class Flusher {
  readonly #options: FlusherOptions
  /** Until then somebody's timer is under way, unless its request has been ended. */
  #armedUntil = 0

  constructor(options: FlusherOptions) {
    this.#options = options
  }

  /** To be called when something was counted. The timer is bounded; one at a time. Never throws. */
  arm(flush: Flush, waitUntil: (work: Promise<unknown>) => void): void {
    const { now, afterMs } = this.#options
    const at = now()
    if (afterMs === 0 || at < this.#armedUntil) return
    this.#armedUntil = at + FLUSH_WITHIN_MS
    waitUntil(
      this.#run(flush, at).catch((cause) => console.error('counts could not be sent', cause)),
    )
  }

  async #run(flush: Flush, began: number): Promise<void> {
    const { isEmpty, afterMs, now, sleep } = this.#options
    const deadline = began + FLUSH_WITHIN_MS
    let wait = afterMs
    try {
      while (now() + wait <= deadline) {
        await sleep(wait)
        if (isEmpty()) return
        // What was counted meanwhile waits for its own time.
        wait = (await flush()) ?? afterMs
        if (isEmpty()) return
        wait = Math.max(wait, FLUSH_AGAIN_MS)
      }
    } finally {
      this.#armedUntil = 0
    }
  }
}
