// Globs without regular expressions: `*` is anything but a slash, `**` anything at all, `?` one
// character that is no slash. Every character of the text is looked at once, with a few machine
// words of work, whatever pattern and text hold; both are bounded.

/** Far longer than any path one would write by hand. */
export const MAX_GLOB_CHARACTERS = 256
/** Cloudflare's own bound on a URL. */
const MAX_TEXT_CHARACTERS = 16 * 1024

/** A bit for each position in the pattern, 32 to a word. */
type Positions = Uint32Array

/**
 * A test for `pattern`, read once. Everything but `*` and `?` stands for itself.
 *
 * @throws TypeError when the pattern, and the test when the text, is longer than its bound.
 */
export function compileGlob(pattern: string): (text: string) => boolean {
  if (pattern.length > MAX_GLOB_CHARACTERS) {
    throw new TypeError(`a glob has at most ${MAX_GLOB_CHARACTERS} characters`)
  }
  const tokens = pattern.split(/(\*\*+|\*|\?)/).flatMap(toTokens)
  const end = tokens.filter((token) => !isLoop(token)).length
  const none = (): Positions => new Uint32Array((end >>> 5) + 1)

  // A position is how many tokens that stand for one character have been read; the stars between
  // them are loops on a position.
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

  // By code: what nearly all texts are made of is found faster than in a Map.
  const enteredByAscii = Array.from(
    { length: 128 },
    (_, code) => enteredBy.get(String.fromCharCode(code)) ?? enteredByOthers,
  )

  const live = none()
  const prefix = pattern.split(/[*?]/, 1)[0] as string
  return (text) => {
    if (!text.startsWith(prefix)) return false
    if (text.length > MAX_TEXT_CHARACTERS) {
      throw new TypeError(`a glob looks at no more than ${MAX_TEXT_CHARACTERS} characters`)
    }
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

/** What stands for more than itself is written as a name, which no single character can be. */
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
