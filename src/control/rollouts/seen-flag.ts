// What in a document concerns the rollout of a flag: the parts of its split and the values of the two variants. The
// counterpart of seen.ts, for the flag that stands in the place of both environments.

import { toCanonicalJson } from '../../core/canonical-json.ts'
import { toExperimentPlace } from '../../core/experiments/limits.ts'
import { murmur3Text } from '../../core/murmur3.ts'
import { getOwn } from '../../core/own.ts'
import type { Range } from '../../core/traffic.ts'
import type { Content } from '../document/content.ts'
import type { DraftProblem } from '../document/draft.ts'
import { beginSplit, completeSplit, type FlagSides, readParts } from './flag-split.ts'

/** `ComparedState` of a flag: its variants stand for versions, and parts of its split for buckets. */
export type ComparedVariants = {
  readonly revision: number
  /** Changes with what concerns the base: its value, and by which id visitors are told apart. */
  readonly salt: string
  /** Changes with the value of the new variant. */
  readonly value: string
  readonly version: string
  readonly baseVersion: string
  readonly canaryBuckets: readonly Range[]
  readonly baseBuckets: readonly Range[]
  readonly flag: FlagSides
}

type Flags = Pick<Content, 'flags' | 'flagSettings'>

/** In words, why the two variants cannot be compared in this document; else what it says of them. */
export function toSeenVariants(
  { flags = {}, flagSettings }: Flags,
  revision: number,
  sides: FlagSides,
): ComparedVariants | string {
  const { key, variant, base } = sides
  const flag = getOwn(flags, key)
  if (!flag) return `the flag "${key}" is gone`
  if (flag.experiment) return `the flag "${key}" is an experiment`
  const missing = [variant, base].find((name) => getOwn(flag.variants, name) === undefined)
  if (missing !== undefined) return `the flag "${key}" has no variant "${missing}"`
  const parts = readParts(flag, sides)
  if (typeof parts === 'string') return `of the flag "${key}", ${parts}`
  return {
    revision,
    salt: toDigest([getOwn(flag.variants, base), flagSettings?.targetingKey ?? 'browser']),
    value: toDigest(getOwn(flag.variants, variant)),
    version: variant,
    baseVersion: base,
    canaryBuckets: parts.variant,
    baseBuckets: parts.base,
    flag: sides,
  }
}

/** Values may be large, and only whether they change is asked. */
function toDigest(value: unknown): string {
  const text = toCanonicalJson(value)
  return [0, 1].map((seed) => murmur3Text(text, seed).toString(16)).join('-')
}

/** Whether somebody has switched the flag off, so that nobody gets either variant. */
export function isSwitchedOff({ flags = {} }: Flags, { key }: FlagSides): boolean {
  return getOwn(flags, key)?.state === 'DISABLED'
}

/** Whether the flag is as the rollout would leave it at its end: everybody has the new variant. */
export function isGivenToAll({ flags = {} }: Flags, sides: FlagSides): boolean {
  const flag = getOwn(flags, sides.key)
  if (!flag || flag.experiment) return false
  const { targeting = {}, defaultVariant } = flag
  if (Object.keys(targeting).length === 0) return defaultVariant === sides.variant
  const { before } = sides
  const begun = before ? beginSplit({ ...flag, targeting: before }, sides) : undefined
  if (!begun?.ok) return false
  const given = completeSplit(begun.value, sides).targeting ?? {}
  return toCanonicalJson(given) === toCanonicalJson(targeting)
}

/** Flags that a change makes experiments although a rollout moves their visitors. */
export function findExperimentsInRollouts(
  running: readonly { readonly flag?: FlagSides | undefined }[],
  { flags = {} }: Flags,
): readonly DraftProblem[] {
  return running.flatMap(({ flag }) =>
    flag && getOwn(flags, flag.key)?.experiment
      ? [
          {
            path: `flags.${flag.key}.experiment`,
            message: `a rollout moves the visitors of this flag: wait for it, or abort it (holo rollout status says which)`,
          },
        ]
      : [],
  )
}

/** The rollout of a flag has it in the place of both environments. */
export function toFlagPair(sides: FlagSides) {
  const place = toExperimentPlace(sides.key)
  return { environment: place, base: place, flag: sides }
}
