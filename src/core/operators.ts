// What a rule's condition may say: the JsonLogic operators that are safe on every request, and
// Holo's own beside them. An operator that is not here does not exist.

import ipaddr from 'ipaddr.js'
import { defaultMethods } from 'json-logic-engine'
import compare from 'semver/functions/compare.js'
import parseVersion from 'semver/functions/parse.js'
import { compileGlob } from './glob.ts'
import { murmur3Text } from './murmur3.ts'

/**
 * Taken over from JsonLogic. Left out: loops that build lists (`map`, `reduce`, `filter`), which
 * let a short condition run long; `log`, `throw` and `try`, which hide mistakes.
 */
const TAKEN_OVER = [
  ...['var', 'val', 'missing', 'missing_some', 'exists', '??', 'preserve'],
  ...['==', '===', '!=', '!==', '<', '<=', '>', '>=', '!', '!!', 'and', 'or', 'if', '?:'],
  ...[
    'in',
    'some',
    'all',
    'none',
    'cat',
    'substr',
    'length',
    '+',
    '-',
    '*',
    '/',
    '%',
    'min',
    'max',
  ],
] as const

type Operator = (args: readonly unknown[]) => unknown

const OWN: Readonly<Record<string, Operator>> = {
  starts_with: ([text, prefix]) => isText(text) && isText(prefix) && text.startsWith(prefix),
  ends_with: ([text, suffix]) => isText(text) && isText(suffix) && text.endsWith(suffix),
  glob: ([text, pattern]) => isText(text) && isText(pattern) && globOf(pattern)(text),
  sem_ver: ([version, operator, target]) => compareVersions(version, operator, target),
  percentage: ([value, percent, seed]) => isInPercentage(value, percent, seed),
  cidr: ([address, ranges]) => isInRanges(address, ranges),
}

/** Every operator of a condition by name, in the form that json-logic-engine takes. */
export const OPERATORS: Readonly<Record<string, unknown>> = {
  ...Object.fromEntries(
    Object.entries(defaultMethods).filter(([name]) => TAKEN_OVER.some((taken) => taken === name)),
  ),
  ...OWN,
}

const isText = (value: unknown): value is string => typeof value === 'string'

/** Patterns and ranges are written in documents, so there are few: one reading each is enough. */
function memoise<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    if (known.size >= MAX_MEMOISED) known.clear()
    const made = read(text)
    known.set(text, made)
    return made
  }
}
const MAX_MEMOISED = 1000

const globOf = memoise(compileGlob)
const rangeOf = memoise((text) => ipaddr.parseCIDR(text))

/**
 * flagd's `sem_ver`: `=`, `!=`, `<`, `<=`, `>`, `>=`, `^` (same major), `~` (same minor). A value
 * that is no version matches nothing.
 *
 * @throws TypeError when the operator is none of these.
 */
function compareVersions(version: unknown, operator: unknown, target: unknown): boolean {
  const left = isText(version) ? parseVersion(version) : null
  const right = isText(target) ? parseVersion(target) : null
  if (!left || !right) return false
  const order = compare(left, right)
  switch (operator) {
    case '=':
      return order === 0
    case '!=':
      return order !== 0
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    case '^':
      return left.major === right.major
    case '~':
      return left.major === right.major && left.minor === right.minor
    default:
      throw new TypeError(`sem_ver does not know the operator ${JSON.stringify(operator)}`)
  }
}

/** A share of all values, by a hash that is independent of the buckets' unless the seed is the salt. */
function isInPercentage(value: unknown, percent: unknown, seed: unknown = 'percentage'): boolean {
  if (!isText(value) || typeof percent !== 'number') return false
  return murmur3Text(`${String(seed)}.${value}`) * 100 < percent * 2 ** 32
}

/**
 * Whether an address lies in one of the CIDR ranges (RFC 4632, RFC 4291). An IPv4 address in its
 * IPv6 clothes is the IPv4 address.
 *
 * @throws Error when a range cannot be read.
 */
function isInRanges(address: unknown, ranges: unknown): boolean {
  if (!isText(address) || !ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  return (Array.isArray(ranges) ? ranges : [ranges]).some((range: unknown) => {
    const [base, length] = rangeOf(String(range))
    return parsed.kind() === base.kind() && parsed.match(base, length)
  })
}
