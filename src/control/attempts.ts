// Which addresses have shown wrong credentials too often. In memory only: a control that starts anew
// forgets them, and a token of 256 bits is not guessed in between.

import ipaddr from 'ipaddr.js'
import {
  FAILED_ATTEMPTS_WINDOW_MS,
  MAX_FAILED_ATTEMPTS,
  MAX_REMEMBERED_ADDRESSES,
} from './authority-limits.ts'

export class Attempts {
  /** Oldest window first. */
  readonly #windows = new Map<string, { failures: number; readonly since: number }>()

  /** Whether the address has to wait, whatever it shows now. */
  isBlocked(address: string, now: number): boolean {
    const window = this.#windows.get(toKey(address))
    return window !== undefined && isOpen(window, now) && window.failures >= MAX_FAILED_ATTEMPTS
  }

  /** Never throws. */
  recordFailure(address: string, now: number): void {
    const key = toKey(address)
    const window = this.#windows.get(key)
    if (window && isOpen(window, now)) {
      window.failures++
      return
    }
    this.#windows.delete(key)
    if (this.#windows.size >= MAX_REMEMBERED_ADDRESSES) this.#forget(now)
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
    if (this.#windows.size < MAX_REMEMBERED_ADDRESSES) return
    for (const oldest of this.#windows.keys()) {
      this.#windows.delete(oldest)
      return
    }
  }
}

function isOpen({ since }: { readonly since: number }, now: number): boolean {
  return now - since < FAILED_ATTEMPTS_WINDOW_MS
}

/** One client has a whole /64 of IPv6 (RFC 6177), and the same IPv4 address in several spellings. */
function toKey(text: string): string {
  if (!ipaddr.isValid(text)) return text.slice(0, 64)
  const address = ipaddr.process(text)
  if (address instanceof ipaddr.IPv4) return address.toString()
  return `${address.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`
}
