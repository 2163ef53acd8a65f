// One reading per text, for what documents say again and again on every request. Bounded in number
// and length, because a text may also come out of a request.

/** More than the ranges, patterns and names that any sensible document holds. */
const MAX_MEMOISED = 4096
const MAX_CHARACTERS = 256

/** `read`, remembering what it made of the last texts. What throws is not remembered. */
export function memoise<T extends NonNullable<unknown>>(
  read: (text: string) => T,
): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) {
      // Moved to the end, so that what is asked for often outlives what a client asks for once.
      if (known.size >= MAX_MEMOISED) {
        known.delete(text)
        known.set(text, found)
      }
      return found
    }
    const made = read(text)
    if (text.length > MAX_CHARACTERS) return made
    if (known.size >= MAX_MEMOISED) {
      for (const oldest of known.keys()) {
        known.delete(oldest)
        break
      }
    }
    known.set(text, made)
    return made
  }
}
