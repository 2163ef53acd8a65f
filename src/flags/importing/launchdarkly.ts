// Reads flags of LaunchDarkly: the flag data of an SDK (the file of its file data source, or what its
// streaming endpoint sends), and the REST form that `ldcli flags list` prints.
//
// Evaluation: launchdarkly/go-server-sdk-evaluation, evaluator.go and evaluator_bucketing.go. A place in
// a rollout is the first 15 hex digits of sha1(flagKey.salt.value), or of sha1(seed.value) in an
// experiment, divided by 0xFFFFFFFFFFFFFFF; flagd hashes otherwise, so that splits are drawn again.
// OpenFeature's targeting key is the key of the user, as in LaunchDarkly's own OpenFeature providers.

import { err, ok, type Result } from '../../core/result.ts'
import { readTargetingKey } from './attributes.ts'
import { createDraft, type FlagDraft, refuse, type Translated, toFlagImport } from './draft.ts'
import type { FlagImport, FlagLogic, ImportedFlag } from './flag-file.ts'
import {
  LAUNCHDARKLY_WHOLE,
  type LaunchDarklySource,
  readSubject,
  toConditions,
} from './launchdarkly-clauses.ts'
import {
  type LaunchDarklyFlag,
  type LaunchDarklyRollout,
  launchDarklyFlag,
  launchDarklyNamedVariations,
  launchDarklyVariations,
} from './launchdarkly-shapes.ts'
import { firstOf, isOneOf, isPresent } from './logic.ts'
import { isJsonFields, type JsonFields, parseExport, readShape, toWord } from './reading.ts'
import { byAttribute, byTargetingKey, split } from './splits.ts'
import { toSwitchedOff, toSwitchedOn } from './states.ts'
import { checkValues, nameVariants, type VariantValue } from './variant-names.ts'

/** `environment`: whose rules to take where the file has several (REST form). */
export function parseLaunchDarkly(
  text: string,
  { environment }: { readonly environment?: string | undefined } = {},
): Result<FlagImport, string> {
  const read = parseExport(text)
  if (!read.ok) return read
  const file = read.value
  if (file.items !== undefined || file.environments !== undefined) {
    return parseRest(file, environment)
  }
  const { flags, segments, flagValues } = file
  if (flags === undefined && flagValues === undefined) {
    return err(
      'the file has neither "flags" or "flagValues" (flag data of an SDK) nor "items" (flags of the REST API)',
    )
  }
  for (const [name, value] of Object.entries({ flags, segments, flagValues })) {
    if (value !== undefined && !isJsonFields(value)) {
      return err(`"${name}" is ${toWord(value)}, not an object with a field for each key`)
    }
  }
  const source = createSource(isJsonFields(segments) ? segments : {})
  const translated = Object.entries(isJsonFields(flags) ? flags : {}).map(([key, flag]) => {
    const draft = createDraft()
    const variations = isJsonFields(flag) ? flag.variations : undefined
    const values = readShape(draft, launchDarklyVariations, variations, 'variations')
    return toTranslated(
      key,
      draft,
      flag,
      values?.map((value) => ({ value })),
      source,
    )
  })
  const fixed = Object.entries(isJsonFields(flagValues) ? flagValues : {}).map(([key, value]) => {
    const draft = createDraft()
    const flag = { on: true, fallthrough: { variation: 0 } }
    return toTranslated(key, draft, flag, [{ value }], source)
  })
  return ok(toFlagImport([...translated, ...fixed]))
}

function createSource(segments: JsonFields | undefined): LaunchDarklySource {
  return { segments, known: new Map() }
}

function parseRest(file: JsonFields, wanted: string | undefined): Result<FlagImport, string> {
  const items = file.items === undefined ? [file] : file.items
  if (!Array.isArray(items)) return err(`"items" is ${toWord(items)}, not a list of flags`)
  const flags: JsonFields[] = []
  const names = new Set<string>()
  for (const [index, flag] of items.entries()) {
    const place = file.items === undefined ? 'the flag' : `items[${index}]`
    if (!isJsonFields(flag)) return err(`${place} is ${toWord(flag)}, not an object`)
    if (typeof flag.key !== 'string' || flag.key === '') return err(`${place} has no "key"`)
    if (!isJsonFields(flag.environments)) {
      return err(`${place} ("${flag.key}") has no "environments": list the flags with --env`)
    }
    for (const name of Object.keys(flag.environments)) names.add(name)
    flags.push(flag)
  }
  const all = [...names].map((name) => `"${name}"`).join(', ')
  const [only] = names
  if (wanted === undefined && names.size > 1) {
    return err(`the file has the environments ${all}: say which one to import`)
  }
  const environment = wanted ?? only
  if (flags.length > 0 && (environment === undefined || !names.has(environment))) {
    return err(`the file has no environment "${environment ?? ''}"; it has ${all || 'none'}`)
  }
  const source = createSource(undefined)
  return ok(toFlagImport(flags.map((flag) => translateRest(flag, environment ?? '', source))))
}

function translateRest(
  flag: JsonFields,
  environment: string,
  source: LaunchDarklySource,
): Translated {
  const key = String(flag.key)
  const draft = createDraft()
  const environments = isJsonFields(flag.environments) ? flag.environments : {}
  const own = Object.hasOwn(environments, environment) ? environments[environment] : undefined
  if (!isJsonFields(own)) {
    refuse(draft, `has no environment "${environment}"`)
    return { key, draft }
  }
  if (flag.archived === true || own.archived === true) {
    refuse(draft, 'is archived')
    return { key, draft }
  }
  if (own.fallthrough === undefined && own._summary !== undefined) {
    refuse(draft, 'was listed in short form, without its rules: list the flags with summary=0')
    return { key, draft }
  }
  const named = readShape(draft, launchDarklyNamedVariations, flag.variations, 'variations')
  const values = named?.map(({ value, name }) => ({ value, name: name ?? undefined }))
  return toTranslated(key, draft, own, values, source)
}

