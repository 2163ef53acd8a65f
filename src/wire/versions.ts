// Versions, and the rules that send visitors to environments.

import * as z from 'zod'
import { frameworkPin } from '../document/framework-pin.ts'
import { service } from '../document/service.ts'
import { versionRecord } from '../document/version-record.ts'
import { COMMANDS } from './commands.ts'
import { milliseconds, type Shaped, versionId } from './parts.ts'
import { forReaders, toTolerant } from './tolerant.ts'

/** Why the garbage collection keeps a version. */
export const retention = z.strictObject({
  why: z.enum(['pointed-at', 'latest', 'lately-pointed-at', 'new', 'nothing']),
  until: milliseconds.optional().describe('When the reason ends by itself'),
})

export type Retention = Shaped<typeof retention>

const used = {
  lastRequestAt: milliseconds
    .nullable()
    .describe('The end of the ten seconds in which the last request came; null if none is known'),
  requestsLastHour: z.int(),
}

/** Whether the backend of a version may be switched off. */
export const versionDrain = z.strictObject({
  state: z
    .enum(['inUse', 'draining', 'drained', 'unused'])
    .describe('drained: nothing leads to it, and nobody has asked it for an hour'),
  why: z.string().describe('For people'),
  ...used,
  tabs: z
    .int()
    .nullable()
    .describe(
      'Open tabs that asked something in the last hour, at most; null if not all pages have the script',
    ),
  drainedAt: milliseconds.nullable().describe('Since when it has been drained; null if it is not'),
  services: z.array(
    z.strictObject({
      prefix: z.string(),
      ...used,
      sharedWith: z
        .array(z.string())
        .describe('Versions that are not drained and use a server of this service'),
    }),
  ),
})

export type Drain = Shaped<typeof versionDrain>

export const version = z.strictObject({
  id: z.string(),
  manifest: z.string(),
  services: z.array(service),
  open: z.boolean().describe('Visitors had it by bucket or by a rule: tabs may be pinned to it'),
  openIn: z
    .record(z.string(), z.enum(['bucket', 'rule', 'host']))
    .describe('Public environments in which it could be seen, and how visitors came to it'),
  withdrawn: z.boolean(),
  published: z.string().optional().describe('ISO 8601'),
  frameworkPin: frameworkPin
    .optional()
    .describe('What counts as a pin to it besides the pin of Holo'),
  floor: z.string().optional().describe('The oldest version that one may go back to from it'),
  environments: z.array(z.string()).describe('Which environments point at it'),
  lastPointedAt: milliseconds
    .optional()
    .describe('When an environment last pointed at it; never, when left out'),
  retained: retention.describe('Why the garbage collection keeps it'),
  drain: versionDrain.describe('Whether its backend may be switched off'),
  record: versionRecord
    .optional()
    .describe('As it was published; the list has it only for versions that were uploaded'),
})

export type VersionReply = Shaped<typeof version>

export const versionsReply = z.strictObject({ revision: z.int(), versions: z.array(version) })
export const servicesReply = z.strictObject({ revision: z.int(), services: z.array(service) })

export const versionParams = z.strictObject({ version: versionId })
export const servicesBody = COMMANDS['set-services'].omit({ kind: true, version: true })
export const withdrawBody = COMMANDS.withdraw.omit({ kind: true })

export const rule = z.strictObject({
  name: z.string(),
  environment: z.string(),
  when: z.unknown().describe('JsonLogic'),
})

export const rulesReply = z.strictObject({ revision: z.int(), rules: z.array(rule) })
export const rulesBody = COMMANDS['set-rules'].omit({ kind: true })

export const rulesAsRead = /* @__PURE__ */ forReaders(() => toTolerant(rulesReply))
export const rulesOutput = rulesAsRead

/** Without the fields that an older Holo does not send. */
const versionAsRead = /* @__PURE__ */ forReaders(() =>
  toTolerant(
    version.omit({ lastPointedAt: true, retained: true }).partial({ openIn: true, drain: true }),
  ),
)

export type VersionAsRead = Shaped<typeof versionAsRead>

export const versionsAsRead = /* @__PURE__ */ forReaders(() =>
  z.object({ revision: z.number(), versions: z.array(versionAsRead) }),
)

export const versionsOutput = /* @__PURE__ */ forReaders(() =>
  z.strictObject({
    revision: z.int(),
    versions: z.array(
      versionAsRead.omit({ record: true }).extend({
        commit: z.string().optional(),
        author: z.string().optional(),
      }),
    ),
  }),
)

/** What a publication needs to know about earlier versions. */
export const retainedAsRead = /* @__PURE__ */ forReaders(() =>
  z.object({
    versions: z.array(
      z.object({
        id: z.string(),
        manifest: z.string(),
        open: z.boolean().optional(),
        published: z.string().optional(),
        frameworkPin: toTolerant(frameworkPin).optional(),
      }),
    ),
  }),
)
