// What `holo dora` reads from rows of the audit log and from documents of any age, and what --json prints.

import * as z from 'zod'
import { milliseconds, type Shaped } from './parts.ts'
import { forReaders } from './tolerant.ts'

const environment = z.strictObject({
  environment: z.string(),
  deployments: z.int().describe('How often it got another version, apart from going back'),
  perDay: z
    .number()
    .describe('Deployment frequency: deployments divided by the days of the period'),
  leadTimeMs: z
    .number()
    .nullable()
    .describe('Median time from a publication to its first deployment here; null if none is known'),
  failed: z.int().describe('Deployments of the period that were taken back'),
  failureRate: z.number().nullable().describe('failed / deployments; null without deployments'),
  restoreMs: z
    .number()
    .nullable()
    .describe('Median time from a failed deployment until it was taken back; null without any'),
})

export type DoraFigures = Shaped<typeof environment>

export const doraOutput = /* @__PURE__ */ forReaders(() =>
  z.strictObject({
    from: milliseconds,
    to: milliseconds,
    environments: z.array(environment).describe('By name'),
  }),
)

/** The detail of a row about a rollout, as far as it is needed. */
export const rolloutDetailAsRead = /* @__PURE__ */ forReaders(() =>
  z.object({ environment: z.string(), flag: z.string().optional() }),
)

/** Which versions a document deploys, and since when they are published. */
export const deployedAsRead = /* @__PURE__ */ forReaders(() =>
  z.object({
    environments: z.record(z.string(), z.object({ version: z.string() })),
    versions: z.record(z.string(), z.object({ published: z.string().optional() })),
  }),
)
