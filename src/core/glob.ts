// Globs without regular expressions: `*` stands for anything but a slash, `**` for anything, `?`
// for one character other than a slash. Matching looks at every character of the text once, with a
// few machine words of work, whatever pattern and text hold; the length of both is bounded.

/** Far longer than a path that somebody writes by hand. */
export const MAX_GLOB_CHARACTERS = 256
/** Cloudflare's own limit on a URL. */
const MAX_TEXT_CHARACTERS = 16 * 1024

/** One bit for each position in the pattern, 32 to a word. */
type Positions = Uint32Array

/**
 * Compiles `pattern` to a test. Every character but `*` and `?` stands for itself.
 *
 * @throws TypeError when the pattern is longer than its bound; the test throws one when the text
 *   is.
 */
export function compileGlob(pattern: string): (text: string) => boolean {
  if (pattern.length > MAX_GLOB_CHARACTERS) {
    throw new TypeError(`a glob has at most ${MAX_GLOB_CHARACTERS} characters`)
  }
  const tokens = pattern.split(/(\*\*+|\*|\?)/).flatMap(toTokens)
  const end = tokens.filter((token) => !isLoop(token)).length
  const none = (): Positions => new Uint32Array((end >>> 5) + 1)

  // A position is the number of single-character tokens read so far; a star between them is a loop
  // on a position.
  const enteredBy = new Map([['/', none()]])
  const enteredByOthers = none()
  const keptBySlash = none()
  const keptByOthers = none()
  for (const token of tokens) {
    if (!isLoop(token) && token !== ANY && !enteredBy.has(token)) enteredBy.set(token, none())
  }
  let at = 0
  for (const token of tokens) {
    if (isLoop(token)) {
      set(keptByOthers, at)
      if (token === GLOBSTAR) set(keptBySlash, at)
      continue
    }
    at++
    if (token !== ANY) {
      set(enteredBy.get(token), at)
      continue
    }
    set(enteredByOthers, at)
    for (const [char, positions] of enteredBy) if (char !== '/') set(positions, at)
  }

  // Looked up by code: nearly all texts are ASCII, and an array is faster than a Map.
  const enteredByAscii = Array.from(
    { length: 128 },
    (_, code) => enteredBy.get(String.fromCharCode(code)) ?? enteredByOthers,
  )

  const live = none()
  const literals = pattern.split(/[*?]+/)
  const prefix = literals[0] as string
  // The longest text that has to be somewhere: most texts do not have it, and finding that out is cheap.
  const needed = literals.reduce((longest, one) => (one.length > longest.length ? one : longest))
  return (text) => {
    if (!text.startsWith(prefix)) return false
    if (text.length > MAX_TEXT_CHARACTERS) {
      throw new TypeError(`a glob looks at no more than ${MAX_TEXT_CHARACTERS} characters`)
    }
    if (!text.includes(needed)) return false
    live.fill(0)
    live[0] = 1
    for (const char of text) {
      const entered = enteredByAscii[char.charCodeAt(0)] ?? enteredBy.get(char) ?? enteredByOthers
      const kept = char === '/' ? keptBySlash : keptByOthers
      let carry = 0
      let any = 0
      for (let i = 0; i < live.length; i++) {
        const word = live[i] as number
        const next = (((word << 1) | carry) & (entered[i] as number)) | (word & (kept[i] as number))
        carry = word >>> 31
        any |= next
        live[i] = next
      }
      if (any === 0) return false
    }
    return ((live[end >>> 5] as number) & (1 << (end & 31))) !== 0
  }
}

/**
 * Tokens that stand for more than one character have names, which differ from every single
 * character.
 */
const ANY = 'any'
const STAR = 'star'
const GLOBSTAR = 'globstar'

function toTokens(part: string): string[] {
  if (part === '*') return [STAR]
  if (part === '?') return [ANY]
  return part.startsWith('**') ? [GLOBSTAR] : [...part]
}

function isLoop(token: string): boolean {
  return token === STAR || token === GLOBSTAR
}

function set(positions: Positions | undefined, at: number): void {
  if (positions) positions[at >>> 5] = (positions[at >>> 5] as number) | (1 << (at & 31))
}
