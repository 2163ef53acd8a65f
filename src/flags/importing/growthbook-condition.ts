// Translates the targeting conditions of GrowthBook, which look like queries of MongoDB, and its saved
// groups, which become shared rules (`$evaluators`).
//
// Source: growthbook/growthbook, packages/sdk-js/src/mongrule.ts.

import { readAttribute, readTargetingKey } from './attributes.ts'
import { type FlagDraft, refuse } from './draft.ts'
import type { FlagLogic } from './flag-file.ts'
import * as logic from './logic.ts'
import { isJsonFields, type JsonFields } from './reading.ts'

/** Where conditions find what they refer to. */
export type GrowthBookSource = {
  /** The attribute that holds who is evaluated: OpenFeature's targeting key. */
  readonly visitorAttribute: string
  readonly savedGroups: JsonFields
}

/** Reads a path: of the context, or of the element that `some` looks at. */
type Read = (path: string) => FlagLogic

export function toCondition(
  draft: FlagDraft,
  where: string,
  condition: JsonFields,
  source: GrowthBookSource,
): FlagLogic {
  const read = (path: string) => readPath(draft, where, path, source)
  return translate({ draft, where, source, isInner: false }, condition, read)
}

/** An attribute of the context by its path; whoever is evaluated is the targeting key. */
export function readPath(
  draft: FlagDraft,
  where: string,
  path: string,
  { visitorAttribute }: GrowthBookSource,
): FlagLogic {
  if (path === visitorAttribute) return readTargetingKey(draft)
  return readAttribute(draft, where, path.split('.'))
}

type Scope = {
  readonly draft: FlagDraft
  readonly where: string
  readonly source: GrowthBookSource
  /** Whether `some` stands around what is compared: flagd's own operators fail in there. */
  readonly isInner: boolean
}

function translate(scope: Scope, condition: JsonFields, read: Read): FlagLogic {
  const each = (list: unknown): FlagLogic[] => {
    if (!Array.isArray(list))
      return [refuse(scope.draft, `${scope.where}: expected a list in ${toText(condition)}`)]
    return list.map((one) => nested(scope, one, read))
  }
  const tests = Object.entries(condition).map(([key, value]): FlagLogic => {
    switch (key) {
      case '$and':
        return logic.allOf(each(value))
      case '$or':
        return isEmpty(value) ? true : logic.anyOf(each(value))
      case '$nor':
        return isEmpty(value) ? false : logic.isNot(logic.anyOf(each(value)))
      case '$not':
        return logic.isNot(nested(scope, value, read))
      default:
        if (key.startsWith('$')) return unknown(scope, key)
        return toTest(scope, read(key), value, key)
    }
  })
  return logic.allOf(tests)
}

function nested(scope: Scope, condition: unknown, read: Read): FlagLogic {
  if (isJsonFields(condition)) return translate(scope, condition, read)
  return refuse(scope.draft, `${scope.where}: ${toText(condition)} is no condition`)
}

function isEmpty(list: unknown): boolean {
  return Array.isArray(list) && list.length === 0
}

/** What is expected of a value: plain, or an object of operators that all have to agree. */
function toTest(scope: Scope, value: FlagLogic, expected: unknown, path: string): FlagLogic {
  if (expected === null) return { '===': [value, null] }
  if (typeof expected === 'string') return equalsText(value, expected)
  if (typeof expected === 'number') return equalsNumber(value, expected)
  if (typeof expected === 'boolean') {
    const holds: FlagLogic = expected ? { '!!': [value] } : { '!': [value] }
    return logic.allOf([logic.isPresent(value), holds])
  }
  if (!isOperators(expected)) {
    return refuse(scope.draft, `${scope.where}: flagd cannot compare with ${toText(expected)}`)
  }
  return logic.allOf(
    Object.entries(expected).map(([operator, operand]) =>
      toOperatorTest(scope, operator, value, operand, path),
    ),
  )
}

function isOperators(value: unknown): value is JsonFields {
  if (!isJsonFields(value)) return false
  const names = Object.keys(value)
  return names.length > 0 && names.every((name) => name.startsWith('$'))
}

/** GrowthBook makes a text of the value first, which matters where the text looks like another type. */
function equalsText(value: FlagLogic, text: string): FlagLogic {
  if (text !== 'true' && text !== 'false' && (text.trim() === '' || Number.isNaN(Number(text)))) {
    return { '===': [value, text] }
  }
  return logic.allOf([logic.isPresent(value), { '===': [{ cat: [value] }, text] }])
}

/** GrowthBook multiplies the value by 1 first: null, false and an empty text are 0, true is 1. */
function equalsNumber(value: FlagLogic, number: number): FlagLogic {
  const like: FlagLogic[] = [number, String(number)]
  if (number === 0) like.push(null, false, '')
  if (number === 1) like.push(true)
  return logic.isOneOf(value, like)
}

type Plain = string | number | boolean | null

function isPlain(value: unknown): value is Plain {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}

const COMPARISONS = new Map([
  ['$lt', '<'],
  ['$lte', '<='],
  ['$gt', '>'],
  ['$gte', '>='],
])
/** Without a value GrowthBook takes the version 0, which is less than any other. */
const VERSIONS = new Map([
  ['$veq', { operator: '=', isMetByNone: false }],
  ['$vne', { operator: '!=', isMetByNone: true }],
  ['$vlt', { operator: '<', isMetByNone: true }],
  ['$vlte', { operator: '<=', isMetByNone: true }],
  ['$vgt', { operator: '>', isMetByNone: false }],
  ['$vgte', { operator: '>=', isMetByNone: false }],
])
const NO_CASE = new Set(['$ini', '$nini', '$alli', '$regexi'])
const NUMBER_NOTE =
  'where a number and a text that is none are compared, the evaluation fails and the default in code counts; in GrowthBook the condition is not met'
