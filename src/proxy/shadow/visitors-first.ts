// When a copy begins: an isolate does one thing at a time, and a visitor's request that arrives meanwhile waits. So a
// copy begins while the isolate answers nobody and no other copy begins, or a moment later in any case.

/** Between looks at whether the isolate is free. The first one lets the reply go out; all together bound the wait. */
const WAITS_MS = [0, 1, 2, 4, 8] as const

/** Between the beginnings of two copies. */
const APART_MS = 2

type VisitorsFirstOptions = {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
}

/** One per isolate. */
export class VisitorsFirst {
  readonly #options: VisitorsFirstOptions
  #answering = 0
  #begunAt = 0

  constructor(options: VisitorsFirstOptions) {
    this.#options = options
  }

  /** Has to be called when a request arrives, and `leave` when its reply goes out. */
  arrive(): void {
    this.#answering += 1
  }

  leave(): void {
    this.#answering -= 1
  }

  /** Waits until a copy may begin. */
  async wait(): Promise<void> {
    for (const ms of WAITS_MS) {
      await this.#options.sleep(ms)
      if (this.#isFree()) break
    }
    this.#begunAt = this.#options.now()
  }

  #isFree(): boolean {
    // The clock may have gone back.
    return this.#answering === 0 && Math.abs(this.#options.now() - this.#begunAt) >= APART_MS
  }
}
