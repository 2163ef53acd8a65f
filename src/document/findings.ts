// Turns what zod found wrong with a document into sentences that name the mistake. Where a field
// may have several forms, it first finds out which form was meant.

import * as z from 'zod'
import type { Finding, Path } from './finding.ts'

/** The kinds of values: zod's name, and the word for people. */
const KINDS: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  int: 'whole number',
  boolean: 'true or false',
  array: 'list',
  object: 'object',
  record: 'object',
  tuple: 'pair [from, to]',
}

/** The findings for the issues that zod found in `raw`. */
export function listFindings(raw: unknown, issues: readonly z.core.$ZodIssue[]): Finding[] {
  return issues.flatMap((issue) => toFindings(issue, valueAt(raw, issue.path)))
}

/** The value at a place; `undefined` if there is none. */
export function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    raw,
  )
}

/** The findings of one issue; `value` is what stands at its path. */
function toFindings(issue: z.core.$ZodIssue, value: unknown): Finding[] {
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)))
  const at = (message: string): Finding[] => [{ path, message }]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: 'there is no such field: correct its name or remove it',
      }))
    case 'invalid_key':
      return issue.issues.map(({ message }) => ({ path, message }))
    case 'invalid_type':
      if (value === undefined) return at('this field is missing')
      return at(`expected ${KINDS[issue.expected] ?? issue.expected}, not ${toKind(value)}`)
    case 'invalid_value':
      if (!isZodsOwn(issue)) return at(issue.message)
      return at(`write one of ${issue.values.map((one) => JSON.stringify(one)).join(', ')}`)
    case 'too_big':
      if (!isZodsOwn(issue)) return at(issue.message)
      return at(`at most ${issue.maximum}${toUnit(issue.origin)}${toCount(value)}`)
    case 'too_small':
      if (!isZodsOwn(issue)) return at(issue.message)
      return at(`at least ${issue.minimum}${toUnit(issue.origin)}${toCount(value)}`)
    case 'invalid_union':
      return toUnionFindings(path, value) ?? at(issue.message)
    default:
      return at(issue.message)
  }
}

/** Whether the message comes from zod, not from a schema of ours. */
function isZodsOwn(issue: z.core.$ZodIssue): boolean {
  const own = z.config().localeError?.(issue as z.core.$ZodRawIssue)
  return issue.message === (typeof own === 'object' ? own?.message : own)
}

function toKind(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : 'a fraction'
  if (typeof value === 'boolean') return 'true or false'
  return typeof value === 'string' ? 'a string' : 'an object'
}

function toUnit(origin: string): string {
  if (origin === 'string') return ' characters'
  return origin === 'array' ? ' entries' : ''
}

/** Every problem shows the number itself; the length of a text or list has to be stated. */
function toCount(value: unknown): string {
  return typeof value === 'string' || Array.isArray(value) ? `, and there are ${value.length}` : ''
}

/** The findings of a field that may have several forms. */
function toUnionFindings(path: Path, value: unknown): Finding[] | undefined {
  const [field] = path
  if (field === 'traffic') return explainTraffic(path, value)
  return field === 'visitor' ? explainVisitor(path, value) : undefined
}

const TRAFFIC_FORMS =
  'write percentages ({ "main": 95, "canary": 5 }) or bucket ranges ({ "main": [[0, 9500]], … })'

function explainTraffic(path: Path, value: unknown): Finding[] {
  if (value === undefined) return [{ path, message: `this field is missing: ${TRAFFIC_FORMS}` }]
  const fields = fieldsOf(value)
  if (!fields) return [{ path, message: `${TRAFFIC_FORMS}, not ${toKind(value)}` }]
  const shares = Object.entries(fields)
  const isNumber = ([, share]: readonly [string, unknown]) => typeof share === 'number'
  const isList = ([, share]: readonly [string, unknown]) => Array.isArray(share)
  if (shares.every((share) => isNumber(share) || isList(share)) && shares.some(isNumber)) {
    const isMixed = shares.some(isList)
    if (isMixed) return [{ path, message: `${TRAFFIC_FORMS}, not both` }]
  }
  const findings = shares.flatMap(([name, share]): Finding[] => {
    const here = [...path, name]
    if (typeof share === 'number') return []
    if (!Array.isArray(share)) return [{ path: here, message: toShareMistake(share) }]
    return share.flatMap((range, i) => {
      const message = findRangeMistake(range)
      return message === undefined ? [] : [{ path: [...here, i], message }]
    })
  })
  if (findings.length > 0) return findings
  const message = 'an environment is named with lower-case letters, digits and "-"'
  return shares
    .filter(([name]) => !/^[a-z][a-z0-9-]*$/.test(name))
    .map(([name]) => ({ path: [...path, name], message }))
}

function toShareMistake(share: unknown): string {
  const number = typeof share === 'string' ? /^(\d+(?:\.\d+)?)\s*%?$/.exec(share.trim())?.[1] : ''
  if (number) return `a percentage is a number: write ${number}, without quotes`
  return `a share is a percentage or a list of bucket ranges, not ${toKind(share)}`
}

function findRangeMistake(range: unknown): string | undefined {
  if (!Array.isArray(range)) {
    return `a list of ranges has pairs in it, as in [[0, 9500]], not ${toKind(range)}`
  }
  if (range.length !== 2)
    return `a range is a pair [from, to], and this has ${range.length} numbers`
  const wrong = range.find((bucket) => !Number.isInteger(bucket))
  return wrong === undefined
    ? undefined
    : `a bucket is a whole number from 0 to 10000, not ${toKind(wrong)}`
}

const VISITOR_FORMS =
  'write one of { "header": name }, { "cookie": name }, { "jwt": { "header" or "cookie": name, "claim": name } }'

function explainVisitor(path: Path, value: unknown): Finding[] | undefined {
  const fields = fieldsOf(value)
  if (!fields) return [{ path, message: `${VISITOR_FORMS}, not ${toKind(value)}` }]
  const isJwt = path.length > 1
  const known = isJwt ? ['header', 'cookie', 'claim'] : ['header', 'cookie', 'jwt']
  const sources = isJwt ? ['header', 'cookie'] : known
  const unknown = Object.keys(fields).filter((name) => !known.includes(name))
  const named = sources.filter((name) => Object.hasOwn(fields, name))
  const findings = unknown.map((name) => ({
    path: [...path, name],
    message: 'there is no such field: correct its name or remove it',
  }))
  if (named.length > 1) {
    return [
      ...findings,
      { path, message: `only one of ${list(named)}: the id stands in one place` },
    ]
  }
  if (named.length === 0 && findings.length === 0) {
    const what = isJwt ? 'say where the token stands: add "header" or "cookie"' : VISITOR_FORMS
    return [{ path, message: what }]
  }
  if (isJwt && !Object.hasOwn(fields, 'claim')) {
    const message = 'this field is missing: which claim is the id of the visitor, such as "sub"?'
    return [...findings, { path: [...path, 'claim'], message }]
  }
  if (!isJwt && named[0] === 'jwt') {
    return [...findings, ...(explainVisitor([...path, 'jwt'], fields.jwt) ?? [])]
  }
  const wrong = [...named, 'claim'].filter(
    (name) => Object.hasOwn(fields, name) && typeof fields[name] !== 'string',
  )
  for (const name of wrong) {
    findings.push({
      path: [...path, name],
      message: `expected string, not ${toKind(fields[name])}`,
    })
  }
  return findings.length > 0 ? findings : undefined
}

function list(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(' and ')
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}
