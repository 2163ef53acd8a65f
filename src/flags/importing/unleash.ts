// Reads features of Unleash: an export (POST /api/admin/features-batch/export), and what its client API
// sends (GET /api/client/features), which has the rules of segments, too.
//
// Evaluation: Unleash/unleash-client-node, src/client.ts, src/strategy and src/variant.ts. A place in a
// rollout is murmur3(groupId:stickiness) modulo 100, plus 1; that of a variant has the seed 86028157 and
// the sum of the weights for 100. flagd uses the high bits of the same hash, so that places are drawn
// again. Inclusion and variant get seeds of their own here, or whoever is in would all get one variant.

import { ok, type Result } from '../../core/result.ts'
import { createDraft, type FlagDraft, refuse, type Translated, toFlagImport } from './draft.ts'
import type { FlagImport, FlagLogic, ImportedFlag } from './flag-file.ts'
import { allOf, anyOf, firstOf, isOneOf } from './logic.ts'
import { type JsonFields, parseExport, readShape } from './reading.ts'
import { bySeed, byTargetingKey, split } from './splits.ts'
import { toSwitchedOff, toSwitchedOn } from './states.ts'
import {
  isListed,
  readField,
  readStickiness,
  toConstraints,
  toUnleashSegments,
} from './unleash-constraints.ts'
import {
  toUnleashFile,
  type UnleashFeature,
  type UnleashStrategy,
  unleashFeature,
} from './unleash-shapes.ts'
import { toUnleashChoice, toUnleashVariants } from './unleash-variants.ts'

export function parseUnleash(text: string): Result<FlagImport, string> {
  const read = parseExport(text)
  if (!read.ok) return read
  const file = toUnleashFile(read.value)
  if (!file.ok) return file
  const { features, segments } = file.value
  return ok(toFlagImport(features.map(({ name, raw }) => toTranslated(name, raw, segments))))
}

type Segments = ReadonlyMap<number, JsonFields>

function toTranslated(key: string, raw: unknown, segments: Segments): Translated {
  const draft = createDraft()
  const feature = readShape(draft, unleashFeature, raw)
  if (!feature) return { key, draft }
  if (feature.archived) refuse(draft, 'is archived')
  for (const { feature: parent } of feature.dependencies ?? []) {
    refuse(draft, `depends on the flag "${parent}": flagd has no prerequisites`)
  }
  const strategies = feature.strategies.filter(({ disabled }) => !disabled)
  if (strategies.length === 0 && feature.strategies.length > 0) {
    refuse(
      draft,
      'has disabled strategies alone: what that means depends on the release of Unleash',
    )
  }
  const own = { ...feature, strategies }
  const hasVariants =
    isFilled(feature.variants) || strategies.some(({ variants }) => isFilled(variants))
  const inner = feature.enabled ? draft : createDraft()
  const flag = hasVariants
    ? toVariantFlag(draft, inner, key, own, segments)
    : toBooleanFlag(draft, inner, key, own, segments)
  return { key, draft, flag }
}

function isFilled(list: readonly unknown[] | null | undefined): boolean {
  return (list?.length ?? 0) > 0
}

/** Answers what `isEnabled` does. */
function toBooleanFlag(
  draft: FlagDraft,
  inner: FlagDraft,
  key: string,
  { enabled, strategies }: UnleashFeature,
  segments: Segments,
): ImportedFlag {
  const conditions = strategies.map((strategy, index) =>
    toCondition(inner, `strategy ${index + 1}`, key, strategy, segments),
  )
  const isOn = strategies.length === 0 ? true : anyOf(conditions)
  const variants = { on: true, off: false }
  if (!enabled) {
    return toSwitchedOff(draft, inner, variants, 'off', firstOf([[isOn, 'on']], 'off'))
  }
  return toSwitchedOn(variants, firstOf([[isOn, 'on']], null), 'off')
}

