// What a team declares for the judge: its routes, its goals, and where its replies carry errors. The
// shape of `measure` in the document.

import * as z from 'zod'
import { JUDGED_METHODS } from '../core/counting/routes.ts'

/** Each is matched against every request of a service while a rollout runs. */
const MAX_ROUTES = 50
/** Each is a metric of its own, with its own part of the risk of a false alarm. */
const MAX_GOALS = 8
const MAX_ERROR_BODIES = 8
/** Each is matched against the path of a failed request. */
const MAX_KEPT = 50

/** A normalised path without escapes: `*` is a character of paths as well. */
const PATH = String.raw`(?!.*/\.{1,2}(?:/|$))/[A-Za-z0-9\-._~!$&'()*+,;=:@/]*`
const METHOD = `(?:${JUDGED_METHODS.join('|')}|\\*)`

const route = z
  .string()
  .max(120)
  .regex(
    new RegExp(`^${METHOD} ${PATH}$`),
    'a route is a method in capitals (or "*"), one space and a path without query and escapes, in which "*" stands for a segment or a part of one and "**" for anything, such as "POST /api/orders/*"',
  )

const goalName = z
  .string()
  .regex(
    /^[a-z][A-Za-z0-9-]{0,31}$/,
    'the name of a goal begins with a small letter and has letters, digits and "-", at most 32',
  )

const errorPath = z
  .string()
  .max(120)
  .regex(
    new RegExp(`^${PATH}$`),
    'the path of a reply starts with "/" and has no query and no escapes; "*" stands for a segment or a part of one and "**" for anything',
  )

/** A path of requests, not of replies. */
const keptPath = z
  .string()
  .max(120)
  .regex(
    new RegExp(`^${PATH}$`),
    'a path starts with "/" and has no query and no escapes; "*" stands for a segment or a part of one and "**" for anything',
  )

const place = z
  .string()
  .max(100)
  .regex(
    /^[^.\s]+(?:\.[^.\s]+)*$/,
    'a place in a JSON body is names or numbers with dots between them, such as "errors" or "result.error"',
  )

export const measure = z.strictObject({
  routes: z.array(route).max(MAX_ROUTES).optional(),
  goals: z
    .record(goalName, route)
    .refine((goals) => Object.keys(goals).length <= MAX_GOALS, `at most ${MAX_GOALS} goals`)
    .optional(),
  errorBodies: z
    .record(errorPath, place)
    .refine(
      (bodies) => Object.keys(bodies).length <= MAX_ERROR_BODIES,
      `at most ${MAX_ERROR_BODIES} paths`,
    )
    .optional(),
  keepFromOther: z
    .array(keptPath)
    .max(MAX_KEPT)
    .optional()
    .describe('Requests that the other version of a rollout is never asked for, even if they fail'),
})

export type MeasureDocument = z.infer<typeof measure>
