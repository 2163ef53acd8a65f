// A memory of bounded size: the least recently used value is dropped first. Callers state the size
// of a value in bytes.

/** Keeps at most `maxBytes`, by the sizes that were stated. */
export class BoundedMemory<V> {
  readonly #maxBytes: number
  /** In order of use, the latest last. */
  readonly #kept = new Map<string, { readonly value: V; readonly bytes: number }>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get(key: string): V | undefined {
    const found = this.#kept.get(key)
    if (!found) return undefined
    this.#kept.delete(key)
    this.#kept.set(key, found)
    return found.value
  }

  /** A value that is bigger than the whole memory is not kept, and displaces nothing. */
  put(key: string, value: V, bytes: number): void {
    if (bytes > this.#maxBytes) return
    this.#remove(key)
    this.#kept.set(key, { value, bytes })
    this.#bytes += bytes
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#maxBytes) break
      this.#remove(oldest)
    }
  }

  #remove(key: string): void {
    this.#bytes -= this.#kept.get(key)?.bytes ?? 0
    this.#kept.delete(key)
  }
}
