// How publishing speaks to the person who publishes: its refusals, and lists of names in one line or in
// several.

import { toHarmless } from '../core/harmless-text.ts'

/**
 * A folder that cannot be published. The message names every problem, and nothing that visitors get was
 * changed. Any other error that this folder throws is a failure of the disk or the store.
 */
export class PublishError extends Error {
  override readonly name: string = 'PublishError'
}

/** How many names a message lists before it only counts. */
const MAX_LISTED = 20

/** One line for each problem, whatever is in its file names; problems beyond the limit are counted. */
export function toList(problems: readonly string[]): string {
  const shown = problems.slice(0, MAX_LISTED).map((problem) => `  ${toHarmless(problem)}`)
  const left = problems.length - shown.length
  return [...shown, ...(left > 0 ? [`  and ${left} more`] : [])].join('\n')
}

/** A sample says the same about all of its names, so a few are enough. */
const MAX_NAMED = 3

/** In one line: `/a, /b, /c and 4 more`. */
export function toSample(names: readonly string[]): string {
  const named = names.slice(0, MAX_NAMED).join(', ')
  const left = names.length - MAX_NAMED
  return left > 0 ? `${named} and ${left} more` : named
}
