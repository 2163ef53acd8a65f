// The context of an evaluation: what Holo knows of the request, and what the caller says. A caller can never
// replace what Holo knows.

import type { Decision } from '../core/types.ts'
import type { CompiledFlags } from '../document/compile-flags.ts'
import type { Facts } from '../http/facts.ts'
import type { FlagContext } from './evaluate.ts'
import { REQUEST_FACTS } from './fact-names.ts'

/**
 * Merges a caller's context with the facts of its request.
 *
 * A browser's facts take precedence, and fields that Holo does not know of it are absent, so that nobody
 * can claim them. The request of a backend (`isBackend`) says nothing of the visitor: there the caller's
 * values count. `version` and `environment` are Holo's in both cases.
 */
export function toFlagContext(
  caller: FlagContext,
  {
    facts,
    decision,
    flags,
    isBackend,
  }: {
    readonly facts: Facts
    readonly decision: Decision
    readonly flags: Pick<CompiledFlags, 'targetingKey'>
    readonly isBackend: boolean
  },
): FlagContext {
  const own = { version: decision.version.id, environment: decision.environment }
  if (isBackend) return { ...caller, ...own }
  const context: Record<string, unknown> = { ...caller }
  for (const name of REQUEST_FACTS) delete context[name]
  const { method, path, host, visitor, attributes } = facts
  Object.assign(context, attributes, { method, path, host }, own)
  if (facts.anonymous) return context
  const targetingKey = toTargetingKey(facts, flags)
  return Object.assign(context, { visitor, bucket: decision.bucket, targetingKey })
}

/** Somebody who logs in keeps the variants of the browser, as it keeps its version. */
export function toTargetingKey(
  { visitor, bucketId }: Facts,
  { targetingKey }: Pick<CompiledFlags, 'targetingKey'>,
): string {
  return targetingKey === 'account' ? visitor : (bucketId ?? visitor)
}
