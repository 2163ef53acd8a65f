// Compiles the shadows of environments, with the values of fields that they leave out.

import { compilePath } from '../core/counting/routes.ts'
import { compilePlace } from '../core/shadow/compare-json.ts'
import type { ShadowPlan } from '../core/shadow/plan.ts'
import type { ShadowDocument } from './shadow.ts'

/** The values of fields that a shadow leaves out. */
export const SHADOW_DEFAULTS = {
  by: 'visitor',
  methods: ['GET', 'HEAD'],
  maxBodyBytes: 16_384,
  perSecond: 10,
  concurrent: 5,
  timeoutMs: 5000,
  baseline: 10,
  repeat: 1,
  since: 0,
  until: Number.MAX_SAFE_INTEGER,
} as const satisfies Partial<ShadowDocument>

export const COMPARE_DEFAULTS = {
  headers: ['content-type', 'location'],
  numbers: 0,
  timesMs: 0,
  slowerMs: 250,
} as const satisfies ShadowDocument['compare']

/** By the name of the environment whose requests are copied. One that is off, or has no share, is left out. */
export function compileShadows(
  environments: Readonly<Record<string, { readonly shadow?: ShadowDocument | undefined }>>,
): ReadonlyMap<string, ShadowPlan> {
  const plans = new Map<string, ShadowPlan>()
  for (const [name, { shadow }] of Object.entries(environments)) {
    if (shadow && !shadow.off && shadow.percent > 0) plans.set(name, compileShadow(shadow))
  }
  return plans
}

function compileShadow(declared: ShadowDocument): ShadowPlan {
  const { paths, credentials, off: _, compare: compared, ...rest } = declared
  const { methods, ...said } = { ...SHADOW_DEFAULTS, ...withoutUndefined(rest) }
  const {
    ignore = [],
    unordered = [],
    ...tolerances
  } = {
    ...COMPARE_DEFAULTS,
    ...withoutUndefined(compared ?? {}),
  }
  const tests = (paths ?? ['/**']).map(compilePath)
  return {
    ...said,
    matchesPath: (path) => tests.some((matches) => matches(path)),
    methods: new Set<string>(methods),
    allowed: new Set(credentials),
    compare: {
      ...tolerances,
      ignore: ignore.map(compilePlace),
      unordered: unordered.map(compilePlace),
    },
  }
}

type Defined<T> = { [Name in keyof T]: Exclude<T[Name], undefined> }

function withoutUndefined<T extends object>(said: T): Defined<T> {
  const entries = Object.entries(said).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as Defined<T>
}
