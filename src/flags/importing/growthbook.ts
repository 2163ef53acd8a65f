// Reads features of GrowthBook: the payload that its API sends to SDKs ({"features": {…}}), in clear.
//
// Evaluation: growthbook/growthbook, packages/sdk-js/src/core.ts and util.ts. A place in a roll-out or an
// experiment is fnv32a(value + seed) modulo 1,000 (hash version 1), or
// fnv32a(fnv32a(seed + value)) modulo 10,000 (version 2); in a namespace it is that of "__" and its name.
// flagd hashes otherwise, so that places are drawn again. All that share a seed or a namespace share the
// place here, too, so that experiments that exclude one another go on doing so.

import { err, ok, type Result } from '../../core/result.ts'
import { createDraft, type FlagDraft, refuse, type Translated, toFlagImport } from './draft.ts'
import type { FlagImport, FlagLogic, ImportedFlag } from './flag-file.ts'
import { type GrowthBookSource, readPath, toCondition } from './growthbook-condition.ts'
import { type GrowthBookRange, toPieces, toWeightRanges } from './growthbook-ranges.ts'
import {
  type GrowthBookFeature,
  type GrowthBookRule,
  growthBookFeature,
} from './growthbook-shapes.ts'
import { allOf, firstOf } from './logic.ts'
import { isJsonFields, parseExport, readShape, toWord } from './reading.ts'
import { bySeed, byTargetingKey, type SplitBy, split } from './splits.ts'
import { toSwitchedOn } from './states.ts'
import { checkValues, nameVariants } from './variant-names.ts'

/** `visitorAttribute`: the attribute with who is evaluated, "id" unless the team has another. */
export function parseGrowthBook(
  text: string,
  { visitorAttribute = 'id' }: { readonly visitorAttribute?: string | undefined } = {},
): Result<FlagImport, string> {
  const read = parseExport(text)
  if (!read.ok) return read
  const { features, savedGroups, encryptedFeatures } = read.value
  if (!isJsonFields(features) || Object.keys(features).length === 0) {
    if (typeof encryptedFeatures === 'string' && encryptedFeatures !== '') {
      return err(
        'the features are encrypted: import the payload of a connection without encryption',
      )
    }
    if (!isJsonFields(features)) return err(`"features" is ${toWord(features)}, not an object`)
  }
  if (savedGroups !== undefined && !isJsonFields(savedGroups)) {
    return err(`"savedGroups" is ${toWord(savedGroups)}, not an object`)
  }
  const source = { visitorAttribute, savedGroups: savedGroups ?? {} }
  return ok(
    toFlagImport(Object.entries(features).map(([key, raw]) => toTranslated(key, raw, source))),
  )
}

function toTranslated(key: string, raw: unknown, source: GrowthBookSource): Translated {
  const draft = createDraft()
  const feature = readShape(draft, growthBookFeature, raw)
  return { key, draft, flag: feature && translate(draft, key, feature, source) }
}

/** The name of the variant with a value. */
type NameOf = (value: unknown) => string

function translate(
  draft: FlagDraft,
  key: string,
  { defaultValue, rules }: GrowthBookFeature,
  source: GrowthBookSource,
): ImportedFlag {
  const hasDefault = defaultValue !== undefined && defaultValue !== null
  const all = [
    ...(hasDefault ? [defaultValue] : []),
    ...(rules ?? []).flatMap((rule) => ('force' in rule ? [rule.force] : (rule.variations ?? []))),
  ]
  const values = [...new Map(all.map((value) => [JSON.stringify(value), value])).values()]
  if (values.length === 0) refuse(draft, 'has no value, neither by default nor by a rule')
  const named = values.map((value) => ({ value }))
  checkValues(draft, named)
  const names = nameVariants(named)
  const byValue = new Map(values.map((value, index) => [JSON.stringify(value), names[index] ?? '']))
  const nameOf = (value: unknown) => byValue.get(JSON.stringify(value)) ?? ''
  const steps = (rules ?? []).map((rule, index): readonly [FlagLogic, FlagLogic] =>
    toStep(draft, `rule ${index + 1}`, key, rule, nameOf, source),
  )
  const targeting = firstOf(steps, null)
  const variants = Object.fromEntries(names.map((name, index) => [name, values[index]]))
  return toSwitchedOn(variants, targeting, hasDefault ? nameOf(defaultValue) : null)
}

