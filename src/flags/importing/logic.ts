// Builds JSONLogic out of operators that flagd's schema knows. Each builder gives the answer of the
// system a rule comes from for values of other types, too: json-logic-engine throws where a text is
// compared with a number, where `in` looks into a number, and where `cat` meets null.

import type { FlagLogic } from './flag-file.ts'

type Logic = FlagLogic

/** The element that is tested inside `some`. */
export const ELEMENT: Logic = { var: '' }

export function allOf(conditions: readonly Logic[]): Logic {
  if (conditions.includes(false)) return false
  const open = conditions.filter((condition) => condition !== true)
  const [only = true] = open
  return open.length > 1 ? { and: open } : only
}

export function anyOf(conditions: readonly Logic[]): Logic {
  if (conditions.includes(true)) return true
  const open = conditions.filter((condition) => condition !== false)
  const [only = false] = open
  return open.length > 1 ? { or: open } : only
}

export function isNot(condition: Logic): Logic {
  return typeof condition === 'boolean' ? !condition : { '!': [condition] }
}

export function isPresent(value: Logic): Logic {
  return { '!==': [value, null] }
}

export function isOneOf(value: Logic, list: readonly Logic[]): Logic {
  return list.length === 0 ? false : { in: [value, list] }
}

/** Whether the value itself, or one element of a list, meets the condition on `ELEMENT`. */
export function hasElement(value: Logic, condition: Logic): Logic {
  return condition === false ? false : { some: [{ merge: [value] }, condition] }
}

/** A value that is compared, and whether `some` stands around it: flagd's own operators fail in there. */
export type Subject = { readonly value: Logic; readonly isInner: boolean }

/** The element of a list. */
export const INNER: Subject = { value: ELEMENT, isInner: true }

/** Outside of `some`, `starts_with` answers null for everything that is no text. */
function isText({ value, isInner }: Subject): Logic {
  if (!isInner) return { starts_with: [value, ''] }
  return allOf([isPresent(value), { '===': [{ cat: [value] }, value] }])
}

export function startsWith(subject: Subject, text: string): Logic {
  const { value, isInner } = subject
  if (!isInner) return { starts_with: [value, text] }
  return allOf([isText(subject), { '===': [{ substr: [value, 0, text.length] }, text] }])
}

export function endsWith(subject: Subject, text: string): Logic {
  const { value, isInner } = subject
  if (!isInner) return { ends_with: [value, text] }
  if (text === '') return isText(subject)
  return allOf([isText(subject), { '===': [{ substr: [value, -text.length] }, text] }])
}

export function containsText(subject: Subject, part: string): Logic {
  return allOf([isText(subject), { in: [part, subject.value] }])
}

/** Compares numbers with numbers alone: nothing else meets the condition. */
export function compareNumber(operator: string, subject: Subject, to: number): Logic {
  const { value } = subject
  return allOf([
    isNot(isText(subject)),
    isNot({ in: [value, [true, false, null]] }),
    { [operator]: [value, to] },
  ])
}

/** `{ if: [condition, result, …] }`, in which a result behind a constant condition ends the list. */
export function firstOf(
  rules: readonly (readonly [condition: Logic, result: Logic])[],
  otherwise: Logic,
): Logic {
  const open: Logic[] = []
  for (const [condition, result] of rules) {
    if (condition === false) continue
    if (condition === true) return open.length > 0 ? { if: [...open, result] } : result
    open.push(condition, result)
  }
  if (open.length === 0) return otherwise
  return { if: otherwise === null ? open : [...open, otherwise] }
}

/** Characters that stand for themselves in a regular expression, with a backslash before them, too. */
const PLAIN = /^(?:[^\\.*+?()[\]{}|^$]|\\[.\-/@_+*?()[\]{}|^$\\])*$/

/**
 * The condition of a regular expression that is only a text between optional anchors, such as
 * `@example\.com$`; `undefined` for any other, because flagd has no operator for them.
 */
export function matchLiteral(subject: Subject, pattern: string): Logic | undefined {
  const atStart = pattern.startsWith('^')
  const atEnd = /(?:^|[^\\])(?:\\\\)*\$$/.test(pattern)
  const middle = pattern.slice(atStart ? 1 : 0, atEnd ? -1 : undefined)
  if (middle === '' || !PLAIN.test(middle)) return undefined
  const text = middle.replace(/\\(.)/g, '$1')
  if (atStart && atEnd) return { '===': [subject.value, text] }
  if (atStart) return startsWith(subject, text)
  return atEnd ? endsWith(subject, text) : containsText(subject, text)
}

/** A version as the schema of `sem_ver` wants it; missing parts are zeros. `undefined` if it is none. */
export function toFullVersion(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined
  const [, core, rest = ''] =
    /^v?(\d+(?:\.\d+){0,2})((?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)$/.exec(text) ?? []
  if (core === undefined) return undefined
  const numbers = core.split('.')
  if (numbers.some((number) => number.length > 1 && number.startsWith('0'))) return undefined
  return `${[...numbers, '0', '0'].slice(0, 3).join('.')}${rest}`
}

/** Compares versions that are texts; flagd would take a number for one. Not for use inside `some`. */
export function compareVersion(value: Logic, operator: string, version: string): Logic {
  return allOf([isText({ value, isInner: false }), { sem_ver: [value, operator, version] }])
}

export const VERSION_NOTE =
  'versions are read as flagd reads them: a "v" in front and missing parts ("1.2") are accepted, and what is no version, such as a list, matches nothing'
