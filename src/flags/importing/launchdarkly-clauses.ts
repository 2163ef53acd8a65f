// Translates clauses and segments of LaunchDarkly into conditions. An attribute that is missing meets no
// clause, negated or not; of a list, one element is enough. Segments become shared rules (`$evaluators`).
//
// Source: launchdarkly/go-server-sdk-evaluation, evaluator_clause.go and evaluator_segment.go.

import { readAttribute, readTargetingKey } from './attributes.ts'
import { addToDraft, createDraft, type FlagDraft, refuse } from './draft.ts'
import type { FlagLogic } from './flag-file.ts'
import {
  type LaunchDarklyClause,
  type LaunchDarklySegment,
  launchDarklySegment,
} from './launchdarkly-shapes.ts'
import * as logic from './logic.ts'
import { type JsonFields, readShape } from './reading.ts'
import { bySeed, split } from './splits.ts'

/** Weights of LaunchDarkly are thousandths of a percent. */
export const LAUNCHDARKLY_WHOLE = 100_000

/** Where clauses find what they refer to. */
export type LaunchDarklySource = {
  /** The segments of the file as they stand there; undefined if it has none, as the REST form. */
  readonly segments: JsonFields | undefined
  /** Segments that were translated, with what was found. */
  readonly known: Map<string, { readonly logic: FlagLogic; readonly draft: FlagDraft }>
}

export function toConditions(
  draft: FlagDraft,
  where: string,
  clauses: readonly LaunchDarklyClause[],
  source: LaunchDarklySource,
  within: readonly string[] = [],
): FlagLogic {
  return logic.allOf(
    clauses.map((clause, index) =>
      toCondition(draft, `${where}, clause ${index + 1}`, clause, source, within),
    ),
  )
}

function toCondition(
  draft: FlagDraft,
  where: string,
  clause: LaunchDarklyClause,
  source: LaunchDarklySource,
  within: readonly string[],
): FlagLogic {
  if (clause.op === 'segmentMatch') {
    const found = clause.values.map((key) => toSegment(draft, where, key, source, within))
    const isIn = logic.anyOf(found)
    return clause.negate ? logic.isNot(isIn) : isIn
  }
  const subject = readSubject(draft, where, clause.attribute ?? '', clause.contextKind)
  if (subject === undefined) return false
  const { value, isSingle } = subject
  const isWhole = isSingle || VERSIONS.has(clause.op)
  const tested = isWhole ? { value, isInner: false } : logic.INNER
  const tests =
    clause.op === 'in'
      ? [toMembership(draft, where, tested.value, clause.values)]
      : clause.values.map((operand) => toTest(draft, where, clause.op, tested, operand))
  const test = logic.anyOf(tests)
  const matches = isWhole ? test : logic.hasElement(value, test)
  if (!clause.negate) return matches
  return logic.allOf([logic.isPresent(value), logic.isNot(matches)])
}

type ClauseSubject = { readonly value: FlagLogic; readonly isSingle: boolean }

/**
 * What a clause or a rollout looks at. With a context kind the name is a reference ("/a/b" is a path,
 * "~1" a slash), without one it is the name itself. `key`, `name` and `anonymous` cannot be lists.
 */
export function readSubject(
  draft: FlagDraft,
  where: string,
  attribute: string,
  contextKind: string | null | undefined,
): ClauseSubject | undefined {
  if (attribute === 'kind') {
    refuse(draft, `${where}: asks for the kind of context, which OpenFeature does not have`)
    return undefined
  }
  if (contextKind && contextKind !== 'user') {
    refuse(
      draft,
      `${where}: asks for the context kind "${contextKind}"; OpenFeature has one context, which holds the user`,
    )
    return undefined
  }
  const names =
    contextKind && attribute.startsWith('/')
      ? attribute
          .slice(1)
          .split('/')
          .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
      : [attribute]
  const [name] = names
  const isAlone = names.length === 1
  if (isAlone && name === 'key') return { value: readTargetingKey(draft), isSingle: true }
  const value = readAttribute(draft, where, names)
  if (value === false) return undefined
  if (isAlone && name === 'anonymous') return { value: { var: [name, false] }, isSingle: true }
  return { value, isSingle: isAlone && name === 'name' }
}

function toMembership(
  draft: FlagDraft,
  where: string,
  value: FlagLogic,
  list: readonly unknown[],
): FlagLogic {
  const plain = list.filter(
    (one) => typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean',
  )
  if (plain.length < list.length) {
    return refuse(draft, `${where}: a value of "in" is no text, number or boolean`)
  }
  return logic.isOneOf(value, plain)
}

const COMPARISONS = new Map([
  ['lessThan', '<'],
  ['lessThanOrEqual', '<='],
  ['greaterThan', '>'],
  ['greaterThanOrEqual', '>='],
])
const VERSIONS = new Map([
  ['semVerEqual', '='],
  ['semVerLessThan', '<'],
  ['semVerGreaterThan', '>'],
])