/** Answers what `getVariant` does: the payload, or the default in code if the feature is not enabled. */
function toVariantFlag(
  draft: FlagDraft,
  inner: FlagDraft,
  key: string,
  feature: UnleashFeature,
  segments: Segments,
): ImportedFlag {
  const shared = feature.variants ?? []
  const lists = [...feature.strategies.map(({ variants }) => variants ?? []), shared]
  const names = toUnleashVariants(draft, lists.flat())
  draft.notes.add(
    'it answers with the payload of the variant, as getVariant does; for isEnabled a flag of booleans is needed',
  )
  const steps = feature.strategies.map((strategy, index): readonly [FlagLogic, FlagLogic] => {
    const where = `strategy ${index + 1}`
    const condition = toCondition(inner, where, key, strategy, segments)
    const own = strategy.variants ?? []
    if (own.length === 0) {
      return [condition, toUnleashChoice(inner, `${where}, variants`, key, shared, names)]
    }
    const stickiness = toText(strategy.parameters?.stickiness)
    const group = toText(strategy.parameters?.groupId)
    return [condition, toUnleashChoice(inner, `${where}, variants`, group, own, names, stickiness)]
  })
  const whenOn =
    feature.strategies.length === 0
      ? toUnleashChoice(inner, 'variants', key, shared, names)
      : firstOf(steps, null)
  const variants = Object.fromEntries([...names.values()].map(({ name, value }) => [name, value]))
  if (!feature.enabled) return toSwitchedOff(draft, inner, variants, null, whenOn)
  return toSwitchedOn(variants, whenOn, null)
}

function toCondition(
  draft: FlagDraft,
  where: string,
  key: string,
  strategy: UnleashStrategy,
  segments: Segments,
): FlagLogic {
  return allOf([
    toConstraints(draft, where, strategy.constraints ?? []),
    toUnleashSegments(draft, where, strategy.segments ?? [], segments),
    toActivation(draft, where, key, strategy),
  ])
}

function toActivation(
  draft: FlagDraft,
  where: string,
  key: string,
  { name, parameters }: UnleashStrategy,
): FlagLogic {
  const text = (parameter: string) => toText(parameters?.[parameter])
  const list = (parameter: string) =>
    text(parameter)
      .split(/\s*,\s*/)
      .filter(Boolean)
  switch (name) {
    case 'default':
      return true
    case 'userWithId': {
      const field = readField(draft, where, 'userId')
      return field ? isOneOf(field.text, list('userIds')) : false
    }
    case 'remoteAddress': {
      const ranges = list('IPs').filter((address) => address.includes('/'))
      if (ranges.length > 0) {
        return refuse(draft, `${where}: flagd has no ranges of addresses (${ranges.join(', ')})`)
      }
      const field = readField(draft, where, 'remoteAddress')
      return field ? isListed(field, list('IPs')) : false
    }
    case 'flexibleRollout': {
      const by = text('stickiness') || 'default'
      return toRollout(draft, where, key, text('groupId') || key, text('rollout'), by)
    }
    case 'gradualRolloutUserId':
      return toRollout(draft, where, key, text('groupId'), text('percentage'), 'userId')
    case 'gradualRolloutSessionId':
      return toRollout(draft, where, key, text('groupId'), text('percentage'), 'sessionId')
    case 'gradualRolloutRandom':
      return refuse(
        draft,
        `${where}: draws lots at each call ("gradualRolloutRandom"): flagd does not`,
      )
    case 'applicationHostname':
      return refuse(draft, `${where}: asks for the host an application runs on`)
    default:
      return refuse(
        draft,
        `${where}: "${name}" is a strategy of your own, whose code is not in the file`,
      )
  }
}

function toRollout(
  draft: FlagDraft,
  where: string,
  key: string,
  group: string,
  percentage: string,
  stickiness: string,
): FlagLogic {
  const percent = percentage === '' ? Number.NaN : Number(percentage)
  if (!Number.isInteger(percent) || percent < 0 || percent > 100) {
    return refuse(draft, `${where}: "${percentage}" is no whole percentage from 0 to 100`)
  }
  const field = readStickiness(draft, where, stickiness)
  if (!field) return false
  const shares = [
    { value: true, weight: percent },
    { value: false, weight: 100 - percent },
  ]
  const name = stickiness === 'default' ? 'userId' : stickiness
  const isOwn = field.present === true && group === key
  const by = isOwn ? byTargetingKey(draft) : bySeed(group, field.text, name)
  return allOf([field.present, split(draft, where, shares, by)])
}

function toText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
