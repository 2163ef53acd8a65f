// Experiments: what the API says of them, and what `holo experiment` prints.

import * as z from 'zod'
import { milliseconds } from './parts.ts'
import { forReaders, toTolerant } from './tolerant.ts'

export const experimentReport = z.strictObject({
  flag: z.string(),
  metrics: z.array(z.string()),
  base: z.string(),
  weights: z.record(z.string(), z.int()).describe('The weights of the split, by variant'),
  since: milliseconds,
  comparisons: z
    .array(
      z.strictObject({
        variant: z.string(),
        outcome: z
          .enum(['better', 'worse', 'unknown', 'uneven'])
          .describe('`uneven`: visitors do not arrive in the shares of the variants'),
        sentence: z.string().describe('What is known so far'),
        visitors: z.array(z.int()).describe('Visitors who were exposed, about: base, variant'),
      }),
    )
    .describe('One for each variant that is compared with the base'),
})

export type ExperimentReport = z.infer<typeof experimentReport>

export const experimentsReply = z.strictObject({ experiments: z.array(experimentReport) })

export const experimentsAsRead = /* @__PURE__ */ forReaders(() => toTolerant(experimentsReply))

export const experimentsOutput = experimentsAsRead
