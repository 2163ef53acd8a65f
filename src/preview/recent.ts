// Remembers what was found out about the latest texts, such as tokens. Bounded, because texts come from
// requests.

/** A site has a few dozens of people in previews at a time. */
const MAX_REMEMBERED = 1000

/**
 * A memory in two generations: when the young one is full, it becomes the old one, and what nobody has
 * asked for since then is forgotten.
 */
export class Recent<T> {
  #young = new Map<string, T>()
  #old = new Map<string, T>()

  get(text: string): T | undefined {
    const found = this.#young.get(text) ?? this.#old.get(text)
    if (found !== undefined && !this.#young.has(text)) this.put(text, found)
    return found
  }

  put(text: string, found: T): void {
    if (this.#young.size >= MAX_REMEMBERED / 2) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(text, found)
  }
}
