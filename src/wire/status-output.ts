// What `holo status --json` prints: the replies of several routes, combined.

import * as z from 'zod'
import { environmentOutput } from './environments.ts'
import { controlHealth, fill } from './health.ts'
import { servicesHealthAsRead } from './health-read.ts'
import { revisionSummaryAsRead } from './history.ts'
import { toTolerant } from './tolerant.ts'

export const statusOutput = z.strictObject({
  target: z.string(),
  url: z.string(),
  revision: z.int(),
  published: controlHealth.shape.published,
  publishError: controlHealth.shape.publishError,
  externalProblem: controlHealth.shape.externalProblem,
  fill: z
    .array(toTolerant(fill).extend({ percent: z.int() }))
    .describe('What fills up for good: docs/storage.md'),
  environments: z.array(environmentOutput),
  services: servicesHealthAsRead.shape.services.describe(
    'Those with a probe, and how they are: docs/health.md',
  ),
  last: revisionSummaryAsRead.optional().describe('The last change'),
})
