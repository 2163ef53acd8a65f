// Evaluates flags with flagd's own evaluator, which interprets targeting and makes no code of it. What the
// context holds is the affair of context.ts, and what a caller is told of ofrep.ts.

import type { FeatureFlag } from '@openfeature/flagd-core'
import type { CompiledFlags } from '../document/compile-flags.ts'
import type { FlagDefinition } from '../document/flags.ts'

/** What an evaluation is made for, besides the context. */
export type FlagPlace = { readonly environment: string; readonly version: string }

export type FlagContext = Readonly<Record<string, unknown>>

/** The outcome in the form of OFREP. Without `value` the caller's own default counts. */
export type Evaluated =
  | {
      readonly key: string
      readonly reason: string
      readonly value?: unknown
      readonly variant?: string
      readonly metadata?: FlagDefinition['metadata']
    }
  | EvaluationFailure

export type EvaluationFailure = {
  readonly key: string
  readonly errorCode: 'FLAG_NOT_FOUND' | 'PARSE_ERROR' | 'GENERAL'
  readonly errorDetails: string
  readonly metadata?: FlagDefinition['metadata']
}

/** The evaluator tells the caller by its result what went wrong. */
const SILENT = { error: ignore, warn: ignore, info: ignore, debug: ignore }
function ignore(): void {}

/** The evaluator; it is large, and most sites have no flags. */
let Evaluator: typeof FeatureFlag | undefined

/** Has to be called once before flags are evaluated. */
export async function loadEvaluator(): Promise<void> {
  Evaluator ??= (await import('@openfeature/flagd-core')).FeatureFlag
}

/** Told of each evaluation of a flag that there is. Never throws. */
export type CountFlag = (result: Evaluated) => void

type Definitions = Pick<CompiledFlags, 'definitions'>

/** Prepared flags of a revision, by key and default variant. */
const prepared = new WeakMap<Definitions, Map<string, FeatureFlag>>()

/** Evaluates one flag. Never throws, whatever the context holds. */
export function evaluateFlag(
  flags: Definitions,
  key: string,
  context: FlagContext,
  place: FlagPlace,
): Evaluated {
  const definition = flags.definitions.get(key)
  if (!definition) {
    return { key, errorCode: 'FLAG_NOT_FOUND', errorDetails: `flag '${key}' not found` }
  }
  const { metadata = {} } = definition
  const told = Object.keys(metadata).length > 0 ? { metadata } : {}
  if (definition.state === 'DISABLED') return { key, reason: 'DISABLED', ...told }
  try {
    const flag = prepare(flags, key, definition, toDefaultVariant(definition, place))
    const result = flag.evaluate(context as Parameters<FeatureFlag['evaluate']>[0], SILENT)
    if (result.reason === 'ERROR') {
      const errorCode = result.errorCode === 'PARSE_ERROR' ? 'PARSE_ERROR' : 'GENERAL'
      return { key, errorCode, errorDetails: result.errorMessage ?? '', ...told }
    }
    const { reason, value, variant } = result
    if (value === undefined || variant === undefined) return { key, reason, ...told }
    return { key, value, reason, variant, ...told }
  } catch (cause) {
    const errorDetails = cause instanceof Error ? cause.message : String(cause)
    return { key, errorCode: 'GENERAL', errorDetails, ...told }
  }
}

/** The default of the version before that of the environment, and that before the flag's own. */
function toDefaultVariant(
  { defaultVariant, defaults }: FlagDefinition,
  { environment, version }: FlagPlace,
): string | undefined {
  const { versions = {}, environments = {} } = defaults ?? {}
  if (Object.hasOwn(versions, version)) return versions[version]
  if (Object.hasOwn(environments, environment)) return environments[environment]
  return defaultVariant ?? undefined
}

function prepare(
  flags: Definitions,
  key: string,
  { state, variants, targeting, metadata }: FlagDefinition,
  defaultVariant = '',
): FeatureFlag {
  const known = prepared.get(flags) ?? new Map<string, FeatureFlag>()
  prepared.set(flags, known)
  const name = JSON.stringify([key, defaultVariant])
  const found = known.get(name)
  if (found) return found
  if (!Evaluator) throw new TypeError('loadEvaluator has to be called before')
  const definition = { state, variants, targeting, metadata, defaultVariant }
  const flag = new Evaluator(
    key,
    definition as unknown as ConstructorParameters<typeof FeatureFlag>[1],
    SILENT,
    { disableDynamicCodeGeneration: true },
  )
  known.set(name, flag)
  return flag
}
