// The shapes of Unleash's features as far as they decide what a flag answers, and how the two forms of
// a file become one list of features: an export keeps strategies and states in lists of their own.
//
// Sources: Unleash/unleash, src/lib/openapi/spec (client-features-schema, client-segment-schema,
// export-result-schema, feature-strategy-schema, constraint-schema, variant-schema) and
// src/lib/features/export-import-toggles/export-import-service.ts.

import * as z from 'zod'
import { err, ok, type Result } from '../../core/result.ts'
import { isJsonFields, type JsonFields, toWord } from './reading.ts'

const constraint = z.strictObject({
  contextName: z.string(),
  operator: z.string(),
  values: z.array(z.string()).nullish(),
  value: z.union([z.string(), z.number()]).nullish(),
  inverted: z.boolean().nullish(),
  caseInsensitive: z.boolean().nullish(),
})

const variant = z.strictObject({
  name: z.string().min(1),
  weight: z.number().min(0),
  weightType: z.string().nullish(),
  stickiness: z.string().nullish(),
  payload: z.object({ type: z.string(), value: z.string() }).nullish(),
  overrides: z
    .array(z.strictObject({ contextName: z.string(), values: z.array(z.string()) }))
    .nullish(),
})

const strategy = z.strictObject({
  id: z.string().nullish(),
  name: z.string(),
  title: z.string().nullish(),
  featureName: z.string().nullish(),
  featureId: z.string().nullish(),
  environment: z.string().nullish(),
  sortOrder: z.number().nullish(),
  disabled: z.boolean().nullish(),
  parameters: z.record(z.string(), z.unknown()).nullish(),
  constraints: z.array(constraint).nullish(),
  segments: z.array(z.int()).nullish(),
  variants: z.array(variant).nullish(),
})

export const unleashFeature = z.object({
  enabled: z.boolean(),
  archived: z.boolean().nullish(),
  strategies: z.array(strategy),
  variants: z.array(variant).nullish(),
  dependencies: z.array(z.object({ feature: z.string() })).nullish(),
})

export const unleashSegment = z.object({ constraints: z.array(constraint) })

export type UnleashFeature = z.output<typeof unleashFeature>
export type UnleashStrategy = z.output<typeof strategy>
export type UnleashConstraint = z.output<typeof constraint>
export type UnleashVariant = z.output<typeof variant>

/** A file's features by name, as `unleashFeature` expects them, and its segments by id. */
export type UnleashFile = {
  readonly features: readonly { readonly name: string; readonly raw: unknown }[]
  readonly segments: ReadonlyMap<number, JsonFields>
}

/** Both forms of a file as one. */
export function toUnleashFile(file: JsonFields): Result<UnleashFile, string> {
  const lists = ['features', 'segments', 'featureStrategies', 'featureEnvironments', 'dependencies']
  const found = new Map<string, readonly JsonFields[]>()
  for (const name of lists) {
    const list = file[name]
    if (list === undefined || list === null) continue
    if (!Array.isArray(list)) return err(`"${name}" is ${toWord(list)}, not a list`)
    const odd = list.findIndex((entry) => !isJsonFields(entry))
    if (odd >= 0) return err(`${name}[${odd}] is ${toWord(list[odd])}, not an object`)
    found.set(name, list)
  }
  const features = found.get('features')
  if (!features) {
    return err(
      'the file has no "features": import an export of Unleash, or the features that its client API sends',
    )
  }
  const nameless = features.findIndex(({ name }) => typeof name !== 'string' || name === '')
  if (nameless >= 0) return err(`features[${nameless}] has no "name"`)
  const segments = new Map<number, JsonFields>()
  for (const segment of found.get('segments') ?? []) {
    if (typeof segment.id === 'number') segments.set(segment.id, segment)
  }
  const strategies = found.get('featureStrategies')
  if (!strategies) return ok({ features: features.map(toNamed), segments })
  const states = found.get('featureEnvironments') ?? []
  const environments = new Set(states.map(({ environment }) => environment))
  if (environments.size > 1) {
    return err(`the file has several environments (${[...environments].join(', ')}): export one`)
  }
  const dependencies = found.get('dependencies') ?? []
  const joined = features.map((feature) => {
    const { name } = feature
    const state = states.find(({ featureName }) => featureName === name)
    const own = strategies
      .filter(({ featureName }) => featureName === name)
      .toSorted((one, other) => toOrder(one) - toOrder(other))
    return toNamed({
      ...feature,
      enabled: state?.enabled ?? false,
      variants: state?.variants,
      strategies: own,
      dependencies: dependencies.find((one) => one.feature === name)?.dependencies,
    })
  })
  return ok({ features: joined, segments })
}

function toNamed(feature: JsonFields): UnleashFile['features'][number] {
  return { name: String(feature.name), raw: feature }
}

function toOrder({ sortOrder }: JsonFields): number {
  return typeof sortOrder === 'number' ? sortOrder : 0
}
