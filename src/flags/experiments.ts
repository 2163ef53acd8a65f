// Which variant of each experiment a visitor has, and whether an evaluation exposes it: that it got its variant from
// the split. The variant depends on the visitor's key alone, so that it is known for every request of the visitor.

import { toExperimentPlace } from '../core/experiments/limits.ts'
import { matchService } from '../core/services.ts'
import type { Decision } from '../core/types.ts'
import type { CompiledFlags } from '../document/compile-flags.ts'
import { IN_SPLIT } from '../document/experiments.ts'
import type { Facts } from '../http/facts.ts'
import { toFlagContext, toTargetingKey } from './context.ts'
import { evaluateFlag, type FlagContext } from './evaluate.ts'

/** A request as it is counted for an experiment: decided as if the variant were a version. */
export type ExperimentView = { readonly facts: Facts; readonly decision: Decision }

/** One view for each experiment. The visitor has an id. */
export function listExperimentViews(
  facts: Facts,
  decision: Decision,
  flags: CompiledFlags,
): readonly ExperimentView[] {
  const targetingKey = toTargetingKey(facts, flags)
  return flags.experiments.flatMap(({ flag, split }) => {
    const place = { environment: decision.environment, version: decision.version.id }
    const result = evaluateFlag(split, flag, { targetingKey }, place)
    if (!('variant' in result) || result.variant === undefined) return []
    return [
      {
        // A visitor is counted by the id that its variant depends on.
        facts: { ...facts, bucketId: targetingKey },
        decision: {
          ...decision,
          environment: toExperimentPlace(flag),
          version: { ...decision.version, id: result.variant },
        },
      },
    ]
  })
}

/** Names under which visitors are counted whom an evaluation of these flags exposes to an experiment. */
export function listExposed(
  keys: readonly string[],
  flags: CompiledFlags,
  context: FlagContext,
  { environment, version }: Decision,
): readonly string[] {
  const place = { environment, version: version.id }
  return flags.experiments.flatMap(({ flag, gate }) => {
    if (!keys.includes(flag)) return []
    const result = evaluateFlag(gate, flag, context, place)
    const isExposed = 'variant' in result && result.variant === IN_SPLIT
    return isExposed ? [toExperimentPlace(flag)] : []
  })
}

/** The same for the flags that travel in the page that is asked for, or to the backend. */
export function listCarriedExposed(
  facts: Facts,
  decision: Decision,
  flags: CompiledFlags,
): readonly string[] {
  const toBackend = matchService(decision.version.services, facts.path) !== undefined
  const keys = [
    ...(facts.kind === 'document' ? flags.inPages : []),
    ...(toBackend ? flags.toBackends : []),
  ]
  const context = toFlagContext({}, { facts, decision, flags, isBackend: false })
  return listExposed(keys, flags, context, decision)
}
