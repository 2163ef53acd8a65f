// The split of a flag as a rollout changes it: where it is made, which parts the two variants have, and what the flag
// is once the rollout is over. Pure. Visitors of other variants never move, and while the weight of the new variant
// grows nobody who has it loses it.

import { toCanonicalJson } from '../../core/canonical-json.ts'
import { changeSplit, findSplit, replaceSplit } from '../../core/experiments/split.ts'
import { err, ok, type Result } from '../../core/result.ts'
import type { Range } from '../../core/traffic.ts'
import { IN_SPLIT, readSplit, type Weighted } from '../../document/experiments.ts'
import type { FlagDefinition } from '../../document/flags.ts'

/** The two variants of a rollout. Plain JSON. */
export type FlagSides = {
  /** The name of the flag. */
  readonly key: string
  /** The one that gets visitors, and the one that gives them. */
  readonly variant: string
  readonly base: string
  /** The targeting before the rollout; `null` where there was none. */
  readonly before: FlagDefinition['targeting'] | null
}

type Variants = Pick<FlagSides, 'variant' | 'base'>

/** A split that a rollout changes has at least so many parts, as traffic has buckets. */
const LEAST_PARTS = 10_000

/**
 * The flag with a split in which the two variants are neighbours and nobody has another variant than before; in
 * words, why there can be none.
 */
export function beginSplit(
  flag: FlagDefinition,
  variants: Variants,
): Result<FlagDefinition, string> {
  const { targeting } = flag
  const [args, ...more] = findSplit(targeting)
  if (more.length > 0) return err('its targeting has several splits, and a rollout changes one')
  if (args === undefined) return makeSplit(flag, variants)
  const split = readSplit(args, 0)
  if (!split) {
    return err(
      'the "fractional" of its targeting is no list of [variant, weight], each variant once: names, and whole numbers',
    )
  }
  if (!split.some(([name]) => name === variants.base)) {
    const known = split.map(([name]) => name).join(', ')
    return err(`its split has no "${variants.base}" to take visitors from; it has ${known}`)
  }
  const aligned = align(scale(split), variants)
  return typeof aligned === 'string'
    ? err(aligned)
    : ok({ ...flag, targeting: changeSplit(targeting, () => aligned) })
}

/** Where everybody whom no rule names has the base, a split takes the place of that. */
function makeSplit(
  { targeting = {}, ...flag }: FlagDefinition,
  { variant, base }: Variants,
): Result<FlagDefinition, string> {
  const { defaultVariant, defaults = {} } = flag
  if (defaultVariant !== base) {
    return err(
      `its targeting has no split, and its default is ${JSON.stringify(defaultVariant ?? null)}, not "${base}"`,
    )
  }
  const others = [defaults.environments ?? {}, defaults.versions ?? {}]
  if (others.some((names) => Object.keys(names).length > 0)) {
    return err(
      'its default differs by environment or version, and a split would replace these: give its targeting a "fractional", or take "defaults" out',
    )
  }
  const split = {
    fractional: [
      [variant, 0],
      [base, LEAST_PARTS],
    ],
  }
  const [[name, written] = ['', undefined]] = Object.entries(targeting)
  if (name === '') return ok({ ...flag, targeting: split })
  if ((name === 'if' || name === '?:') && Array.isArray(written) && written.length > 1) {
    const last: unknown = written.length % 2 === 1 ? written.at(-1) : null
    const rules = written.length % 2 === 1 ? written.slice(0, -1) : written
    if (last === null || last === base) {
      return ok({ ...flag, targeting: { [name]: [...rules, split] } })
    }
  }
  return err(
    `its targeting has no place for a split: the last part of an "if" that gives "${base}", or that there is no such part. Put a "fractional" where the visitors are that the rollout is for`,
  )
}

/** The same shares in more parts, so that they can be moved by hundredths of a percent. */
function scale(split: Weighted): Weighted {
  const total = split.reduce((sum, [, weight]) => sum + weight, 0)
  const factor = total === 0 ? 1 : Math.ceil(LEAST_PARTS / total)
  return split.map(([name, weight]) => [name, weight * factor])
}

