// Who can still see a version that a change takes out of an environment, in words. The API says who.

import type { ViewersAsRead } from '../wire/changes.ts'

/** One line for each version. */
export function toViewerLines(closed: readonly ViewersAsRead[]): string[] {
  return closed.map(({ version, seenIn }) =>
    seenIn.length === 0
      ? `version ${version} goes out of reach: nobody can see it any more`
      : `version ${version} can still be seen ${seenIn.map(toPlace).join(', ')}`,
  )
}

function toPlace({ environment, by }: ViewersAsRead['seenIn'][number]): string {
  if (environment === undefined) return 'by visitors who had it before'
  switch (by) {
    case 'bucket':
      return `by visitors of ${environment}`
    case 'rule':
      return `by visitors whom a rule sent to ${environment}`
    case 'host':
      return `under the host names of ${environment}`
    case 'grant':
      return `in ${environment} with a grant`
    default:
      return `in ${environment} (${by})`
  }
}
