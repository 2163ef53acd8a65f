// Shows how a text differs from another one, line by line, as `diff -u` would.

/** Beyond this the comparison would take long; the files of a project have a few hundred lines. */
const MAX_COMPARED_LINES = 2000
/** Unchanged lines around each change. */
const CONTEXT_LINES = 2

type Line = { readonly mark: ' ' | '-' | '+'; readonly text: string }

/** @returns lines that begin with `-`, `+` or a space; `…` stands for unchanged lines. */
export function toDifference(before: string, after: string): string[] {
  const [old, fresh] = [before.split(/\r?\n/), after.split(/\r?\n/)]
  if (old.length > MAX_COMPARED_LINES || fresh.length > MAX_COMPARED_LINES) {
    return [`… too long to compare: ${old.length} lines, ${fresh.length} after the change`]
  }
  const lines = compareLines(old, fresh)
  const isNear = lines.map((_, i) =>
    lines
      .slice(Math.max(0, i - CONTEXT_LINES), i + CONTEXT_LINES + 1)
      .some(({ mark }) => mark !== ' '),
  )
  return lines.flatMap(({ mark, text }, i) => {
    if (isNear[i]) return [`${mark} ${text}`.trimEnd()]
    return i === 0 || isNear[i - 1] ? ['…'] : []
  })
}

/** By the longest common subsequence. */
function compareLines(old: readonly string[], fresh: readonly string[]): Line[] {
  const width = fresh.length + 1
  const common = new Uint16Array((old.length + 1) * width)
  const at = (i: number, j: number) => common[i * width + j] ?? 0
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = fresh.length - 1; j >= 0; j--) {
      common[i * width + j] =
        old[i] === fresh[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const lines: Line[] = []
  let [i, j] = [0, 0]
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      lines.push({ mark: ' ', text: old[i] ?? '' })
      i++
      j++
    } else if (j >= fresh.length || (i < old.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ mark: '-', text: old[i++] ?? '' })
    } else {
      lines.push({ mark: '+', text: fresh[j++] ?? '' })
    }
  }
  return lines
}
