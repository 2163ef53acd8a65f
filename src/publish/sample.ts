// A few names of many, for a warning that says the same about all of them.

const MAX_NAMED = 3

/** `/a, /b, /c and 4 more`. */
export function toSample(names: readonly string[]): string {
  const named = names.slice(0, MAX_NAMED).join(', ')
  const left = names.length - MAX_NAMED
  return left > 0 ? `${named} and ${left} more` : named
}
