// What starts a rollout, of a version or of a variant of a flag, and the reply to it.

import * as z from 'zod'
import { flagKey, variantName } from '../document/flags.ts'
import { committed } from './changes.ts'
import { environmentName, type Shaped, versionId } from './parts.ts'
import { rolloutPlan } from './rollout-plan.ts'
import { rolloutStatus } from './rollouts.ts'

export const rolloutStart = z
  .strictObject({
    version: versionId.optional(),
    environment: environmentName
      .optional()
      .describe('The canary; it is made where there is none of the name. `canary` when left out'),
    flag: flagKey.optional().describe('In the place of `version`'),
    variant: variantName.optional().describe('What visitors of the flag get step by step'),
    base: z
      .string()
      .optional()
      .describe(
        'The environment that gives the visitors, the first other public one when left out; of a flag the variant, its default or else the only other one when left out',
      ),
    baselineVersion: versionId
      .optional()
      .describe(
        'What the baseline of the plan gets: the build of the base, published again with backends of its own. The version of the base when left out',
      ),
    plan: z
      .union([z.string(), z.looseObject({})])
      .default('standard')
      .describe('`careful`, `standard`, `blue-green`, `instant`, or a plan: docs/rollouts.md'),
  })
  .superRefine((start, context) => {
    const say = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message })
    if (start.flag === undefined) {
      if (start.version === undefined) {
        say('version', 'name what is rolled out: a version, or a flag and its "variant"')
      }
      if (start.variant !== undefined) say('flag', 'name the flag of the variant')
      const base = environmentName.optional().safeParse(start.base)
      for (const { message } of base.error?.issues ?? []) say('base', message)
      return
    }
    if (start.variant === undefined) say('variant', 'name the variant that visitors get')
    for (const name of ['version', 'environment', 'baselineVersion'] as const) {
      if (start[name] !== undefined) say(name, 'is for versions, and this starts a flag')
    }
  })

export type RolloutStart = Shaped<typeof rolloutStart>

export const rolloutStartReply = committed.extend({
  rollout: rolloutStatus.optional().describe('Not of a dry run'),
  plan: rolloutPlan.optional().describe('As it was read; in dry runs only'),
})
