// Remembers the result of parsing a text or compiling an object that is needed on every request. The number
// and length of remembered texts are bounded, because a text may also come from a request; what is made of an
// object is kept as long as the object.

/** More than the ranges, patterns and names of any realistic document. */
export const MAX_MEMOISED = 4096
const MAX_CHARACTERS = 256

/**
 * Returns `read` with a memory of the latest texts. A text for which `read` throws is not remembered.
 *
 * The memory has two generations. When the young one reaches half of the bound, it becomes the old
 * one and the former old one is dropped. A text that is asked for again moves to the young one, so
 * that texts that are often needed outlive those that a client sends once.
 */
export function memoise<T extends NonNullable<unknown>>(
  read: (text: string) => T,
): (text: string) => T {
  let young = new Map<string, T>()
  let old = new Map<string, T>()
  return (text) => {
    const found = young.get(text)
    if (found !== undefined) return found
    const made = old.get(text) ?? read(text)
    if (text.length > MAX_CHARACTERS) return made
    if (young.size >= MAX_MEMOISED / 2) {
      old = young
      young = new Map()
    }
    young.set(text, made)
    return made
  }
}

/** Returns `make` with a memory: what was made of an object is kept as long as the object itself. */
export function memoiseByObject<K extends object, T>(make: (key: K) => T): (key: K) => T {
  const known = new WeakMap<K, { readonly made: T }>()
  return (key) => {
    const found = known.get(key) ?? { made: make(key) }
    known.set(key, found)
    return found.made
  }
}
