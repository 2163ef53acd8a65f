// Remembers what an isolate has told the control of visitors, so that each outcome is told once and
// not with every request. Memory is bounded: when it is full, everything is forgotten and told again,
// which the control notices.

/** About 2 MB of an isolate's 128. */
export const MAX_TOLD = 32_768

/** Metrics and routes of versions; hostile paths could make endless many. */
export const MAX_TOLD_KINDS = 4096

/**
 * After this long everything is told again: the control may have lost it, or have had no use for it
 * yet, as for a slow answer of a backend that has just started.
 */
export const TELL_AGAIN_MS = 60_000

export class Told {
  /** By kind and visitor. */
  readonly #levels = new Map<number, number>()
  readonly #kinds = new Map<string, number>()
  #since = 0

  /** The level that was told before; 0 if none was. */
  level(kind: string, visitor: number, now: number): number {
    if (now - this.#since >= TELL_AGAIN_MS || now < this.#since) this.forget(now)
    const number = this.#kinds.get(kind)
    return number === undefined ? 0 : (this.#levels.get(toKey(number, visitor)) ?? 0)
  }

  add(kind: string, visitor: number, level: number, now: number): void {
    const isFull = this.#levels.size >= MAX_TOLD || this.#kinds.size >= MAX_TOLD_KINDS
    if (isFull) this.forget(now)
    let number = this.#kinds.get(kind)
    if (number === undefined) {
      number = this.#kinds.size
      this.#kinds.set(kind, number)
    }
    this.#levels.set(toKey(number, visitor), level)
  }

  forget(now: number): void {
    this.#levels.clear()
    this.#kinds.clear()
    this.#since = now
  }
}

/** Exact: 12 bits of kinds above the 32 of a visitor's hash. */
function toKey(kind: number, visitor: number): number {
  return kind * 2 ** 32 + visitor
}
