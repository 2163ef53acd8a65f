// Patterns of `_headers` and `_redirects`: text, placeholders such as `:year`, and one `*`.
// Matching is linear: it goes over the text a bounded number of times and never backtracks.
// `findPatternProblem` says which patterns are allowed.

/** What placeholders and `*` (under the name `splat`) stand for in a text. */
export type Captures = ReadonlyMap<string, string>

/**
 * What the pattern's wildcards stand for in the whole of `text`; `undefined` if it does not match.
 */
export type MatchPattern = (text: string) => Captures | undefined

/** As Cloudflare has it: a colon, a letter, then letters, digits and underscores. */
const PLACEHOLDER = /:([A-Za-z]\w*)/
const PLACEHOLDERS = /:([A-Za-z]\w*)/g
const SPLAT = 'splat'

/** The part of a pattern between two separators: literals with placeholders between them. */
type Segment = { readonly literals: readonly string[]; readonly names: readonly string[] }

/** The names of the placeholders in a text, in order. */
export function listPlaceholders(text: string): string[] {
  return Array.from(text.matchAll(PLACEHOLDERS), ([, name = '']) => name)
}

/** Whether a pattern has no wildcards. */
export function isFixed(pattern: string): boolean {
  return !pattern.includes('*') && !PLACEHOLDER.test(pattern)
}

/** Why a pattern cannot be compiled, as a clause that follows "because"; `undefined` if it can. */
export function findPatternProblem(pattern: string): string | undefined {
  const names = listPlaceholders(pattern)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) return `it has the placeholder :${twice} twice`
  const stars = pattern.split('*').length - 1
  if (stars > 1) return 'it has more than one *'
  return stars === 1 && names.includes(SPLAT) ? 'it has both * and :splat' : undefined
}

/**
 * `template` with its placeholders replaced; a placeholder that is not among the captures stays.
 */
export function fillIn(template: string, captures: Captures): string {
  if (captures.size === 0) return template
  return template.replace(PLACEHOLDERS, (whole, name: string) => captures.get(name) ?? whole)
}

/**
 * Compiles a pattern that has no problem. A placeholder stands for one character or more without a
 * separator; `*` stands for anything. If several matches are possible, the leftmost wildcard takes
 * the most, as in Cloudflare's regular expressions.
 */
export function compilePattern(pattern: string, separator: '/' | '.'): MatchPattern {
  const [before = '', after] = pattern.split('*')
  const head = before.split(separator).map(toSegment)
  const tail = after?.split(separator).map(toSegment) ?? []
  // The segments next to a `*` are open on the side of the `*`.
  const beforeStar = after === undefined ? undefined : head.pop()
  const afterStar = tail.shift()
  tail.reverse()

  return (text) => {
    const captures = new Map<string, string>()
    let from = 0
    for (const [at, segment] of head.entries()) {
      const isLast = beforeStar === undefined && at === head.length - 1
      const found = text.indexOf(separator, from)
      if (isLast ? found >= 0 : found < 0) return undefined
      const to = isLast ? text.length : found
      if (!place(segment, text, from, to, 'neither', captures)) return undefined
      from = to + 1
    }
    if (!beforeStar || !afterStar) return captures

    let to = text.length
    for (const segment of tail) {
      const found = to > from ? text.lastIndexOf(separator, to - 1) : -1
      if (found < from) return undefined
      if (!place(segment, text, found + 1, to, 'neither', captures)) return undefined
      to = found
    }
    if (from > to) return undefined
    const last = to > from ? text.lastIndexOf(separator, to - 1) : -1
    const right = place(afterStar, text, Math.max(from, last + 1), to, 'start', captures)
    if (!right) return undefined
    const next = text.indexOf(separator, from)
    const limit = next < 0 ? right.start : Math.min(next, right.start)
    const left = place(beforeStar, text, from, limit, 'end', captures)
    return left && captures.set(SPLAT, text.slice(left.end, right.start))
  }
}

function toSegment(text: string): Segment {
  const parts = text.split(PLACEHOLDER)
  return {
    literals: parts.filter((_, at) => at % 2 === 0),
    names: parts.filter((_, at) => at % 2 === 1),
  }
}

/**
 * Where a segment lies in `text` between `from` and `to`: it has to reach both ends, except the one
 * that is open. Literals are placed from the right, each as far right as possible, which leaves
 * every wildcard before it the most.
 */
function place(
  { literals, names }: Segment,
  text: string,
  from: number,
  to: number,
  open: 'start' | 'end' | 'neither',
  captures: Map<string, string>,
): { readonly start: number; readonly end: number } | undefined {
  let start = to
  let end = to
  for (let i = names.length; i >= 0; i--) {
    const literal = literals[i] ?? ''
    const isLast = i === names.length
    // Between two literals there is at least one character.
    const latest = start - literal.length - (isLast ? 0 : 1)
    if (latest < from) return undefined
    let found = latest
    if (i === 0 && open !== 'start') found = from
    else if (!isLast || open === 'end') found = text.lastIndexOf(literal, latest)
    if (found < from || !text.startsWith(literal, found)) return undefined
    if (isLast && open !== 'end' && found !== latest) return undefined
    if (isLast) end = found + literal.length
    else captures.set(names[i] ?? '', text.slice(found + literal.length, start))
    start = found
  }
  return { start, end }
}
