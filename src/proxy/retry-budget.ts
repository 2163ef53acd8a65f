// How many requests an isolate may send a second time. A backend that is going down gets little more
// load from retries than it had; which request is worth one is decided elsewhere.

/** One retry for every ten requests. */
const REQUESTS_PER_RETRY = 10
/** What an isolate that has been quiet may spend at once. */
const BURST_RETRIES = 10

export class RetryBudget {
  /** Requests that no retry has been spent on. A new isolate begins with the whole burst. */
  #saved = BURST_RETRIES * REQUESTS_PER_RETRY

  /** To be called once for every request. */
  earn(): void {
    if (this.#saved < BURST_RETRIES * REQUESTS_PER_RETRY) this.#saved += 1
  }

  /** Whether a retry may be made; it is paid for then. */
  spend(): boolean {
    if (this.#saved < REQUESTS_PER_RETRY) return false
    this.#saved -= REQUESTS_PER_RETRY
    return true
  }
}
