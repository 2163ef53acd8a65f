// Translates variants of Unleash: their payloads as values, overrides, and the choice by weight.
//
// Source: Unleash/unleash-client-node, src/variant.ts.

import { type FlagDraft, refuse } from './draft.ts'
import type { FlagLogic } from './flag-file.ts'
import { firstOf } from './logic.ts'
import { isJsonFields } from './reading.ts'
import { bySeed, split } from './splits.ts'
import { isListed, readField, readStickiness } from './unleash-constraints.ts'
import type { UnleashVariant } from './unleash-shapes.ts'
import { checkValues, nameVariants, type VariantValue } from './variant-names.ts'

export type UnleashNames = ReadonlyMap<string, { readonly name: string; readonly value: unknown }>

/** The variants of all lists, each once; two of one name with different payloads get different names. */
export function toUnleashVariants(draft: FlagDraft, all: readonly UnleashVariant[]): UnleashNames {
  const withPayload = all.filter(({ payload }) => payload)
  if (withPayload.length > 0 && withPayload.length < all.length) {
    refuse(draft, 'some of its variants have a payload and some have none')
  }
  if (withPayload.length === 0) {
    draft.notes.add('its variants have no payload: the values are their names')
  }
  const values = new Map<string, VariantValue>()
  for (const variant of all) {
    const value = variant.payload ? toPayload(draft, variant) : variant.name
    values.set(toIdentity(variant), { name: variant.name, value })
  }
  checkValues(draft, [...values.values()])
  const names = nameVariants([...values.values()])
  return new Map(
    [...values].map(([identity, { value }], index) => [
      identity,
      { name: names[index] ?? '', value },
    ]),
  )
}

function toIdentity({ name, payload }: UnleashVariant): string {
  return JSON.stringify([name, payload?.type, payload?.value])
}

function toPayload(draft: FlagDraft, { name, payload }: UnleashVariant): unknown {
  const { type, value } = payload ?? { type: 'string', value: name }
  const unlike = () => refuse(draft, `the payload of variant "${name}" is no ${type}: ${value}`)
  switch (type) {
    case 'string':
    case 'csv':
      return value
    case 'number': {
      const number = Number(value)
      return value.trim() === '' || !Number.isFinite(number) ? unlike() : number
    }
    case 'json':
      try {
        const parsed: unknown = JSON.parse(value)
        return isJsonFields(parsed)
          ? parsed
          : refuse(draft, `the JSON of variant "${name}" is no object`)
      } catch {
        return unlike()
      }
    default:
      return refuse(draft, `the payload of variant "${name}" has the unknown type "${type}"`)
  }
}

/** Overrides first, then the weights. */
export function toUnleashChoice(
  draft: FlagDraft,
  where: string,
  group: string,
  list: readonly UnleashVariant[],
  names: UnleashNames,
  stickiness?: string,
): FlagLogic {
  const [first] = list
  if (!first) return null
  const nameOf = (variant: UnleashVariant) => names.get(toIdentity(variant))?.name ?? ''
  const overrides = list.flatMap((variant) =>
    (variant.overrides ?? []).map(({ contextName, values }): readonly [FlagLogic, FlagLogic] => {
      const field = readField(draft, `${where}, overrides`, contextName)
      return [field ? isListed(field, values) : false, nameOf(variant)]
    }),
  )
  const shares = list.map((variant) => ({ value: nameOf(variant), weight: variant.weight }))
  const weighted = shares.filter(({ weight }) => weight > 0)
  if (weighted.length === 0) return refuse(draft, `${where}: none has a weight`)
  if (!weighted.every(({ weight }) => Number.isInteger(weight))) {
    return refuse(draft, `${where}: a weight is no whole number`)
  }
  const isSplit = weighted.some(({ value }) => value !== weighted[0]?.value)
  if (!isSplit) return firstOf(overrides, weighted[0]?.value ?? null)
  const by = first.stickiness || stickiness || 'default'
  const field = readStickiness(draft, where, by)
  if (!field) return false
  if (field.present !== true) {
    draft.notes.add(
      `${where}: without "${by}" Unleash draws lots at each call; here all such calls get one variant`,
    )
  }
  const text = field.present === true ? field.text : { if: [field.present, field.text, ''] }
  const seeded = bySeed(`variants:${group}`, text, by === 'default' ? 'userId' : by)
  return firstOf(overrides, split(draft, where, weighted, seeded))
}
