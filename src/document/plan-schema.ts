// The shape of a plan as people write it, in minutes and with defaults left out. parse-plan.ts
// checks that its parts agree.

import * as z from 'zod'
import { findMetric, METRICS, PAIR_NAMES } from '../core/counting/metrics.ts'
import { CONFIRMED_MOMENTS } from '../core/rollout/confirm.ts'
import { MAX_SMOKE_REQUESTS } from '../core/rollout/smoke.ts'
import { environmentName } from './names.ts'
import { smokeRequest } from './plan-smoke.ts'

/** More than a quarter of a year is a mistake. */
const MOST_MINUTES = 130_000

/** The names that a plan of holo.json may have. */
export const PLAN_NAME = /^[A-Za-z0-9][\w.-]{0,62}$/

const NAMES = METRICS.map(({ name }) => name).join(', ')

const minutes = z.number().min(0, 'minutes are 0 or more').max(MOST_MINUTES)
const otherwise = z.enum(['hold', 'rollBack'])
const chance = z
  .number()
  .min(1e-9, 'a chance is above 0')
  .max(0.5, 'a chance of a false decision is at most 0.5; usual are 0.05 to 0.001')

const step = z
  .strictObject({
    weight: z
      .number()
      .min(0)
      .max(99.99, 'a step has less than 100 %: what comes after the last step is the bake')
      .refine((weight) => Math.abs(weight * 100 - Math.round(weight * 100)) < 1e-6, {
        message: 'a weight has at most two decimals',
      }),
    gate: z.enum(['evidence', 'better', 'time', 'manual']),
    minMinutes: minutes.optional(),
    maxMinutes: minutes.optional(),
    atMax: z.enum(['hold', 'rollBack', 'goOn']).optional(),
  })
  .refine(({ maxMinutes, atMax }) => maxMinutes !== undefined || atMax === undefined, {
    path: ['maxMinutes'],
    message: 'say after how many minutes "atMax" is done',
  })

const metric = z
  .strictObject({
    name: z
      .string()
      .refine((name) => findMetric(name) !== undefined, {
        error: ({ input }) =>
          PAIR_NAMES.some((name) => name === input)
            ? `no visitor meets "${input}": bound it by a check, { "name": "…", "metric": "${input}", "atMost": 0.01 }`
            : `nothing counts "${input}"; counted are ${NAMES}, and "goal." with the name of a goal`,
      })
      .describe(`One of ${NAMES}, or "goal." with the name of a goal`),
    weight: z.number().positive().max(1000).optional(),
    tolerance: z
      .number()
      .min(
        1,
        'a tolerance is how many times as bad is no harm: 1 is none, 1.2 is usual for latency',
      )
      .max(10)
      .optional(),
    margin: z
      .number()
      .min(1.01, 'a margin is how many times as bad is still good enough: above 1, such as 1.5')
      .max(10)
      .optional(),
    marginEdge: z.number().positive().optional(),
    floor: z
      .number()
      .min(0, 'a floor is a share of visitors: 0.002 are 2 in 1,000, and 0 is none')
      .max(0.1, 'a floor above 0.1 lets releases pass that fail for every tenth visitor')
      .optional(),
  })
  .refine(({ margin, marginEdge }) => margin !== undefined || marginEdge === undefined, {
    path: ['margin'],
    message: 'say which margin is asked for at "marginEdge"',
  })
  .refine(({ margin, floor }) => margin !== undefined || floor === undefined, {
    path: ['margin'],
    message: 'say which margin need not be shown below the "floor"',
  })

const confirmation = z.strictObject({
  before: z
    .enum(CONFIRMED_MOMENTS)
    .describe(
      '"step": each later step and the bake; "promotion": the end in favour of the release',
    ),
  webhook: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/, 'the name of a webhook')
    .describe('The webhook that has to answer 2xx, of the form "standard"'),
  minutes: z
    .number()
    .positive()
    .max(MOST_MINUTES)
    .optional()
    .describe('How long an answer is waited for: 60 if left out; 1 at most before a rollback'),
  silence: z
    .enum(['goOn', 'hold', 'rollBack'])
    .optional()
    .describe('What happens without a confirmation; "hold" if left out, before a rollback "goOn"'),
})

const path = z
  .string()
  .min(1)
  .max(300)
  .describe('Names and places in the document, joined by dots, as in "data.0.count"')

/** By what a value is good that is pulled. */
const pulledBy = ['webhook', 'path', 'is', 'below', 'basePath'] as const

