// Experiments in the document, beyond their shape: what is refused, and how an experiment is prepared. The split is
// the one `fractional` of the flag's targeting; who gets a variant by any other part is not compared. Rollouts of
// flags compare variants of a split in the same way.

import { MAX_COMPARISONS } from '../core/experiments/limits.ts'
import { findSplit, replaceSplit } from '../core/experiments/split.ts'
import type { Finding, Path } from './finding.ts'
import type { FlagDefinition } from './flags.ts'

/** The variants of a split with their weights. */
export type Weighted = readonly (readonly [variant: string, weight: number])[]

/** An experiment, ready for evaluation. */
export type CompiledExperiment = {
  readonly flag: string
  readonly metrics: readonly string[]
  readonly base: string
  /** Those that are compared with the base. */
  readonly variants: readonly string[]
  /** The weights of the split, by variant. */
  readonly weights: ReadonlyMap<string, number>
}

/** A flag with one split, ready to tell who has which variant from it. */
export type CompiledSplit = {
  /** The flag with nothing but the split: it gives every visitor a variant. */
  readonly split: { readonly definitions: ReadonlyMap<string, FlagDefinition> }
  /** The flag with IN_SPLIT in the place of the split: it tells who gets the variant from there. */
  readonly gate: { readonly definitions: ReadonlyMap<string, FlagDefinition> }
}

/** No variant has such a name, because it is a control character. */
export const IN_SPLIT = '\u0000'

/** @param flag with shared evaluators put into place. */
export function compileExperiment(
  key: string,
  flag: FlagDefinition,
): CompiledExperiment | undefined {
  const { experiment: asked, targeting } = flag
  const found = findSplit(targeting)
  if (!asked || found.length !== 1 || !found[0]) return undefined
  const weights = new Map(readSplit(found[0]) ?? [])
  const others = [...weights.keys()].filter((name) => name !== asked.base)
  return {
    flag: key,
    metrics: asked.metrics,
    base: asked.base,
    variants: asked.variants ?? others,
    weights,
  }
}

/**
 * `undefined` where there is no split, or several.
 *
 * @param flag with shared evaluators put into place.
 */
export function compileSplit(key: string, flag: FlagDefinition): CompiledSplit | undefined {
  const { experiment: _, targeting, ...rest } = flag
  const found = findSplit(targeting)
  if (found.length !== 1 || !found[0]) return undefined
  const split: FlagDefinition = { ...rest, targeting: { fractional: found[0] } }
  const gate: FlagDefinition = {
    state: flag.state,
    variants: { [IN_SPLIT]: true },
    targeting: replaceSplit(targeting, IN_SPLIT),
  }
  return {
    split: { definitions: new Map([[key, split]]) },
    gate: { definitions: new Map([[key, gate]]) },
  }
}

/** @param expand puts shared evaluators into place. */
export function* checkExperiments(
  flags: Readonly<Record<string, FlagDefinition>>,
  expand: (targeting: unknown) => unknown,
): Generator<Finding> {
  let comparisons = 0
  for (const [key, { experiment: asked, targeting }] of Object.entries(flags)) {
    if (!asked) continue
    const path: Path = ['flags', key, 'experiment']
    const expanded = expand(targeting)
    const [args, ...more] = findSplit(expanded)
    const weighted = readSplit(args)
    if (!args || more.length > 0 || countSplits(expanded) !== 1) {
      const message =
        'targeting has to give variants by exactly one "fractional", as a result and not in a condition'
      yield { path, message }
      continue
    }
    if (!weighted) {
      const message =
        'the "fractional" of an experiment is a list of [variant, weight], each variant once: names, and whole numbers from 1'
      yield { path, message }
      continue
    }
    const known = weighted.map(([name]) => name)
    const others = asked.variants ?? known.filter((name) => name !== asked.base)
    comparisons += others.length
    const toUnknown = (name: string) => `the split has no "${name}"; it has ${known.join(', ')}`
    if (!known.includes(asked.base))
      yield { path: [...path, 'base'], message: toUnknown(asked.base) }
    for (const [i, name] of (asked.variants ?? []).entries()) {
      const at = [...path, 'variants', i]
      if (!known.includes(name)) yield { path: at, message: toUnknown(name) }
      else if (name === asked.base || others.indexOf(name) !== i) {
        yield { path: at, message: 'name each variant once, and not the base' }
      }
    }
    if (others.length === 0) yield { path, message: 'the split has no variant beside the base' }
  }
  if (comparisons > MAX_COMPARISONS) {
    const message = `all experiments together compare ${comparisons} variants with a base, and ${MAX_COMPARISONS} are possible: stop one, or name fewer "variants"`
    yield { path: ['flags'], message }
  }
}

/** How many `fractional` there are, in conditions too. */
function countSplits(node: unknown): number {
  if (typeof node !== 'object' || node === null) return 0
  const own = !Array.isArray(node) && Object.hasOwn(node, 'fractional') ? 1 : 0
  return Object.values(node).reduce<number>((sum, part) => sum + countSplits(part), own)
}

/**
 * `undefined` where it is no plain list of variants and weights.
 *
 * @param least the smallest weight that a variant may have.
 */
export function readSplit(args: unknown, least = 1): Weighted | undefined {
  if (!Array.isArray(args)) return undefined
  const weighted: (readonly [string, number])[] = []
  for (const bucket of args as readonly unknown[]) {
    const [name, weight = 1] = Array.isArray(bucket) ? (bucket as unknown[]) : []
    const isRight = typeof name === 'string' && Number.isInteger(weight) && Number(weight) >= least
    if (!isRight || weighted.some(([known]) => known === name)) return undefined
    weighted.push([name, Number(weight)])
  }
  return weighted
}
