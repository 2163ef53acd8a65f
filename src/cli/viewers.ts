// Who can still see a version that a change takes out of an environment, in words. The API says who.

import * as z from 'zod'

/** As the API and `--json` have it. */
export const viewers = z.object({
  version: z.string(),
  seenIn: z.array(
    z.object({
      environment: z
        .string()
        .optional()
        .describe('Left out: visitors had it before anybody wrote down in which environment'),
      by: z.enum(['bucket', 'rule', 'host', 'grant']),
    }),
  ),
})

type Viewers = z.infer<typeof viewers>

/** One line for each version. */
export function toViewerLines(closed: readonly Viewers[]): string[] {
  return closed.map(({ version, seenIn }) =>
    seenIn.length === 0
      ? `version ${version} goes out of reach: nobody can see it any more`
      : `version ${version} can still be seen ${seenIn.map(toPlace).join(', ')}`,
  )
}

function toPlace({ environment, by }: Viewers['seenIn'][number]): string {
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
  }
}