const check = z
  .strictObject({
    name: z.string().min(1).max(60),
    webhook: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,39}$/, 'the name of a webhook')
      .optional()
      .describe('The webhook of the form "pull" that is asked'),
    path: path.optional(),
    metric: z
      .enum(PAIR_NAMES)
      .optional()
      .describe('Instead of a webhook: a metric of Holo, bounded by "atMost"'),
    minCopies: z
      .int()
      .min(10)
      .max(1_000_000)
      .optional()
      .describe('With "metric": fewer compared copies in an hour say nothing; 200 if left out'),
    is: z.boolean().optional().describe('The value that is good'),
    below: z.number().optional().describe('Good is what is below'),
    atMost: z
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe(
        'With "basePath": so many times as many as of the old version are good. With "metric": the share of copies that may differ, 0 to 1',
      ),
    basePath: path.optional(),
    failures: z
      .int()
      .min(0)
      .max(100)
      .optional()
      .describe('So many failures in a row take the release back: 3 if left out, 0 for never'),
  })
  .superRefine((said, context) => {
    for (const [field, message] of findInCheck(said)) {
      context.addIssue({ code: 'custom', path: [field], message })
    }
  })

type SaidCheck = Readonly<
  Partial<Record<(typeof pulledBy)[number] | 'metric' | 'atMost' | 'minCopies', unknown>>
>

/** Fields of one check that do not belong together, each with what to do. */
function findInCheck(said: SaidCheck): (readonly [field: string, message: string])[] {
  const { webhook, path, metric, is, below, atMost, basePath, minCopies } = said
  if (metric !== undefined) {
    const foreign = pulledBy.filter((field) => said[field] !== undefined)
    const isShare = typeof atMost === 'number' && atMost < 1
    return [
      ...foreign.map((field) => [field, 'this is of a webhook, and not of a "metric"'] as const),
      ...(isShare ? [] : [['atMost', 'say which share may differ, from 0 and below 1'] as const]),
    ]
  }
  const good = [is, below, atMost].filter((one) => one !== undefined)
  return [
    ...(webhook === undefined
      ? [['webhook', 'say what is asked by "webhook", or by "metric"'] as const]
      : []),
    ...(webhook !== undefined && path === undefined
      ? [['path', 'say where the value is in the document'] as const]
      : []),
    ...(good.length === 1
      ? []
      : [['below', 'say what is good by one of "is", "below" and "atMost"'] as const]),
    ...((atMost === undefined) === (basePath === undefined)
      ? []
      : [['basePath', '"atMost" and "basePath" belong together'] as const]),
    ...(atMost === 0 ? [['atMost', 'with "basePath" this is above 0'] as const] : []),
    ...(minCopies === undefined ? [] : [['minCopies', 'this is of a "metric"'] as const]),
  ]
}

/** The schema of a plan, for parsing and for the generated JSON schema. */
export const planSchema = z.strictObject({
  preset: z.enum(['careful', 'standard', 'blue-green', 'instant']).optional(),
  steps: z.array(step).max(50).optional(),
  bake: z
    .strictObject({
      minutes,
      heldBack: z.number().min(0).max(50, 'hold back at most half').optional(),
    })
    .optional(),
  metrics: z.array(metric).min(1, 'name at least one metric').max(32).optional(),
  alpha: chance.optional(),
  combine: z.enum(['average', 'split']).optional(),
  warmUpMinutes: z
    .number()
    .min(0, 'minutes are 0 or more')
    .max(60, 'a release that needs more than an hour to warm up has to be warmed before')
    .optional(),
  segments: z
    .boolean()
    .optional()
    .describe('Whether visitors are also judged by browser, device and country'),
  sampleRatioAlpha: chance.optional(),
  minVisitors: z.int().min(1, 'without visitors nothing is promoted').max(1_000_000_000).optional(),
  withoutData: otherwise.optional(),
  withdraw: z.boolean().optional(),
  confirm: z
    .array(confirmation)
    .max(CONFIRMED_MOMENTS.length)
    .optional()
    .describe('Webhooks that have to answer before something happens'),
  checks: z
    .array(check)
    .max(10)
    .optional()
    .describe('Values that have to be good: of others, or a metric of Holo that no visitor meets'),
  smoke: z
    .array(smokeRequest)
    .min(1, 'name at least one request')
    .max(MAX_SMOKE_REQUESTS)
    .optional()
    .describe('Requests that the version has to answer before the first visitor gets it'),
  baseline: environmentName
    .optional()
    .describe(
      'An environment in which the old version is started anew, with as many visitors as the canary, to compare with',
    ),
})

/** A plan as it stands in `rollouts` of holo.json: a preset, with some fields changed. */
export type PlanDocument = z.infer<typeof planSchema>
export type StepDocument = z.infer<typeof step>
export type MetricDocument = z.infer<typeof metric>
export type CheckDocument = z.infer<typeof check>
export type ConfirmationDocument = z.infer<typeof confirmation>
