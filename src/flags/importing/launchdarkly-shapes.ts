// The shapes of LaunchDarkly's flags and segments, as far as they decide what a flag answers. Unknown
// fields are refused where a rule is decided, and ignored where LaunchDarkly puts descriptions and links.
//
// Sources: launchdarkly/js-core, packages/shared/sdk-server/src/evaluation/data (flag, rule, clause,
// rollout, segment) and src/store/serialization.ts (null means absent); the REST representation:
// https://launchdarkly.com/docs/api/feature-flags.

import * as z from 'zod'

const clause = z.strictObject({
  _id: z.string().nullish(),
  attribute: z.string().nullish(),
  op: z.string(),
  values: z.array(z.unknown()),
  negate: z.boolean().nullish(),
  contextKind: z.string().nullish(),
})

const rollout = z.strictObject({
  kind: z.enum(['rollout', 'experiment']).nullish(),
  contextKind: z.string().nullish(),
  bucketBy: z.string().nullish(),
  seed: z.number().nullish(),
  variations: z.array(
    z.strictObject({
      _id: z.string().nullish(),
      variation: z.int().min(0),
      weight: z.int().min(0),
      untracked: z.boolean().nullish(),
    }),
  ),
})

const outcome = {
  variation: z.int().min(0).nullish(),
  rollout: rollout.nullish(),
}

const target = z.object({
  variation: z.int().min(0),
  values: z.array(z.string()),
  contextKind: z.string().nullish(),
})

const flag = z.object({
  on: z.boolean(),
  deleted: z.boolean().nullish(),
  prerequisites: z.array(z.object({ key: z.string() })).nullish(),
  targets: z.array(target).nullish(),
  contextTargets: z.array(target).nullish(),
  rules: z
    .array(
      z.strictObject({
        ...outcome,
        id: z.string().nullish(),
        _id: z.string().nullish(),
        ref: z.string().nullish(),
        description: z.string().nullish(),
        clauses: z.array(clause).nullish(),
        trackEvents: z.boolean().nullish(),
      }),
    )
    .nullish(),
  fallthrough: z.strictObject(outcome),
  offVariation: z.int().min(0).nullish(),
})

/** The configuration of a flag in one environment. */
export const launchDarklyFlag = flag
/** What a flag has whatever the environment: in the REST form a variation is an object with its value. */
export const launchDarklyVariations = z.array(z.unknown()).min(1)
export const launchDarklyNamedVariations = z
  .array(z.object({ value: z.unknown(), name: z.string().nullish() }))
  .min(1)

const segmentTargets = z
  .array(z.object({ contextKind: z.string().nullish(), values: z.array(z.string()).nullish() }))
  .nullish()

export const launchDarklySegment = z.object({
  included: z.array(z.string()).nullish(),
  excluded: z.array(z.string()).nullish(),
  includedContexts: segmentTargets,
  excludedContexts: segmentTargets,
  unbounded: z.boolean().nullish(),
  deleted: z.boolean().nullish(),
  rules: z
    .array(
      z.strictObject({
        id: z.string().nullish(),
        _id: z.string().nullish(),
        description: z.string().nullish(),
        clauses: z.array(clause).nullish(),
        weight: z.int().min(0).max(100_000).nullish(),
        bucketBy: z.string().nullish(),
        rolloutContextKind: z.string().nullish(),
      }),
    )
    .nullish(),
})

export type LaunchDarklyFlag = z.output<typeof launchDarklyFlag>
export type LaunchDarklyClause = z.output<typeof clause>
export type LaunchDarklyRollout = z.output<typeof rollout>
export type LaunchDarklySegment = z.output<typeof launchDarklySegment>
