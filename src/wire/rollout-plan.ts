// The plan of a rollout, as the API tells of it: complete, with all defaults.

import * as z from 'zod'
import { PAIR_NAMES } from '../core/counting/metrics.ts'
import type { Plan } from '../core/rollout/plan.ts'
import { SMOKE_METHODS } from '../core/rollout/smoke.ts'
import { environmentName } from './parts.ts'

export const sharePercent = z
  .number()
  .describe('Of the visitors of all environments of the rollout')

export const plannedMetric = z.strictObject({
  name: z.string(),
  weight: z.number(),
  tolerance: z.number(),
  margin: z
    .strictObject({
      ratio: z.number(),
      edge: z.number().nullable(),
      floor: z.number().nullable(),
    })
    .nullable(),
})

export const rolloutPlan = z
  .strictObject({
    steps: z.array(
      z.strictObject({
        weight: sharePercent,
        gate: z.enum(['evidence', 'better', 'time', 'manual']),
        minMs: z.number(),
        maxMs: z.number().nullable(),
        atMax: z.enum(['hold', 'rollBack', 'goOn']),
      }),
    ),
    bake: z.strictObject({ minMs: z.number(), heldBack: sharePercent }),
    metrics: z.array(plannedMetric),
    alpha: z.number(),
    combine: z.enum(['average', 'split']),
    warmUpMs: z.number(),
    segments: z
      .boolean()
      .optional()
      .describe('Whether visitors are also judged by browser, device and country'),
    sampleRatioAlpha: z.number(),
    minVisitors: z.int(),
    withoutData: z.enum(['hold', 'rollBack']),
    withdraws: z.boolean(),
    baseline: environmentName
      .optional()
      .describe('In which the old version is started anew, with as many visitors as the canary'),
    confirm: z
      .array(
        z.strictObject({
          before: z.enum(['start', 'step', 'promotion', 'rollback']),
          webhook: z.string(),
          waitMs: z.number(),
          silence: z.enum(['goOn', 'hold', 'rollBack']),
        }),
      )
      .optional()
      .describe('Webhooks that have to answer before something happens'),
    checks: z
      .array(
        z.strictObject({
          name: z.string(),
          webhook: z.string().optional(),
          path: z.string().optional(),
          is: z.boolean().optional(),
          below: z.number().optional(),
          atMost: z.number().optional(),
          basePath: z.string().optional(),
          metric: z.enum(PAIR_NAMES).optional().describe('Instead of a webhook'),
          minCopies: z.number().optional(),
          failures: z.number().nullable(),
        }),
      )
      .optional()
      .describe('Values that have to be good: of others, or a metric of Holo'),
    smoke: z
      .array(
        z.strictObject({
          method: z.enum(SMOKE_METHODS),
          path: z.string(),
          headers: z.record(z.string(), z.string()),
          timeoutMs: z.number(),
          status: z.tuple([z.int(), z.int()]).describe('The lowest and the highest that is good'),
          expectedHeaders: z.record(z.string(), z.string()),
          contains: z.string().optional(),
          json: z
            .record(z.string(), z.string())
            .optional()
            .describe('JSON texts by the paths of the values'),
        }),
      )
      .optional()
      .describe('Requests that the version has to answer before the first visitor gets it'),
  })
  .describe('Complete, in milliseconds') satisfies z.ZodType<Plan>
