// Globs without regular expressions: `*` is anything but a slash, `**` anything at all, `?` one
// character that is no slash. The time is bounded by pattern length times text length, whatever
// either of them holds.

type Token =
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'one' | 'star' | 'globstar' }

/** A test for `pattern`, read once. Everything but `*` and `?` stands for itself. */
export function compileGlob(pattern: string): (text: string) => boolean {
  const tokens = toTokens(pattern)
  return (text) => matchTokens(tokens, text)
}

function toTokens(pattern: string): Token[] {
  return pattern.split(/(\*\*+|\*|\?)/).flatMap((part): Token[] => {
    if (part === '*') return [{ kind: 'star' }]
    if (part === '?') return [{ kind: 'one' }]
    if (part.startsWith('**')) return [{ kind: 'globstar' }]
    return [...part].map((char) => ({ kind: 'char', char }))
  })
}

/** Keeps the set of tokens that may come next, and moves all of them on by one character. */
function matchTokens(tokens: readonly Token[], text: string): boolean {
  let next = new Uint8Array(tokens.length + 1)
  reach(tokens, next, 0)
  for (const char of text) {
    const after = new Uint8Array(tokens.length + 1)
    let alive = false
    for (const [i, token] of tokens.entries()) {
      if (next[i] === 0) continue
      if (token.kind === 'char' ? token.char !== char : char === '/' && token.kind !== 'globstar') {
        continue
      }
      reach(tokens, after, token.kind === 'char' || token.kind === 'one' ? i + 1 : i)
      alive = true
    }
    if (!alive) return false
    next = after
  }
  return next[tokens.length] === 1
}

/** Marks a position, and those behind it that need no character to get to. */
function reach(tokens: readonly Token[], positions: Uint8Array, from: number): void {
  for (let i = from; i <= tokens.length; i++) {
    positions[i] = 1
    const kind = tokens[i]?.kind
    if (kind !== 'star' && kind !== 'globstar') return
  }
}
