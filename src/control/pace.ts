// How long each isolate should wait before it asks again, so that all together stay below what one
// Durable Object takes. Nothing is kept of an isolate: every call is given the next free slot on one
// timeline, whose slots lie as close as the target allows. However many isolates there are, and
// however they arrive, the calls that follow come at the target's rate at most. A slot that nobody
// comes for costs nothing, because the timeline grows only with calls.

/** A Durable Object takes about 1,000 calls a second; isolates shall need half of that at most. */
export const TARGET_CALLS_PER_SECOND = 500

/** An isolate that asks every two seconds decides on a copy that is younger than five. */
export const SHORTEST_NEXT_MS = 2000

/** Even the last of 150,000 isolates hears of a change within this. */
export const LONGEST_NEXT_MS = 300_000

/** Over how many seconds the calls of isolates are counted. */
const CALLS_WINDOW_S = 10

const SLOT_MS = 1000 / TARGET_CALLS_PER_SECOND

/** `now` is in milliseconds since the epoch throughout. */
export class Pace {
  #lastSlot = 0
  /** Calls by second, of the last few seconds: a ring. */
  readonly #calls = new Array<number>(CALLS_WINDOW_S + 1).fill(0)
  #second = 0

  /** Counts a call. Milliseconds until the caller should call again. */
  record(now: number): number {
    this.#turnTo(now)
    const index = this.#second % this.#calls.length
    this.#calls[index] = (this.#calls[index] ?? 0) + 1
    this.#lastSlot = Math.min(this.#nextSlot(now), now + LONGEST_NEXT_MS)
    return Math.ceil(this.#lastSlot - now)
  }

  /** What a call at `now` would be told. */
  nextMs(now: number): number {
    return Math.ceil(Math.min(this.#nextSlot(now) - now, LONGEST_NEXT_MS))
  }

  /** Over the last ten whole seconds. */
  callsPerSecond(now: number): number {
    this.#turnTo(now)
    const current = this.#calls[this.#second % this.#calls.length] ?? 0
    const sum = this.#calls.reduce((total, calls) => total + calls, 0)
    return (sum - current) / CALLS_WINDOW_S
  }

  #nextSlot(now: number): number {
    return Math.max(this.#lastSlot + SLOT_MS, now + SHORTEST_NEXT_MS)
  }

  /** Empties the seconds that have passed without a call. */
  #turnTo(now: number): void {
    const second = Math.floor(now / 1000)
    const passed = Math.min(second - this.#second, this.#calls.length)
    for (let i = 0; i < passed; i++) this.#calls[(second - i) % this.#calls.length] = 0
    if (passed > 0) this.#second = second
  }
}