function toStep(
  draft: FlagDraft,
  where: string,
  key: string,
  rule: GrowthBookRule,
  nameOf: NameOf,
  source: GrowthBookSource,
): readonly [FlagLogic, FlagLogic] {
  for (const { id } of rule.parentConditions ?? []) {
    refuse(draft, `${where}: depends on the flag "${id}": flagd has no prerequisites`)
  }
  if (rule.tracks)
    refuse(draft, `${where}: the payload was evaluated for one user (remote evaluation)`)
  if (rule.fallbackAttribute || rule.minBucketVersion) {
    draft.notes.add(
      `${where}: places that GrowthBook remembers (sticky bucketing) are not in the file`,
    )
  }
  const filters = (rule.filters ?? []).map((filter) => {
    const { attribute, seed, ranges } = filter
    const by = toSplitBy(draft, where, attribute, `filter:${seed}`, key, source)
    return toInclusion(draft, `${where}, filter "${seed}"`, ranges, by)
  })
  const condition = rule.condition ? toCondition(draft, where, rule.condition, source) : true
  const seed = rule.seed || (!('force' in rule) && rule.key) || key
  const place = toSplitBy(draft, where, rule.hashAttribute, seed, key, source)
  if ('force' in rule) {
    return [
      allOf([...filters, condition, toRollout(draft, where, rule, place)]),
      nameOf(rule.force),
    ]
  }
  const variations = rule.variations ?? []
  if (variations.length < 2) {
    refuse(draft, `${where}: has neither "force" nor two "variations"`)
    return [false, null]
  }
  if (rule.meta?.some(({ passthrough }) => passthrough)) {
    refuse(draft, `${where}: is a holdout ("passthrough")`)
  }
  draft.notes.add(`${where} is an experiment: the split is kept, its metrics and results are not`)
  const { namespace } = rule
  const isInNamespace =
    namespace && !rule.filters
      ? toInclusion(
          draft,
          `${where}, namespace "${namespace[0]}"`,
          [[namespace[1], namespace[2]]],
          toSplitBy(draft, where, rule.hashAttribute, `namespace:${namespace[0]}`, key, source),
        )
      : true
  const ranges = rule.ranges ?? toWeightRanges(variations.length, rule.coverage ?? 1, rule.weights)
  const [takesPart, chosen] = toExperiment(draft, where, ranges, variations.map(nameOf), place)
  return [allOf([...filters, condition, isInNamespace, takesPart]), chosen]
}

type Place = { readonly by: SplitBy; readonly present: FlagLogic }

/** What a visitor's place is drawn from; without it, a visitor is in no roll-out. */
function toSplitBy(
  draft: FlagDraft,
  where: string,
  attribute: string | undefined,
  seed: string,
  key: string,
  source: GrowthBookSource,
): () => Place {
  return () => {
    const path = attribute || 'id'
    const isVisitor = path === source.visitorAttribute
    if (isVisitor && seed === key) return { by: byTargetingKey(draft), present: true }
    const value = readPath(draft, where, path, source)
    const by = bySeed(seed, value, isVisitor ? undefined : path)
    return { by, present: isVisitor ? true : { '!!': [value] } }
  }
}

function toRollout(
  draft: FlagDraft,
  where: string,
  { range, coverage }: GrowthBookRule,
  place: () => Place,
): FlagLogic {
  if (range) return toInclusion(draft, where, [range], place)
  return coverage === undefined ? true : toInclusion(draft, where, [[0, coverage]], place)
}

/** Whether the place is in one of the ranges. */
function toInclusion(
  draft: FlagDraft,
  where: string,
  ranges: readonly GrowthBookRange[],
  place: () => Place,
): FlagLogic {
  const pieces = toPieces(ranges)
  if (!pieces) return refuse(draft, `${where}: its ranges overlap or leave 0 to 1`)
  const shares = pieces.map(({ index, weight }) => ({ value: index !== undefined, weight }))
  const { by, present } = place()
  return allOf([present, split(draft, where, shares, by)])
}

/**
 * Who takes part, and the variant of whoever does: there a gap between ranges goes to a neighbour,
 * because nobody is in it.
 */
function toExperiment(
  draft: FlagDraft,
  where: string,
  ranges: readonly GrowthBookRange[],
  names: readonly string[],
  place: () => Place,
): readonly [FlagLogic, FlagLogic] {
  const pieces = toPieces(ranges)
  if (!pieces) return [refuse(draft, `${where}: its ranges overlap or leave 0 to 1`), null]
  const nameOf = (index: number) => names[index] ?? ''
  const first = pieces.find(({ index }) => index !== undefined)?.index
  if (first === undefined) return [false, null]
  const { by, present } = place()
  const told = pieces.map(({ index, weight }) => ({
    value: index === undefined ? false : nameOf(index),
    weight,
  }))
  split(draft, where, told, by)
  const isIn = split(
    createDraft(),
    where,
    told.map(({ value, weight }) => ({ value: value !== false, weight })),
    by,
  )
  let last = first
  const filled = pieces.map(({ index, weight }) => {
    last = index ?? last
    return { value: nameOf(last), weight }
  })
  return [allOf([present, isIn]), split(createDraft(), where, filled, by)]
}
