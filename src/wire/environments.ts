// Environments, and the traffic between them.

import * as z from 'zod'
import { COMMANDS } from './commands.ts'
import { environmentName, type Shaped } from './parts.ts'
import { forReaders, toTolerant } from './tolerant.ts'

export const environment = z.strictObject({
  name: z.string(),
  version: z.string(),
  restricted: z.boolean(),
  hosts: z.array(z.string()),
  admit: z
    .object({
      emails: z.array(z.string()).optional(),
      groups: z.array(z.string()).optional(),
      when: z.unknown().optional(),
    })
    .optional()
    .describe('Who is admitted by a verified identity; only of restricted environments'),
  percent: z.number().describe('Its share of the traffic, 0 to 100'),
})

export type EnvironmentReply = Shaped<typeof environment>

export const environmentsReply = z.strictObject({
  revision: z.int(),
  environments: z.array(environment),
})

export const trafficReply = z.strictObject({
  revision: z.int(),
  weights: z.record(z.string(), z.number()).describe('Percent by environment'),
  traffic: z.unknown().describe('As the document has it: percentages or bucket ranges'),
})

export const environmentParams = z.strictObject({ name: environmentName })
export const environmentBody = COMMANDS['set-environment'].omit({ kind: true, name: true })
export const shiftBody = COMMANDS.shift.omit({ kind: true })
export const tabPinsBody = COMMANDS['set-tab-pins'].omit({ kind: true })
export const swapBody = COMMANDS.swap.omit({ kind: true })

export const environmentsAsRead = /* @__PURE__ */ forReaders(() => toTolerant(environmentsReply))

export const environmentOutput = /* @__PURE__ */ forReaders(
  () => environmentsAsRead.shape.environments.element,
)
export const environmentsOutput = environmentsAsRead