/** With the new variant beside the base. In words, why visitors of others would have to move. */
function align(split: Weighted, { variant, base }: Variants): Weighted | string {
  const at = split.findIndex(([name]) => name === base)
  const other = split.findIndex(([name]) => name === variant)
  if (other >= 0 && at >= 0 && Math.abs(other - at) !== 1) {
    return `"${variant}" and "${base}" are no neighbours in its split, so that visitors of others would have to move: put them side by side`
  }
  if (other >= 0 && at >= 0) return split
  if (other < 0 && at < 0) return `its split has neither "${variant}" nor "${base}"`
  if (other < 0) return split.toSpliced(at, 0, [variant, 0])
  return split.toSpliced(other + 1, 0, [base, 0])
}

/** The parts of the split, of 10,000 or more, that each of the two has; in words, why they cannot be compared. */
export function readParts(
  { targeting }: Pick<FlagDefinition, 'targeting'>,
  variants: Variants,
): { readonly variant: readonly Range[]; readonly base: readonly Range[] } | string {
  const found = findSplit(targeting)
  const split = found.length === 1 ? readSplit(found[0], 0) : undefined
  if (!split) return 'its targeting has no split any more that a rollout can change'
  const aligned = align(scale(split), variants)
  if (typeof aligned === 'string') return aligned
  const parts = { variant: [] as Range[], base: [] as Range[] }
  let from = 0
  for (const [name, weight] of aligned) {
    const side = name === variants.variant ? 'variant' : name === variants.base ? 'base' : undefined
    if (side && weight > 0) parts[side].push([from, from + weight])
    from += weight
  }
  if (parts.variant.length + parts.base.length === 0) {
    return `neither "${variants.variant}" nor "${variants.base}" has visitors in its split`
  }
  return parts
}

/** The flag of whose visitors of both variants the new one gets what `count` says of their parts. */
export function moveParts(
  flag: FlagDefinition,
  variants: Variants,
  count: (all: number) => number,
): FlagDefinition {
  const [args] = findSplit(flag.targeting)
  const split = readSplit(args, 0)
  const aligned = split && align(scale(split), variants)
  if (!aligned || typeof aligned === 'string') return flag
  const weightOf = (of: string) => aligned.find(([name]) => name === of)?.[1] ?? 0
  const all = weightOf(variants.variant) + weightOf(variants.base)
  const next = count(all)
  if (split.length === aligned.length && next === weightOf(variants.variant)) return flag
  const moved = aligned.map(([name, weight]): Weighted[number] => {
    if (name === variants.variant) return [name, next]
    return [name, name === variants.base ? all - next : weight]
  })
  return { ...flag, targeting: changeSplit(flag.targeting, () => moved) }
}

/** The flag that gives the new variant to all visitors of the two. */
export function completeSplit(flag: FlagDefinition, sides: FlagSides): FlagDefinition {
  const { variant, base } = sides
  if (findSplit(flag.targeting).length !== 1) return flag
  const all = moveParts(flag, sides, (parts) => parts)
  const split = readSplit(findSplit(all.targeting)[0], 0) ?? []
  const others = split.filter(([name, weight]) => name !== base && weight > 0)
  if (others.length > 1)
    return { ...all, targeting: changeSplit(all.targeting, () => reduce(others)) }
  const { targeting, ...rest } = flag
  const isBare = Object.keys(targeting ?? {})[0] === 'fractional'
  if (isBare && flag.defaults === undefined) return { ...rest, defaultVariant: variant }
  return { ...flag, targeting: replaceSplit(targeting, variant) }
}

function reduce(split: Weighted): Weighted {
  const divisor = split.reduce((known, [, weight]) => toDivisor(known, weight), 0)
  return split.map(([name, weight]) => [name, weight / divisor])
}

function toDivisor(one: number, other: number): number {
  return other === 0 ? one : toDivisor(other, one % other)
}

/** The flag with the split that it had before; what people have changed around the split meanwhile stays. */
export function restoreSplit(flag: FlagDefinition, sides: FlagSides): FlagDefinition {
  const { targeting, ...rest } = flag
  if (findSplit(targeting).length !== 1) return flag
  const had = { ...rest, ...(sides.before ? { targeting: sides.before } : {}) }
  const begun = beginSplit(had, sides)
  const around = (of: FlagDefinition) => toCanonicalJson(replaceSplit(of.targeting, IN_SPLIT))
  if (begun.ok && around(begun.value) === around(flag)) return had
  const split = readSplit(findSplit(sides.before)[0], 0)
  if (split) return { ...flag, targeting: changeSplit(targeting, () => split) }
  return { ...flag, targeting: replaceSplit(targeting, sides.base) }
}
