// Messages for the person who publishes: the error for a refused folder, and lists of names in one line or in
// several.

import { toHarmless } from '../core/harmless-text.ts'

/**
 * Thrown for a folder that cannot be published. The message lists every problem. Nothing that visitors get has
 * changed. Any other error that src/publish throws comes from the disk or the store.
 */
export class PublishError extends Error {
  override readonly name: string = 'PublishError'
}

/** How many problems a message lists; the rest are counted. */
const MAX_LISTED = 20

/** One line for each problem, also if file names contain control characters; the rest are counted. */
export function toList(problems: readonly string[]): string {
  const shown = problems.slice(0, MAX_LISTED).map((problem) => `  ${toHarmless(problem)}`)
  const left = problems.length - shown.length
  return [...shown, ...(left > 0 ? [`  and ${left} more`] : [])].join('\n')
}

/** How many names a sample lists. The message is the same for all names, so a few are enough. */
const MAX_NAMED = 3

/** Names in one line: `/a, /b, /c and 4 more`. */
export function toSample(names: readonly string[]): string {
  const named = names.slice(0, MAX_NAMED).join(', ')
  const left = names.length - MAX_NAMED
  return left > 0 ? `${named} and ${left} more` : named
}
