// What publishing refuses to do. The message is written for the person who publishes, whole and with
// every problem in it; any other error that comes out of this folder is a fault of disk or store.

import { toHarmless } from '../core/harmless-text.ts'

/** Nothing was pointed at and no record was written: what is live is as it was. */
export class PublishError extends Error {
  override readonly name: string = 'PublishError'
}

/** How many names a message lists before it only counts. */
const MAX_LISTED = 20

/** One line for each problem, whatever file names are in it; the rest as a number. */
export function toList(problems: readonly string[]): string {
  const shown = problems.slice(0, MAX_LISTED).map((problem) => `  ${toHarmless(problem)}`)
  const left = problems.length - shown.length
  return [...shown, ...(left > 0 ? [`  and ${left} more`] : [])].join('\n')
}
