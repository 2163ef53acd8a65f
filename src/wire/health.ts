// The health of Holo: of the control itself, and of the services of environments as its probes find them.

import * as z from 'zod'
import { HEALTH_STATES } from '../core/health.ts'
import { lostSummary } from './files.ts'
import { freeze } from './freeze.ts'
import { environmentName, milliseconds, type Shaped, versionId } from './parts.ts'
import { forReaders, toTolerant } from './tolerant.ts'
import { windowsReply } from './windows.ts'

/** A store with a fixed limit that nothing empties by itself, and how full it is. */
export const fill = z.strictObject({
  part: z
    .enum(['versions', 'settings', 'traffic', 'history', 'revisions'])
    .describe('Of the document, or the history of the control, or the numbers of revisions'),
  used: z.int().describe('Bytes; of `revisions` a number'),
  limit: z.int(),
})

export const controlHealth = z.strictObject({
  revision: z.int().describe('The newest one; 0 while there is no document'),
  digest: z.string().optional(),
  published: z.int().describe('The newest revision that KV has taken'),
  publishError: z.string().optional().describe('Why the last attempt to publish failed'),
  externalProblem: z
    .string()
    .optional()
    .describe('What is wrong with a document that somebody has written to KV by hand'),
  callsPerSecond: z.number().describe('Calls of isolates in the last ten seconds'),
  nextMs: z.number().describe('How long isolates are told to wait between two calls'),
  overwritten: z.int().describe('Hand edits that were overwritten, and kept in the history'),
  fill: z.array(fill).describe('What fills up for good: docs/storage.md'),
  lost: lostSummary.describe('Files of the store: docs/operations.md'),
  freeze: freeze.optional().describe('Left out while releases may go forward'),
  windows: windowsReply
    .optional()
    .describe('When releases may go forward; left out without windows'),
})

export const healthReply = z.strictObject({
  status: z.literal('ok'),
  control: controlHealth.optional().describe('With a credential of the scope `read`'),
  staleAfterMs: z
    .number()
    .optional()
    .describe(
      'With a credential: no page is decided on a copy of the document that is older, in milliseconds, while the control answers',
    ),
  holoVersion: z
    .string()
    .optional()
    .describe('With a credential: the version of Holo that is deployed, such as `0.1.0`'),
})

const health = {
  state: z.enum(HEALTH_STATES).describe('docs/health.md says what they mean'),
  since: milliseconds.optional().describe('Milliseconds since the epoch; left out if not known'),
  why: z.string().describe('In words'),
}

const originHealth = z.strictObject({ origin: z.string(), path: z.string(), ...health })

export const serviceHealth = z.strictObject({
  environment: environmentName,
  version: versionId,
  prefix: z.string(),
  ...health,
  origins: z.array(originHealth).describe('Empty where no probe is configured'),
})

const environmentHealth = z.strictObject({ environment: environmentName, ...health })

export const servicesHealthReply = z.strictObject({
  environments: z
    .array(environmentHealth)
    .describe('Each as its worst service; those without services are not named'),
  services: z.array(serviceHealth),
  down: z.array(z.string()).describe('Origins that isolates should try last'),
})

export type Fill = Shaped<typeof fill>
export type ControlHealth = Shaped<typeof controlHealth>
export type OriginHealthReport = Shaped<typeof originHealth>
export type ServiceHealthReport = Shaped<typeof serviceHealth>
export type EnvironmentHealthReport = Shaped<typeof environmentHealth>
export type ServicesHealthReport = Shaped<typeof servicesHealthReply>

/** What the command reads from `GET /health`. An older Holo does not report `fill`, `lost`, `staleAfterMs` and `holoVersion`. */
export const healthAsRead = /* @__PURE__ */ forReaders(() =>
  z.object({
    control: toTolerant(
      controlHealth
        .pick({
          published: true,
          publishError: true,
          externalProblem: true,
          fill: true,
          lost: true,
          freeze: true,
          windows: true,
        })
        .partial({ fill: true, lost: true }),
    ).optional(),
    staleAfterMs: z.number().optional(),
    holoVersion: z.string().optional(),
  }),
)

export const servicesHealthAsRead = /* @__PURE__ */ forReaders(() =>
  toTolerant(servicesHealthReply.pick({ services: true })),
)