const LIST_NOTE = 'where a list is expected, a single value counts as a list of one'

function toOperatorTest(
  scope: Scope,
  operator: string,
  value: FlagLogic,
  operand: unknown,
  path: string,
): FlagLogic {
  const { draft, where } = scope
  const unlike = () => refuse(draft, `${where}: ${toText(operand)} is no operand for "${operator}"`)
  const comparison = COMPARISONS.get(operator)
  if (comparison) {
    if (typeof operand !== 'number' && typeof operand !== 'string') return unlike()
    draft.notes.add(NUMBER_NOTE)
    return { [comparison]: [value, operand] }
  }
  const version = VERSIONS.get(operator)
  if (version) {
    const full = logic.toFullVersion(operand)
    if (full === undefined || full !== String(operand).replace(/^v/, '')) return unlike()
    if (scope.isInner) {
      return refuse(
        draft,
        `${where}: flagd cannot compare versions of list elements ("${operator}")`,
      )
    }
    draft.notes.add(logic.VERSION_NOTE)
    const compared = { sem_ver: [value, version.operator, full] }
    return version.isMetByNone ? logic.anyOf([{ '===': [value, null] }, compared]) : compared
  }
  if (NO_CASE.has(operator)) {
    return refuse(draft, `${where}: flagd cannot ignore case ("${operator}")`)
  }
  switch (operator) {
    case '$eq':
      return isPlain(operand) ? { '===': [value, operand] } : unlike()
    case '$ne':
      return isPlain(operand) ? { '!==': [value, operand] } : unlike()
    case '$exists':
      return operand ? logic.isPresent(value) : { '===': [value, null] }
    case '$in':
    case '$nin': {
      if (!Array.isArray(operand) || !operand.every(isPlain)) return unlike()
      const isIn = toMembership(scope, value, operand)
      return operator === '$in' ? isIn : logic.isNot(isIn)
    }
    case '$inGroup':
    case '$notInGroup': {
      const isIn = toGroup(scope, value, operand, path)
      return operator === '$inGroup' ? isIn : logic.isNot(isIn)
    }
    case '$not':
      return logic.isNot(toTest(scope, value, operand, path))
    case '$elemMatch':
      if (scope.isInner) return refuseInner(scope, operator)
      return toElementTest(scope, value, operand)
    case '$all':
      if (!Array.isArray(operand)) return unlike()
      if (scope.isInner) return refuseInner(scope, operator)
      draft.notes.add(LIST_NOTE)
      return logic.allOf(
        operand.map((one) =>
          logic.hasElement(value, toTest({ ...scope, isInner: true }, logic.ELEMENT, one, path)),
        ),
      )
    case '$regex':
      if (typeof operand !== 'string') return unlike()
      return (
        logic.matchLiteral({ value, isInner: scope.isInner }, operand.replaceAll('\\/', '/')) ??
        refuse(draft, `${where}: flagd has no regular expressions ("$regex" ${operand})`)
      )
    default:
      return unknown(scope, operator)
  }
}

function unknown({ draft, where }: Scope, operator: string): false {
  const isKnown = operator === '$type' || operator === '$size'
  return refuse(
    draft,
    `${where}: ${isKnown ? 'flagd has no operator like' : 'the import does not know the operator'} "${operator}"`,
  )
}

function refuseInner({ draft, where }: Scope, operator: string): false {
  return refuse(draft, `${where}: looks into lists within a list ("${operator}")`)
}

/** Elements that are false, 0, null or empty meet nothing. */
function toElementTest(scope: Scope, value: FlagLogic, expected: unknown): FlagLogic {
  if (!isJsonFields(expected))
    return refuse(scope.draft, `${scope.where}: ${toText(expected)} is no condition`)
  scope.draft.notes.add(LIST_NOTE)
  const inner = { ...scope, isInner: true }
  const test = isOperators(expected)
    ? toTest(inner, logic.ELEMENT, expected, 'the element')
    : translate(inner, expected, (path) => ({ var: path }))
  return logic.hasElement(value, logic.allOf([{ '!!': [logic.ELEMENT] }, test]))
}

/** Of a list, one element is enough. Elements of lists are no lists. */
function toMembership({ isInner }: Scope, value: FlagLogic, list: readonly Plain[]): FlagLogic {
  if (isInner) return logic.isOneOf(value, list)
  return logic.hasElement(value, logic.isOneOf(logic.ELEMENT, list))
}

function toGroup(scope: Scope, value: FlagLogic, id: unknown, path: string): FlagLogic {
  const { draft, where, source, isInner } = scope
  const group =
    typeof id === 'string' && Object.hasOwn(source.savedGroups, id)
      ? source.savedGroups[id]
      : undefined
  if (!Array.isArray(group) || !group.every(isPlain)) {
    return refuse(draft, `${where}: the file does not have the saved group ${toText(id)}`)
  }
  const isIn = toMembership(scope, value, group)
  const name = `group-${String(id)}-${path}`
  if (typeof isIn === 'boolean' || isInner || !/^[\w.-]+$/.test(name)) return isIn
  draft.evaluators.set(name, isIn)
  return { $ref: name }
}

function toText(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value)
}
