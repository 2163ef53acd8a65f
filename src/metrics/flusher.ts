// Makes sure that what was counted is sent although no other call of the control is due: the last requests
// of a quiet isolate, and all of them where another isolate keeps the document fresh.

/** Work behind a reply may go on for 30 s; a control that is busy is tried again until then. */
const FLUSH_WITHIN_MS = 25_000

/** Another call is under way, which takes everything along or ends soon. */
const FLUSH_AGAIN_MS = 500

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
  /** When a timer that is under way sends what there is; 0 where none is. Its request may be ended. */
  #armedFor = 0

  constructor(options: FlusherOptions) {
    this.#options = options
  }

  /**
   * To be called when something was counted. Whatever is counted before a timer runs out goes with
   * it, and what comes after that has a timer of its own, so that nothing is left behind. Never throws.
   */
  arm(flush: Flush, waitUntil: (work: Promise<unknown>) => void): void {
    const { now, afterMs } = this.#options
    const at = now()
    if (afterMs === 0 || at < this.#armedFor) return
    this.#armedFor = at + afterMs
    waitUntil(this.#run(flush, at).catch((cause) => console.error('counts cannot be sent', cause)))
  }

  async #run(flush: Flush, began: number): Promise<void> {
    const { isEmpty, afterMs, now, sleep } = this.#options
    const deadline = began + FLUSH_WITHIN_MS
    await sleep(afterMs)
    this.#armedFor = 0
    while (!isEmpty()) {
      const wait = Math.max(FLUSH_AGAIN_MS, (await flush()) ?? FLUSH_AGAIN_MS)
      if (isEmpty() || now() + wait > deadline) return
      await sleep(wait)
    }
  }
}
