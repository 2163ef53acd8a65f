// Prepares the flags of a document for evaluation: shared evaluators put into place, defaults of the settings
// applied, and a tag that changes with every change of a flag.

import { murmur3Text } from '../core/murmur3.ts'
import { type CompiledExperiment, compileExperiment } from './experiments.ts'
import type { FlagDefinition, FlagSettings } from './flags.ts'
import type { AssignmentsDocument } from './schema.ts'

export type CompiledFlags = {
  /** By key, in the order of the document. */
  readonly definitions: ReadonlyMap<string, FlagDefinition>
  readonly metadata: NonNullable<FlagSettings['metadata']>
  /** The same for the same flags and settings, in every isolate. */
  readonly tag: string
  /** Keys of the flags whose values pages get. */
  readonly inPages: readonly string[]
  /** Keys of the flags whose values backends get. */
  readonly toBackends: readonly string[]
  readonly experiments: readonly CompiledExperiment[]
  readonly origins: ReadonlySet<string>
  /** Names of keys by the SHA-256 of the key. */
  readonly keys: ReadonlyMap<string, string>
  readonly keyRequired: boolean
  readonly targetingKey: 'browser' | 'account'
  readonly perMinute: number
  readonly perMinuteWithKey: number
}

/** `undefined` without flags, so that requests cost nothing. */
export function compileFlags({
  flags,
  flagSettings = {},
}: Pick<AssignmentsDocument, 'flags' | 'flagSettings'>): CompiledFlags | undefined {
  if (!flags) return undefined
  const { $evaluators: evaluators = {}, metadata = {}, origins = [], keys = [] } = flagSettings
  const text = JSON.stringify([flags, flagSettings])
  const definitions = new Map(
    Object.entries(flags).map(([key, { targeting, ...flag }]): [string, FlagDefinition] => [
      key,
      {
        ...flag,
        ...(targeting && {
          targeting: withEvaluators(targeting, evaluators) as Record<string, unknown>,
        }),
        // Metadata of a flag takes precedence over that of the set.
        metadata: { ...metadata, ...flag.metadata },
      },
    ]),
  )
  return {
    definitions,
    metadata,
    tag: [0, 1].map((seed) => murmur3Text(text, seed).toString(16).padStart(8, '0')).join(''),
    inPages: flagSettings.inPages ? listKeys(flags, (flag) => flag.public === true) : [],
    toBackends: listKeys(flags, (flag) => flag.backend === true),
    experiments: [...definitions].flatMap(([key, flag]) => compileExperiment(key, flag) ?? []),
    origins: new Set(origins),
    keys: new Map(keys.map(({ name, sha256 }) => [sha256, name])),
    keyRequired: flagSettings.keyRequired === true,
    targetingKey: flagSettings.targetingKey ?? 'browser',
    perMinute: flagSettings.perMinute ?? 600,
    perMinuteWithKey: flagSettings.perMinuteWithKey ?? 60_000,
  }
}

function listKeys(
  flags: Readonly<Record<string, FlagDefinition>>,
  has: (flag: FlagDefinition) => boolean,
): readonly string[] {
  return Object.entries(flags).flatMap(([key, flag]) => (has(flag) ? [key] : []))
}

/** Targeting with each `{ "$ref": name }` replaced by the evaluator of that name. */
export function withEvaluators(
  node: unknown,
  evaluators: Readonly<Record<string, unknown>>,
): unknown {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) return node.map((item) => withEvaluators(item, evaluators))
  const entries = Object.entries(node)
  const [[name, written] = ['', undefined]] = entries
  if (name === '$ref' && entries.length === 1) {
    return withEvaluators(evaluators[String(written)], evaluators)
  }
  return Object.fromEntries(entries.map(([key, part]) => [key, withEvaluators(part, evaluators)]))
}
