// Counts wrong credentials per client address. After too many, further wrong ones get another reply; a
// valid credential is accepted from every address. The counts are in memory only: a restart clears
// them, which does not help anybody to guess a token of 256 bits.

import { toClient } from '../../core/ip-address.ts'

/**
 * A person who mistypes needs a few attempts. After these, isolates reject wrong credentials of the
 * address.
 */
export const MAX_FAILED_ATTEMPTS = 10

/** The time from the first failure after which the count of an address starts again. */
const FAILED_ATTEMPTS_WINDOW_MS = 60_000

/** About 200 KB. Somebody with more addresses pushes older ones out, but still cannot guess a token. */
export const MAX_FAILING_ADDRESSES = 2000

export class Attempts {
  /** Oldest window first. */
  readonly #windows = new Map<string, { failures: number; readonly since: number }>()

  /** Whether the address has sent too many wrong credentials. */
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

  /** How many addresses are stored. */
  get size(): number {
    return this.#windows.size
  }

  /** Deletes all expired windows, or the oldest one if none has expired. */
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
