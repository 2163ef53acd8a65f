// What the judge says of a rollout, as the API tells of it: the verdict, what each metric showed, the sample ratio.

import * as z from 'zod'
import type { MetricFinding } from '../core/judge/finding.ts'
import type { Verdict } from '../core/judge/verdict.ts'
import { plannedMetric } from './rollout-plan.ts'

const log = z.number().describe('Natural logarithm of an E-value')

/** Of the base and of the canary. */
export const pairOfCounts = z.tuple([z.int(), z.int()])

const finding = z.strictObject({
  name: z.string(),
  logWorse: log,
  worst: z
    .strictObject({
      route: z.string().describe('Empty for all together, `*` for those that are not told apart'),
      edge: z.number().nullable().describe('In the unit of the metric'),
      visitors: pairOfCounts.describe('Who met it for the first time: base, canary'),
      clients: z
        .tuple([z.number(), z.number()])
        .describe('How many independent clients they count for'),
      codes: z.record(z.string(), z.int()).describe("What the canary's visitors got"),
      warmUp: z.boolean().describe('Just after a step, where only a catastrophe counts'),
      ratio: z
        .strictObject({ low: z.number(), high: z.number().nullable() })
        .describe('How many times as many as of the base, by what was seen'),
      log,
      segment: z
        .strictObject({
          name: z.string().describe('As in `browser:Safari`, `device:phone`, `country:DE`'),
          seen: pairOfCounts.describe('Visitors there were of it: base, canary'),
          route: z.string().describe("Where nearly all of the canary's met it; empty for no route"),
          others: z.array(z.string()).describe('Others of the same kind that look worse, too'),
        })
        .optional()
        .describe('The segment whose visitors alone these are; left out for those of all'),
    })
    .nullable()
    .describe('The set of visitors that speaks most against the canary'),
  met: pairOfCounts.describe('Visitors who met it on any route: base, canary'),
  seen: pairOfCounts.describe('Visitors there were: base, canary'),
  margin: plannedMetric.shape.margin,
  logWithin: log.nullable(),
}) satisfies z.ZodType<MetricFinding>

export const judgeVerdict = z.strictObject({
  outcome: z.enum(['promote', 'continue', 'rollback']),
  reason: z.string(),
  logWorse: log,
  threshold: log,
  findings: z.array(finding),
  blind: z
    .array(
      z.strictObject({
        kind: z.enum(['sampleRatio', 'clients', 'crowd', 'oneSide']),
        reason: z.string(),
      }),
    )
    .describe('Why the judge sees less than it could'),
}) satisfies z.ZodType<Verdict>

export const sampleRatioVerdict = z.strictObject({ log, threshold: log, alarmed: z.boolean() })
