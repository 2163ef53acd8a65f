// How often a client may evaluate flags: a count of each minute, in the memory of the isolate.

const LIMITED_MS = 60_000
/** More clients than that in one minute and isolate are not limited: a bound of memory, not of clients. */
const MAX_CLIENTS = 10_000

export class RateLimit {
  #began = 0
  readonly #counts = new Map<string, number>()

  /** Seconds to wait, or 0 if the client may go on. */
  count(client: string, perMinute: number, now: number): number {
    if (now - this.#began >= LIMITED_MS || now < this.#began) {
      this.#began = now
      this.#counts.clear()
    }
    const count = (this.#counts.get(client) ?? 0) + 1
    if (count === 1 && this.#counts.size >= MAX_CLIENTS) return 0
    this.#counts.set(client, count)
    return count <= perMinute ? 0 : Math.ceil((this.#began + LIMITED_MS - now) / 1000)
  }
}
