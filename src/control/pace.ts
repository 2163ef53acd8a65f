// Tells each isolate how long to wait before its next call, so that all isolates together stay below
// what one Durable Object can serve. Nothing is stored per isolate: each call is given the next free
// slot on a timeline whose slots are 1 / target apart. So later calls come at the target rate at most,
// however many isolates there are. An unused slot costs nothing, because only calls extend the
// timeline.

import { type RefreshEnv, readControlRefreshMs } from '../loading/durations.ts'

/** A Durable Object serves about 1,000 calls a second. Isolates may use half of that. */
export const TARGET_CALLS_PER_SECOND = 500

/** An isolate that calls every two seconds has a copy younger than the five seconds that are promised. */
export const SHORTEST_NEXT_MS = 2000

/** Within this time a change reaches even the last of 150,000 isolates. */
export const LONGEST_NEXT_MS = 300_000

/** The rate of calls is an average over so many seconds. */
const CALLS_WINDOW_S = 10

const SLOT_MS = 1000 / TARGET_CALLS_PER_SECOND

/** Isolates that ask more often than usual, because their copies count as stale sooner, are not held back. */
export function createPace(env: RefreshEnv): Pace {
  return new Pace(Math.min(SHORTEST_NEXT_MS, readControlRefreshMs(env)))
}

/** `now` is in milliseconds since the epoch throughout. */
export class Pace {
  readonly #shortestMs: number
  #lastSlot = 0
  /** Calls in each of the last seconds: a ring buffer. */
  readonly #calls = new Array<number>(CALLS_WINDOW_S + 1).fill(0)
  #second = 0

  /** @param shortestMs what an isolate is told to wait while there are few callers, in milliseconds. */
  constructor(shortestMs = SHORTEST_NEXT_MS) {
    this.#shortestMs = shortestMs
  }

  /** Counts a call and returns after how many milliseconds the caller should call again. */
  record(now: number): number {
    this.#turnTo(now)
    const index = this.#second % this.#calls.length
    this.#calls[index] = (this.#calls[index] ?? 0) + 1
    this.#lastSlot = Math.min(this.#nextSlot(now), now + LONGEST_NEXT_MS)
    return Math.ceil(this.#lastSlot - now)
  }

  /** What `record` would return at `now`; counts nothing. */
  nextMs(now: number): number {
    return Math.ceil(Math.min(this.#nextSlot(now) - now, LONGEST_NEXT_MS))
  }

  /** The average over the last ten complete seconds. */
  callsPerSecond(now: number): number {
    this.#turnTo(now)
    const current = this.#calls[this.#second % this.#calls.length] ?? 0
    const sum = this.#calls.reduce((total, calls) => total + calls, 0)
    return (sum - current) / CALLS_WINDOW_S
  }

  #nextSlot(now: number): number {
    return Math.max(this.#lastSlot + SLOT_MS, now + this.#shortestMs)
  }

  /** Moves the ring buffer on to the second of `now` and clears the seconds in between. */
  #turnTo(now: number): void {
    const second = Math.floor(now / 1000)
    const passed = Math.min(second - this.#second, this.#calls.length)
    for (let i = 0; i < passed; i++) this.#calls[(second - i) % this.#calls.length] = 0
    if (passed > 0) this.#second = second
  }
}
