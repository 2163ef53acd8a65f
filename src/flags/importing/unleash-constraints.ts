// Translates constraints and segments of Unleash into conditions. Values of the context are compared as
// texts; one that is missing meets no constraint, save for NOT_IN and inverted ones.
//
// Sources: Unleash/unleash-client-node, src/strategy/strategy.ts and src/helpers.ts;
// Unleash/client-specification, specifications 09, 13, 14, 15, 21 and 22.

import { readAttribute, readTargetingKey } from './attributes.ts'
import { type FlagDraft, refuse } from './draft.ts'
import type { FlagLogic } from './flag-file.ts'
import * as logic from './logic.ts'
import { type JsonFields, readShape } from './reading.ts'
import { type UnleashConstraint, unleashSegment } from './unleash-shapes.ts'

/** A value of the context: as it is, and as text where it is present. */
export type UnleashField = {
  readonly value: FlagLogic
  readonly text: FlagLogic
  /** Whether there is one; the targeting key always is. */
  readonly present: FlagLogic
}

/** The OpenFeature providers of Unleash give the targeting key as `userId`. */
export function readField(draft: FlagDraft, where: string, name: string): UnleashField | undefined {
  if (name === 'userId') {
    const value = readTargetingKey(draft)
    return { value, text: value, present: true }
  }
  if (name === 'environment' || name === 'appName') {
    refuse(draft, `${where}: asks for "${name}", which the SDK of Unleash is configured with`)
    return undefined
  }
  const value = readAttribute(draft, where, [name])
  if (value === false) return undefined
  return { value, text: { cat: [value] }, present: logic.isPresent(value) }
}

/** `default` is the user, and the session for those without one; Holo's visitors always have a key. */
export function readStickiness(
  draft: FlagDraft,
  where: string,
  by: string,
): UnleashField | undefined {
  if (by === 'random') {
    refuse(draft, `${where}: draws lots at each call ("random"): flagd does not`)
    return undefined
  }
  const field = readField(draft, where, by === 'default' ? 'userId' : by)
  if (!field || field.present === true) return field
  return { ...field, present: logic.isNot({ in: [field.value, [null, '']] }) }
}

/** Whether the field is one of the texts. */
export function isListed(field: UnleashField, texts: readonly string[]): FlagLogic {
  return logic.allOf([field.present, logic.isOneOf(field.text, texts)])
}

export function toConstraints(
  draft: FlagDraft,
  where: string,
  constraints: readonly UnleashConstraint[],
): FlagLogic {
  return logic.allOf(
    constraints.map((constraint, index) => {
      const place = `${where}, constraint ${index + 1}`
      const test = toTest(draft, place, constraint)
      return constraint.inverted ? logic.isNot(test) : test
    }),
  )
}

/** References to the shared rules of the segments. */
export function toUnleashSegments(
  draft: FlagDraft,
  where: string,
  ids: readonly number[],
  segments: ReadonlyMap<number, JsonFields>,
): FlagLogic {
  return logic.allOf(
    ids.map((id): FlagLogic => {
      const segment = segments.get(id)
      if (segment?.constraints === undefined) {
        return refuse(
          draft,
          `${where}: the file does not say what segment ${id} is; the features that the client API of Unleash sends do`,
        )
      }
      const place = `segment ${id}`
      const shape = readShape(draft, unleashSegment, segment, place)
      const condition = toConstraints(draft, place, shape?.constraints ?? [])
      if (typeof condition === 'boolean') return condition
      const name = `segment-${id}`
      draft.evaluators.set(name, condition)
      return { $ref: name }
    }),
  )
}

const COMPARISONS = {
  NUM_EQ: '==',
  NUM_GT: '>',
  NUM_GTE: '>=',
  NUM_LT: '<',
  NUM_LTE: '<=',
} as const
const VERSIONS = { SEMVER_EQ: '=', SEMVER_GT: '>', SEMVER_LT: '<' } as const
const NUMBER_NOTE =
  'where a number is expected and the context has something else, the evaluation fails and the default in code counts; in Unleash the constraint is not met'

