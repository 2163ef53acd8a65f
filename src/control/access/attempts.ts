// Which addresses have shown wrong credentials too often. Only wrong credentials are answered otherwise
// then: a right one counts from everywhere. In memory only: a control that starts anew forgets them, and
// a token of 256 bits is not guessed in between.

import { toClient } from '../../core/ip-address.ts'

/** A person who mistypes needs a few. From then on isolates keep the address's wrong credentials away. */
export const MAX_FAILED_ATTEMPTS = 10

/** Counted from the first failure; after that the address starts anew. */
const FAILED_ATTEMPTS_WINDOW_MS = 60_000

/** About 200 KB. Who has more addresses than that pushes older ones out, and still guesses nothing. */
export const MAX_FAILING_ADDRESSES = 2000

export class Attempts {
  /** Oldest window first. */
  readonly #windows = new Map<string, { failures: number; readonly since: number }>()

  /** Whether another wrong credential from the address is one too many. */
  isBlocked(address: string, now: number): boolean {
    const window = this.#windows.get(toClient(address))
    return window !== undefined && isOpen(window, now) && window.failures >= MAX_FAILED_ATTEMPTS
  }

  /** Never throws. */
  recordFailure(address: string, now: number): void {
    const key = toClient(address)
    const window = this.#windows.get(key)
    if (window && isOpen(window, now)) {
      window.failures++
      return
    }
    this.#windows.delete(key)
    if (this.#windows.size >= MAX_FAILING_ADDRESSES) this.#forget(now)
    this.#windows.set(key, { failures: 1, since: now })
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#windows.size
  }

  /** All that are over, or else the oldest. */
  #forget(now: number): void {
    for (const [key, window] of this.#windows) {
      if (isOpen(window, now)) break
      this.#windows.delete(key)
    }
    if (this.#windows.size < MAX_FAILING_ADDRESSES) return
    for (const oldest of this.#windows.keys()) {
      this.#windows.delete(oldest)
      return
    }
  }
}

function isOpen({ since }: { readonly since: number }, now: number): boolean {
  return now - since < FAILED_ATTEMPTS_WINDOW_MS
}
