// The shapes of GrowthBook's features as its API sends them to SDKs. A rule with an unknown field is
// refused, for the field may decide whom the rule is for.
//
// Source: growthbook/growthbook, packages/sdk-js/src/types/growthbook.ts (FeatureDefinition, FeatureRule).

import * as z from 'zod'

const range = z.tuple([z.number(), z.number()])
const condition = z.record(z.string(), z.unknown())
const hashVersion = z.union([z.literal(1), z.literal(2)])

const rule = z.strictObject({
  id: z.string().optional(),
  condition: condition.optional(),
  parentConditions: z.array(z.object({ id: z.string() })).optional(),
  force: z.unknown().optional(),
  variations: z.array(z.unknown()).optional(),
  weights: z.array(z.number()).optional(),
  key: z.string().optional(),
  hashAttribute: z.string().optional(),
  fallbackAttribute: z.string().optional(),
  hashVersion: hashVersion.optional(),
  disableStickyBucketing: z.boolean().optional(),
  bucketVersion: z.number().optional(),
  minBucketVersion: z.number().optional(),
  range: range.optional(),
  coverage: z.number().optional(),
  namespace: z.tuple([z.string(), z.number(), z.number()]).optional(),
  ranges: z.array(range).optional(),
  meta: z.array(z.object({ passthrough: z.boolean().optional() })).optional(),
  filters: z
    .array(
      z.strictObject({
        attribute: z.string().optional(),
        seed: z.string(),
        hashVersion: hashVersion.optional(),
        ranges: z.array(range),
      }),
    )
    .optional(),
  seed: z.string().optional(),
  name: z.string().optional(),
  phase: z.string().optional(),
  tracks: z.array(z.unknown()).optional(),
})

export const growthBookFeature = z.object({
  defaultValue: z.unknown().optional(),
  rules: z.array(rule).optional(),
})

export type GrowthBookFeature = z.output<typeof growthBookFeature>
export type GrowthBookRule = z.output<typeof rule>
