// What a team declares for the judge: its routes, its goals, and where its replies carry errors. The
// shape of `measure` in the document, and how it is compiled.

import * as z from 'zod'
import { GOAL_PREFIX } from '../core/counting/metrics.ts'
import {
  compilePath,
  compileRoute,
  JUDGED_METHODS,
  type RoutePattern,
} from '../core/counting/routes.ts'

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

export type Measure = {
  readonly routes: readonly RoutePattern[]
  readonly goals: readonly {
    /** The metric's name. */
    readonly metric: string
    readonly matches: RoutePattern['matches']
  }[]
  readonly errorBodies: readonly {
    readonly matches: (path: string) => boolean
    /** The names on the way to the error, from the outside. */
    readonly keys: readonly string[]
  }[]
  /** Whether requests for a path are never sent to the other version. */
  readonly keptFromOther: readonly ((path: string) => boolean)[]
}

const NOTHING: Measure = { routes: [], goals: [], errorBodies: [], keptFromOther: [] }

export function compileMeasure(declared: z.infer<typeof measure> | undefined): Measure {
  if (!declared) return NOTHING
  const { routes = [], goals = {}, errorBodies = {}, keepFromOther = [] } = declared
  return {
    routes: routes.map(compileRoute),
    goals: Object.entries(goals).map(([name, pattern]) => ({
      metric: GOAL_PREFIX + name,
      matches: compileRoute(pattern).matches,
    })),
    errorBodies: Object.entries(errorBodies).map(([path, keys]) => ({
      matches: compilePath(path),
      keys: keys.split('.'),
    })),
    keptFromOther: keepFromOther.map(compilePath),
  }
}
