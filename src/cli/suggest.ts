// Suggests an existing name for a mistyped one.

/** A name with more changes than this, or than half of its length, is not suggested. */
const MAX_CHANGES = 2

/** The most similar name of `known`, if one is similar enough. */
export function suggest(typed: string, known: Iterable<string>): string | undefined {
  const allowed = Math.min(MAX_CHANGES, Math.floor(typed.length / 2))
  let best: string | undefined
  let fewest = allowed + 1
  for (const name of known) {
    const changes = countChanges(typed.toLowerCase(), name.toLowerCase())
    if (changes < fewest) [best, fewest] = [name, changes]
  }
  return best
}

/** ` (did you mean "canary"?)`, or an empty text. */
export function toSuggestion(typed: string, known: Iterable<string>): string {
  const found = suggest(typed, known)
  return found === undefined ? '' : ` (did you mean "${found}"?)`
}

/**
 * The number of letters added, removed, replaced or swapped with their neighbour (optimal string
 * alignment).
 */
function countChanges(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  const at = (i: number, j: number) => rows[i]?.[j] ?? Number.POSITIVE_INFINITY
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    rows.push(row)
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(replaced, at(i - 1, j) + 1, at(i, j - 1) + 1)
      const isSwapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (isSwapped) row[j] = Math.min(at(i, j), at(i - 2, j - 2) + 1)
    }
  }
  return at(a.length, b.length)
}