function toTest(draft: FlagDraft, where: string, constraint: UnleashConstraint): FlagLogic {
  const { operator, contextName, caseInsensitive } = constraint
  if (operator === 'DATE_AFTER' || operator === 'DATE_BEFORE') {
    return toDateTest(draft, where, constraint)
  }
  const field = readField(draft, where, contextName)
  if (!field) return false
  const values = (constraint.values ?? []).map((value) => value.trim()).filter(Boolean)
  const refuseCase = () =>
    refuse(draft, `${where}: flagd cannot ignore case ("${operator}" with caseInsensitive)`)
  const anyText = (test: (text: string) => FlagLogic): FlagLogic => {
    if (caseInsensitive) return refuseCase()
    return logic.allOf([field.present, logic.anyOf(values.map(test))])
  }
  switch (operator) {
    case 'IN':
      return isListed(field, values)
    case 'NOT_IN':
      return logic.isNot(isListed(field, values))
    case 'STR_STARTS_WITH':
      return anyText((text) => ({ starts_with: [field.text, text] }))
    case 'STR_ENDS_WITH':
      return anyText((text) => ({ ends_with: [field.text, text] }))
    case 'STR_CONTAINS':
      return anyText((text) => ({ in: [text, field.text] }))
    case 'NUM_EQ':
    case 'NUM_GT':
    case 'NUM_GTE':
    case 'NUM_LT':
    case 'NUM_LTE': {
      const number = Number(constraint.value ?? Number.NaN)
      if (Number.isNaN(number)) return unlike(draft, where, constraint)
      draft.notes.add(NUMBER_NOTE)
      const isNumeric = logic.isNot({ in: [field.value, [true, false, null]] })
      return logic.allOf([isNumeric, { [COMPARISONS[operator]]: [field.value, number] }])
    }
    case 'SEMVER_EQ':
    case 'SEMVER_GT':
    case 'SEMVER_LT': {
      const version = logic.toFullVersion(constraint.value)
      if (version === undefined || version !== constraint.value) {
        return unlike(draft, where, constraint)
      }
      draft.notes.add(logic.VERSION_NOTE)
      return logic.compareVersion(field.value, VERSIONS[operator], version)
    }
    case 'REGEX': {
      if (caseInsensitive) return refuseCase()
      const matched = logic.matchLiteral(
        { value: field.text, isInner: false },
        String(constraint.value),
      )
      if (matched !== undefined) return logic.allOf([field.present, matched])
      return refuse(draft, `${where}: flagd has no regular expressions (REGEX ${constraint.value})`)
    }
    case 'IN_CIDR':
      return refuse(draft, `${where}: flagd has no ranges of addresses (IN_CIDR)`)
    default:
      return refuse(draft, `${where}: the import does not know the operator "${operator}"`)
  }
}

/** Compares the time of the evaluation, whole seconds in flagd. */
function toDateTest(draft: FlagDraft, where: string, constraint: UnleashConstraint): FlagLogic {
  const { operator, contextName, value } = constraint
  const time = Date.parse(String(value))
  if (Number.isNaN(time)) return unlike(draft, where, constraint)
  if (contextName !== 'currentTime') {
    return refuse(
      draft,
      `${where}: ${operator} asks for "${contextName}"; Unleash compares the current time whatever it asks for`,
    )
  }
  draft.notes.add(
    'it depends on the date: a currentTime in the context of the caller is not looked at',
  )
  const seconds = Math.ceil(time / 1000)
  return { [operator === 'DATE_AFTER' ? '>=' : '<']: [{ var: '$flagd.timestamp' }, seconds] }
}

function unlike(draft: FlagDraft, where: string, { operator, value }: UnleashConstraint): false {
  return refuse(draft, `${where}: ${JSON.stringify(value ?? null)} is no value for ${operator}`)
}
