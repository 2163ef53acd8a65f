// The shape of flags in the document: flagd's own format, with a few fields of Holo. check-flags.ts checks
// that the parts of a flag agree, experiments.ts those of an experiment; compile-flags.ts prepares them for evaluation.

import * as z from 'zod'
import {
  isToldOfVariants,
  MAX_COMPARISONS,
  MAX_EXPERIMENT_METRICS,
} from '../core/experiments/limits.ts'
import { environmentName, versionId } from './names.ts'

/** A document with more flags than that has many that nobody looks at any more. */
const MAX_FLAGS = 500
const MAX_VARIANTS = 100
const MAX_EVALUATORS = 100
const MAX_METADATA = 50
const MAX_ORIGINS = 50
/** Old and new keys of several backends. */
const MAX_KEYS = 20

/** Any characters but control characters. */
export const flagKey = z
  .string()
  .regex(
    /^[^\p{Cc}]{1,128}$/u,
    'a name of a flag has 1 to 128 characters, none of them a control character',
  )
export const variantName = z
  .string()
  .regex(/^[^\p{Cc}]{1,128}$/u, 'a variant has a name of 1 to 128 characters')

function atMost<T extends z.ZodType<Record<string, unknown>>>(
  shape: T,
  count: number,
  what: string,
) {
  return shape.refine((value) => Object.keys(value).length <= count, `at most ${count} ${what}`)
}

const metadata = atMost(
  z.record(z.string().max(128), z.union([z.string().max(1000), z.number(), z.boolean()])),
  MAX_METADATA,
  'values of metadata',
)

/** A tree of JsonLogic; check-flags.ts reads it. */
const logic = z.record(z.string(), z.unknown())

const metricName = z
  .string()
  .refine(
    isToldOfVariants,
    'an experiment is judged by goals ("goal." with a name) and by metrics of requests; what browsers report, and what is in bodies, is not counted for it',
  )

const experiment = z
  .strictObject({
    metrics: z
      .array(metricName)
      .min(1)
      .max(MAX_EXPERIMENT_METRICS)
      .refine((names) => new Set(names).size === names.length, 'each metric once')
      .describe('Metrics by which variants are compared'),
    base: z.string().describe('The variant that others are compared with'),
    variants: z
      .array(z.string())
      .min(1)
      .max(MAX_COMPARISONS)
      .optional()
      .describe('The variants that are compared with it; all others of the split if left out'),
  })
  .describe('Compares the variants of the split that targeting makes')

export const flag = z.strictObject({
  state: z.enum(['ENABLED', 'DISABLED']),
  variants: atMost(z.record(variantName, z.unknown()), MAX_VARIANTS, 'variants'),
  defaultVariant: z
    .string()
    .nullable()
    .optional()
    .describe('Without it, whoever no rule matches gets the default of the code'),
  targeting: logic.optional().describe('JsonLogic that returns the name of a variant'),
  metadata: metadata.optional(),
  public: z.boolean().optional().describe('Whether browsers may see the flag; false if left out'),
  backend: z
    .boolean()
    .optional()
    .describe('Whether backends get the value in the header Holo-Flags; false if left out'),
  defaults: z
    .strictObject({
      environments: z.record(environmentName, variantName).optional(),
      versions: z.record(versionId, variantName).optional(),
    })
    .optional()
    .describe('Default variants of single environments and versions'),
  experiment: experiment.optional(),
})

export const flags = atMost(z.record(flagKey, flag), MAX_FLAGS, 'flags')

const origin = z
  .string()
  .regex(
    /^(?:\*|https?:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?)$/,
    'an origin is "https://", a host in lower case and perhaps a port, without a path; or "*" for all',
  )

const perMinute = z.int().min(1).max(1_000_000)

export const flagSettings = z.strictObject({
  $evaluators: atMost(z.record(z.string().min(1).max(128), logic), MAX_EVALUATORS, 'evaluators')
    .optional()
    .describe('flagd\'s shared parts of targeting, which { "$ref": name } stands for'),
  metadata: metadata.optional().describe('Metadata of the whole set of flags'),
  origins: z
    .array(origin)
    .max(MAX_ORIGINS)
    .optional()
    .describe('Other origins whose pages may evaluate flags'),
  keys: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(64),
        sha256: z.string().regex(/^[0-9a-f]{64}$/, 'the SHA-256 of the key in lower-case hex'),
      }),
    )
    .max(MAX_KEYS)
    .optional()
    .describe('Keys of backends, which see flags that are not public'),
  inPages: z
    .boolean()
    .optional()
    .describe('Whether pages get the values of public flags as JSON; false if left out'),
  keyRequired: z.boolean().optional().describe('Whether nobody evaluates flags without a key'),
  targetingKey: z
    .enum(['browser', 'account'])
    .optional()
    .describe('Which id of a visitor decides its variants; "browser" if left out'),
  perMinute: perMinute
    .optional()
    .describe('Evaluations of one address in a minute; 600 if left out'),
  perMinuteWithKey: perMinute
    .optional()
    .describe('Evaluations with one key in a minute; 60,000 if left out'),
})

export type FlagDefinition = z.infer<typeof flag>
export type FlagSettings = z.infer<typeof flagSettings>