function toTest(
  draft: FlagDraft,
  where: string,
  operator: string,
  subject: logic.Subject,
  operand: unknown,
): FlagLogic {
  const unlike = () =>
    refuse(draft, `${where}: ${JSON.stringify(operand)} is no operand for "${operator}"`)
  const comparison = COMPARISONS.get(operator)
  if (comparison) {
    return typeof operand === 'number'
      ? logic.compareNumber(comparison, subject, operand)
      : unlike()
  }
  const order = VERSIONS.get(operator)
  if (order) {
    const version = logic.toFullVersion(operand)
    if (version === undefined || String(operand).startsWith('v')) return unlike()
    draft.notes.add(logic.VERSION_NOTE)
    return logic.compareVersion(subject.value, order, version)
  }
  switch (operator) {
    case 'startsWith':
      return typeof operand === 'string' ? logic.startsWith(subject, operand) : unlike()
    case 'endsWith':
      return typeof operand === 'string' ? logic.endsWith(subject, operand) : unlike()
    case 'contains':
      return typeof operand === 'string' ? logic.containsText(subject, operand) : unlike()
    case 'matches':
      if (typeof operand !== 'string') return unlike()
      return (
        logic.matchLiteral(subject, operand) ??
        refuse(draft, `${where}: flagd has no regular expressions ("matches" ${operand})`)
      )
    case 'before':
    case 'after':
      return refuse(draft, `${where}: flagd cannot compare dates of the context ("${operator}")`)
    default:
      return refuse(draft, `${where}: the import does not know the operator "${operator}"`)
  }
}

/** A reference to the shared rule of the segment; inside another segment, the rule itself. */
function toSegment(
  draft: FlagDraft,
  where: string,
  key: unknown,
  source: LaunchDarklySource,
  within: readonly string[],
): FlagLogic {
  if (typeof key !== 'string') return refuse(draft, `${where}: a segment is named by a text`)
  if (within.includes(key)) {
    return refuse(draft, `${where}: the segment "${key}" refers to itself`)
  }
  const segment = source.segments && Object.hasOwn(source.segments, key) && source.segments[key]
  if (!segment) {
    const hint = source.segments ? '' : '; the flag data of an SDK has them, the REST form has not'
    return refuse(draft, `${where}: the segment "${key}" is not in the file${hint}`)
  }
  if (!/^[\w.-]+$/.test(key)) {
    return refuse(draft, `${where}: "${key}" cannot be the name of a shared rule`)
  }
  let known = within.length === 0 ? source.known.get(key) : undefined
  if (!known) {
    const own = createDraft()
    const shape = readShape(own, launchDarklySegment, segment, `segment "${key}"`)
    const condition = shape ? toMembers(own, key, shape, source, [...within, key]) : false
    known = { logic: condition, draft: own }
    if (within.length === 0) source.known.set(key, known)
  }
  addToDraft(draft, known.draft)
  if (within.length > 0 || typeof known.logic === 'boolean') return known.logic
  const name = `segment-${key}`
  draft.evaluators.set(name, known.logic)
  return { $ref: name }
}

/** Included keys come before excluded ones, and both before the rules. */
function toMembers(
  draft: FlagDraft,
  key: string,
  segment: LaunchDarklySegment,
  source: LaunchDarklySource,
  within: readonly string[],
): FlagLogic {
  const name = `segment "${key}"`
  if (segment.deleted) return refuse(draft, `${name} is deleted`)
  if (segment.unbounded) return refuse(draft, `${name} is a big segment: its members are elsewhere`)
  const others = [...(segment.includedContexts ?? []), ...(segment.excludedContexts ?? [])]
  for (const { contextKind, values } of others) {
    if (values?.length) {
      refuse(draft, `${name}: lists keys of the context kind "${contextKind ?? 'user'}"`)
    }
  }
  const rules = (segment.rules ?? []).map((rule, index) => {
    const where = `${name}, rule ${index + 1}`
    const matches = toConditions(draft, where, rule.clauses ?? [], source, within)
    const { weight } = rule
    if (weight === null || weight === undefined) return matches
    const by = readSubject(draft, where, rule.bucketBy || 'key', rule.rolloutContextKind)
    if (!by) return false
    const { value } = by
    const isByKey = (rule.bucketBy || 'key') === 'key'
    const seeded = bySeed(name, value, isByKey ? undefined : (rule.bucketBy ?? undefined))
    const shares = [
      { value: true, weight },
      { value: false, weight: LAUNCHDARKLY_WHOLE - weight },
    ]
    const isDrawn = split(draft, where, shares, seeded)
    const hasValue = logic.isPresent(value)
    const isUnder = isByKey || weight === 0 ? isDrawn : { if: [hasValue, isDrawn, true] }
    return logic.allOf([matches, isUnder])
  })
  const listed = (keys: readonly string[] | null | undefined): FlagLogic =>
    keys?.length ? logic.isOneOf(readTargetingKey(draft), keys) : false
  const included = listed(segment.included)
  const excluded = listed(segment.excluded)
  return logic.anyOf([included, logic.allOf([logic.isNot(excluded), logic.anyOf(rules)])])
}
