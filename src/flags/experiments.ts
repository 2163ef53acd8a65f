// Which variant of each flag that is compared a visitor has (experiments, and rollouts of flags), and whether an
// evaluation exposes it: that it got its variant from the split. The variant depends on the visitor's key alone, so
// that it is known for every request of the visitor.

import { toExperimentFlag, toExperimentPlace } from '../core/experiments/limits.ts'
import { matchService } from '../core/services.ts'
import type { Decision } from '../core/types.ts'
import type { CompiledFlags } from '../document/compile-flags.ts'
import { type CompiledSplit, compileSplit, IN_SPLIT } from '../document/experiments.ts'
import type { FlagDefinition } from '../document/flags.ts'
import type { Facts } from '../http/facts.ts'
import { toFlagContext, toTargetingKey } from './context.ts'
import { evaluateFlag, type FlagContext } from './evaluate.ts'

/** A request as it is counted for a flag that is compared: decided as if the variant were a version. */
export type ExperimentView = { readonly facts: Facts; readonly decision: Decision }

type Definitions = Pick<CompiledFlags, 'definitions' | 'targetingKey'>

/** Splits that were prepared, `null` for a flag without one. */
const splits = new WeakMap<FlagDefinition, CompiledSplit | null>()

function findCompiled({ definitions }: Definitions, flag: string): CompiledSplit | undefined {
  const definition = definitions.get(flag)
  if (!definition) return undefined
  let compiled = splits.get(definition)
  if (compiled === undefined) {
    compiled = compileSplit(flag, definition) ?? null
    splits.set(definition, compiled)
  }
  return compiled ?? undefined
}

/**
 * One view for each flag that is compared. The visitor has an id.
 *
 * @param places what is collected of flags, as `toExperimentPlace` names them.
 */
export function listExperimentViews(
  facts: Facts,
  decision: Decision,
  flags: CompiledFlags,
  places: readonly string[],
): readonly ExperimentView[] {
  const targetingKey = toTargetingKey(facts, flags)
  return places.flatMap((environment) => {
    const flag = toExperimentFlag(environment)
    const compiled = findCompiled(flags, flag)
    if (!compiled) return []
    const place = { environment: decision.environment, version: decision.version.id }
    const result = evaluateFlag(compiled.split, flag, { targetingKey }, place)
    if (!('variant' in result) || result.variant === undefined) return []
    return [
      {
        // A visitor is counted by the id that its variant depends on.
        facts: { ...facts, bucketId: targetingKey },
        decision: {
          ...decision,
          environment,
          version: { ...decision.version, id: result.variant },
        },
      },
    ]
  })
}

/** What a visitor is exposed to by an evaluation: which flags were evaluated for it, and with what. */
export type ExposedEvaluation = {
  readonly keys: readonly string[]
  readonly flags: CompiledFlags
  readonly context: FlagContext
  readonly decision: Decision
}

/** The places among `places` of whose flags an evaluation showed the visitor a variant of the split. */
export function listExposed(
  { keys, flags, context, decision }: ExposedEvaluation,
  places: readonly string[],
): readonly string[] {
  const place = { environment: decision.environment, version: decision.version.id }
  return keys.flatMap((flag) => {
    const name = toExperimentPlace(flag)
    const compiled = places.includes(name) ? findCompiled(flags, flag) : undefined
    if (!compiled) return []
    const result = evaluateFlag(compiled.gate, flag, context, place)
    return 'variant' in result && result.variant === IN_SPLIT ? [name] : []
  })
}

/** The same for the flags that travel in the page that is asked for, or to the backend. */
export function listCarriedExposed(
  facts: Facts,
  decision: Decision,
  flags: CompiledFlags,
  places: readonly string[],
): readonly string[] {
  const toBackend = matchService(decision.version.services, facts.path) !== undefined
  const keys = [
    ...(facts.kind === 'document' ? flags.inPages : []),
    ...(toBackend ? flags.toBackends : []),
  ]
  const context = toFlagContext({}, { facts, decision, flags, isBackend: false })
  return listExposed({ keys, flags, context, decision }, places)
}