function toTranslated(
  key: string,
  draft: FlagDraft,
  raw: unknown,
  values: readonly VariantValue[] | undefined,
  source: LaunchDarklySource,
): Translated {
  const shape = readShape(draft, launchDarklyFlag, raw)
  if (!shape || !values) return { key, draft }
  if (shape.deleted) refuse(draft, 'is deleted')
  for (const { key: other } of shape.prerequisites ?? []) {
    refuse(draft, `depends on the flag "${other}": flagd has no prerequisites`)
  }
  checkValues(draft, values)
  return { key, draft, flag: translate(draft, shape, values, source) }
}

function translate(
  draft: FlagDraft,
  flag: LaunchDarklyFlag,
  values: readonly VariantValue[],
  source: LaunchDarklySource,
): ImportedFlag {
  const names = nameVariants(values)
  const nameOf = (where: string, index: number): string => {
    const name = names[index]
    if (name === undefined) {
      refuse(draft, `${where}: there is no variation ${index}; the flag has ${names.length}`)
    }
    return name ?? ''
  }
  const variants = Object.fromEntries(names.map((name, index) => [name, values[index]?.value]))
  const { offVariation } = flag
  const hasOff = offVariation !== null && offVariation !== undefined
  const off = hasOff ? nameOf('offVariation', offVariation) : null
  const inner = flag.on ? draft : createDraft()
  const targets = toTargets(inner, flag, nameOf)
  const rules = (flag.rules ?? []).map((rule, index): [FlagLogic, FlagLogic] => {
    const where = `rule ${index + 1}`
    const condition = toConditions(inner, where, rule.clauses ?? [], source)
    return [condition, toOutcome(inner, where, rule, nameOf)]
  })
  const last = toOutcome(inner, 'the default rule', flag.fallthrough, nameOf)
  if (flag.on) {
    const isFixed = typeof last === 'string'
    const targeting = firstOf([...targets, ...rules], isFixed ? null : last)
    return toSwitchedOn(variants, targeting, isFixed ? last : off)
  }
  return toSwitchedOff(draft, inner, variants, off, firstOf([...targets, ...rules], last))
}

type Rule = [condition: FlagLogic, result: FlagLogic]
type NameOf = (where: string, index: number) => string

/**
 * Keys that are listed one by one. `contextTargets` gives the order where it has entries; one of users
 * without values stands for the entry of `targets` with the same variation.
 */
function toTargets(draft: FlagDraft, flag: LaunchDarklyFlag, nameOf: NameOf): Rule[] {
  const users = flag.targets ?? []
  const ordered = flag.contextTargets ?? []
  const isOfUsers = (kind: string | null | undefined) => !kind || kind === 'user'
  const targets = ordered.length === 0 ? users : ordered
  return targets.flatMap((target): Rule[] => {
    const where = `the targets of variation ${target.variation}`
    if (!isOfUsers(target.contextKind)) {
      if (target.values.length > 0) {
        refuse(draft, `${where}: lists keys of the context kind "${target.contextKind}"`)
      }
      return []
    }
    const listed =
      target.values.length > 0
        ? target
        : users.find(({ variation }) => variation === target.variation)
    if (!listed || listed.values.length === 0) return []
    return [[isOneOf(readTargetingKey(draft), listed.values), nameOf(where, listed.variation)]]
  })
}

/** The variant of a rule, or the split into several. */
function toOutcome(
  draft: FlagDraft,
  where: string,
  { variation, rollout }: LaunchDarklyFlag['fallthrough'],
  nameOf: NameOf,
): FlagLogic {
  if (variation !== null && variation !== undefined) return nameOf(where, variation)
  if (rollout) return toSplit(draft, where, rollout, nameOf)
  return refuse(draft, `${where} has neither "variation" nor "rollout"`)
}

function toSplit(
  draft: FlagDraft,
  where: string,
  rollout: LaunchDarklyRollout,
  nameOf: NameOf,
): FlagLogic {
  const sum = rollout.variations.reduce((total, { weight }) => total + weight, 0)
  if (sum !== LAUNCHDARKLY_WHOLE) {
    return refuse(draft, `${where}: its weights add up to ${sum}, not to ${LAUNCHDARKLY_WHOLE}`)
  }
  const shares = rollout.variations
    .filter(({ weight }) => weight > 0)
    .map(({ variation, weight }) => ({ value: nameOf(where, variation), weight }))
  const [first, ...others] = shares
  if (first && others.every(({ value }) => value === first.value)) return first.value
  const isExperiment = rollout.kind === 'experiment'
  if (isExperiment) {
    draft.notes.add(`${where} is an experiment: the split is kept, its metrics and results are not`)
  }
  const attribute = (!isExperiment && rollout.bucketBy) || 'key'
  const subject = readSubject(draft, where, attribute, rollout.contextKind)
  if (!subject || !first) return false
  if (attribute === 'key') return split(draft, where, shares, byTargetingKey(draft))
  const drawn = split(draft, where, shares, byAttribute(subject.value, attribute))
  return { if: [isPresent(subject.value), drawn, first.value] }
}
