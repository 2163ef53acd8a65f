// Compiles what a team declares for the judge.

import { GOAL_PREFIX } from '../core/counting/metrics.ts'
import { compilePath, compileRoute, type RoutePattern } from '../core/counting/routes.ts'
import type { MeasureDocument } from './measure.ts'

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

export function compileMeasure(declared: MeasureDocument | undefined): Measure {
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
