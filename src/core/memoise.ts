// One reading per text, for what documents say again and again on every request. Bounded in number
// and length, because a text may also come out of a request.

/** More than the ranges, patterns and names that any sensible document holds. */
export const MAX_MEMOISED = 4096
const MAX_CHARACTERS = 256

/**
 * `read`, remembering what it made of the last texts. What throws is not remembered.
 *
 * Two generations: when the young one is half of all that is kept, it becomes the old one, and the old
 * one goes. A text that is asked for again passes into the young one, so that what is asked for often
 * outlives what a client asks for once.
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
