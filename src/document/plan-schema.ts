// The shape of a plan as people write it, in minutes and with defaults left out. parse-plan.ts
// checks that its parts agree.

import * as z from 'zod'
import { findMetric, METRICS } from '../core/counting/metrics.ts'
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
          `nothing counts "${input}"; counted are ${NAMES}, and "goal." with the name of a goal`,
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

const check = z
  .strictObject({
    name: z.string().min(1).max(60),
    webhook: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,39}$/, 'the name of a webhook')
      .describe('The webhook of the form "pull" that is asked'),
    path,
    is: z.boolean().optional().describe('The value that is good'),
    below: z.number().optional().describe('Good is what is below'),
    atMost: z
      .number()
      .positive()
      .max(100)
      .optional()
      .describe('With "basePath": so many times as many as of the old version are good'),
    basePath: path.optional(),
    failures: z
      .int()
      .min(0)
      .max(100)
      .optional()
      .describe('So many failures in a row take the release back: 3 if left out, 0 for never'),
  })
  .refine(
    ({ is, below, atMost }) => [is, below, atMost].filter((one) => one !== undefined).length === 1,
    { path: ['below'], message: 'say what is good by one of "is", "below" and "atMost"' },
  )
  .refine(({ atMost, basePath }) => (atMost === undefined) === (basePath === undefined), {
    path: ['basePath'],
    message: '"atMost" and "basePath" belong together',
  })

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
    .describe('Values that others measure, and that have to be good'),
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
