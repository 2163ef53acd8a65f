// A condition in words: JsonLogic as a sentence where it is of a usual form, and as it is written otherwise. Pure.

import { getOwn } from '../../core/own.ts'

const COMPARED: Readonly<Record<string, string>> = {
  '==': 'is',
  '===': 'is',
  '!=': 'is not',
  '!==': 'is not',
  '<': 'is below',
  '<=': 'is at most',
  '>': 'is above',
  '>=': 'is at least',
  in: 'is in',
  starts_with: 'starts with',
  ends_with: 'ends with',
}

/** How flagd's operator for semantic versions compares. */
const COMPARED_VERSIONS: Readonly<Record<string, string>> = {
  '=': 'is version',
  '!=': 'is not version',
  '<': 'is below version',
  '<=': 'is at most version',
  '>': 'is above version',
  '>=': 'is at least version',
  '^': 'has the major version of',
  '~': 'has the minor version of',
}

/** Conditions of people are seldom deeper, and a sentence that is deeper helps nobody. */
const MAX_WORDED_DEPTH = 4

export function toConditionText(when: unknown): string {
  return toWords(when, 0) ?? JSON.stringify(when)
}

function toWords(when: unknown, depth: number): string | undefined {
  if (when === true) return 'always'
  if (when === false) return 'never'
  if (typeof when !== 'object' || when === null || depth > MAX_WORDED_DEPTH) return undefined
  const [entry, ...others] = Object.entries(when)
  if (!entry || others.length > 0) return undefined
  const [operator, given] = entry
  const parts: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (operator === 'and' || operator === 'or') {
    const words = parts.map((part) => toWords(part, depth + 1))
    if (words.some((word) => word === undefined)) return undefined
    const joined = words.join(` ${operator} `)
    return depth === 0 || parts.length < 2 ? joined : `(${joined})`
  }
  if (operator === '!') {
    const word = toWords(parts[0], depth + 1)
    return word === undefined ? undefined : `not (${word})`
  }
  if (operator === '$ref' && typeof given === 'string') return `“${given}” holds`
  const isOfVersions = operator === 'sem_ver' && parts.length === 3
  const verb = isOfVersions
    ? getOwn(COMPARED_VERSIONS, String(parts[1]))
    : getOwn(COMPARED, operator)
  const compared = isOfVersions ? [parts[0], parts[2]] : parts
  if (verb === undefined || compared.length !== 2) return undefined
  const [left, right] = compared.map(toOperandText)
  return left === undefined || right === undefined ? undefined : `${left} ${verb} ${right}`
}

function toOperandText(operand: unknown): string | undefined {
  if (typeof operand !== 'object' || operand === null) return JSON.stringify(operand)
  if (Array.isArray(operand)) {
    return operand.every((item) => typeof item !== 'object')
      ? operand.map((item) => JSON.stringify(item)).join(', ')
      : undefined
  }
  const [entry, ...others] = Object.entries(operand)
  if (!entry || others.length > 0 || entry[0] !== 'var') return undefined
  const [, path] = entry
  return typeof path === 'string' ? path : undefined
}
