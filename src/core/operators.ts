// The operators of a rule's condition: those of JsonLogic that are safe on every request, and
// Holo's own. An operator that is not listed here does not exist.

import { defaultMethods } from 'json-logic-engine'
import parseVersion from 'semver/functions/parse.js'
import { compileGlob, MAX_GLOB_CHARACTERS } from './glob.ts'
import { isCidr, isInRange } from './ip-address.ts'
import { memoise } from './memoise.ts'
import { murmur3Dotted } from './murmur3.ts'
import { lookUp } from './variables.ts'

/**
 * Taken from JsonLogic unchanged. Left out are the loops that build lists (`map`, `reduce`,
 * `filter`, `merge`), because a short condition could run long with them, and `log`.
 */
const TAKEN_OVER = [
  '===',
  '!==',
  '<',
  '<=',
  '>',
  '>=',
  '!',
  '!!',
  'and',
  'or',
  'if',
  '?:',
  'some',
  'all',
  'none',
  '+',
  '-',
  '*',
  '/',
  '%',
]

export type Operator = (args: readonly unknown[], scope: unknown, above: unknown) => unknown

/**
 * Holo's own operators, and those in which the engine differs from JsonLogic's reference code: it
 * treats absent values as 0, and throws for texts that are no numbers. Here an absent value equals
 * only absent values, is part of no text, and has no parts.
 */
const OWN: Readonly<Record<string, Operator>> = {
  '==': (args) => isEveryPair(args, isLooselyEqual),
  '!=': (args) => isEveryPair(args, (left, right) => !isLooselyEqual(left, right)),
  min: (args) => Math.min(...args.map(toNumber)),
  max: (args) => Math.max(...args.map(toNumber)),
  var: ([name, otherwise = null], scope, above) =>
    isText(name) ? (lookUp(name, scope, above) ?? otherwise) : null,
  missing: (names, scope, above) =>
    names.flat().filter((name) => !isText(name) || lookUp(name, scope, above) === undefined),
  in: ([item, place]) => (Array.isArray(place) ? place.includes(item) : isPart(item, place)),
  cat: (parts) => parts.map((part) => part ?? '').join(''),
  substr: ([source, from, length]) =>
    isAbsent(source) ? null : toPart(String(source), from, length),
  starts_with: ([text, prefix]) => isText(text) && isText(prefix) && text.startsWith(prefix),
  ends_with: ([text, suffix]) => isText(text) && isText(suffix) && text.endsWith(suffix),
  glob: ([text, pattern]) => isText(text) && isText(pattern) && globOf(pattern)(text),
  sem_ver: ([version, operator, target]) => compareVersions(version, operator, target),
  cidr: ([address, ranges]) =>
    isText(address) &&
    (Array.isArray(ranges)
      ? ranges.some((range) => isInRange(address, String(range)))
      : isInRange(address, String(ranges))),
}

/**
 * Every operator of a rule's condition by name, in the form that json-logic-engine takes.
 *
 * @param rule the name of the rule: the seed of a `percentage` that names none.
 */
export function toOperators(rule: string): Readonly<Record<string, unknown>> {
  return {
    ...Object.fromEntries(
      Object.entries(defaultMethods).filter(([name]) => TAKEN_OVER.includes(name)),
    ),
    ...OWN,
    percentage: toPercentage(rule),
  }
}

/** The operators that exist, whichever rule asks. */
export const OPERATORS = toOperators('')

type Check = (args: readonly unknown[]) => string | undefined

/**
 * Checks of arguments that are constants in the document, by operator; each returns what is wrong.
 */
export const CONSTANT_CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  [
    'glob',
    ([, pattern]) =>
      isText(pattern) && pattern.length > MAX_GLOB_CHARACTERS
        ? `a glob has at most ${MAX_GLOB_CHARACTERS} characters`
        : undefined,
  ],
  [
    'sem_ver',
    ([, operator, target]) => {
      if (!isText(operator) || !SEM_VER_OPERATORS.has(operator)) {
        return `sem_ver compares with one of ${[...SEM_VER_OPERATORS.keys()].join(' ')}`
      }
      return isText(target) && !parseVersion(target)
        ? 'a semantic version has three numbers, such as "1.4.0"'
        : undefined
    },
  ],
  [
    'percentage',
    ([, percent]) =>
      typeof percent === 'number' && (percent < 0 || percent > 100)
        ? 'a percentage is 0 to 100'
        : undefined,
  ],
  [
    'cidr',
    ([, ranges]) => {
      const bad = [ranges].flat().find((range) => isText(range) && !isCidr(range))
      return bad === undefined ? undefined : `"${bad}" is no range such as "10.0.0.0/8"`
    },
  ],
])

const isText = (value: unknown): value is string => typeof value === 'string'
const isAbsent = (value: unknown): boolean => value === null || value === undefined

function isEveryPair(
  values: readonly unknown[],
  holds: (left: unknown, right: unknown) => boolean,
): boolean {
  return values.slice(1).every((value, i) => holds(values[i], value))
}

/** JavaScript's own `==`, as JsonLogic defines it. */
function isLooselyEqual(left: unknown, right: unknown): boolean {
  // biome-ignore lint/suspicious/noDoubleEquals: this is what JsonLogic says
  return left == right
}

/** @throws NaN for a value that is no number, as the engine does in sums. */
function toNumber(value: unknown): number {
  const number = Number(value)
  if (Number.isNaN(number)) throw number
  return number
}

const globOf = memoise(compileGlob)

/**
 * Whether a text contains an item; a number is looked for in its written form, and an empty text
 * contains nothing.
 *
 * @throws TypeError when the item is so long that the search could take long.
 */
function isPart(item: unknown, text: unknown): boolean {
  if (!isText(text) || text === '' || isAbsent(item)) return false
  const part = String(item)
  if (part.length > MAX_PART_CHARACTERS) {
    throw new TypeError(`in looks for no more than ${MAX_PART_CHARACTERS} characters in a text`)
  }
  return text.includes(part)
}
const MAX_PART_CHARACTERS = 256

/**
 * JsonLogic's `substr`: a negative start counts from the end, a negative length leaves out as many
 * characters at the end.
 */
function toPart(text: string, from: unknown, length: unknown): string {
  const rest = text.slice(Number(from ?? 0))
  return length === undefined ? rest : rest.slice(0, Number(length))
}

/** The operators of flagd: `^` compares the major version, `~` major and minor. */
const SEM_VER_OPERATORS: ReadonlyMap<unknown, (left: SemVer, right: SemVer) => boolean> = new Map([
  ['=', (left: SemVer, right: SemVer) => left.compare(right) === 0],
  ['!=', (left, right) => left.compare(right) !== 0],
  ['<', (left, right) => left.compare(right) < 0],
  ['<=', (left, right) => left.compare(right) <= 0],
  ['>', (left, right) => left.compare(right) > 0],
  ['>=', (left, right) => left.compare(right) >= 0],
  ['^', (left, right) => left.major === right.major],
  ['~', (left, right) => left.major === right.major && left.minor === right.minor],
])
type SemVer = NonNullable<ReturnType<typeof parseVersion>>

/**
 * A value that is not a version matches nothing.
 *
 * @throws TypeError when flagd has no such operator.
 */
function compareVersions(version: unknown, operator: unknown, target: unknown): boolean {
  const holds = SEM_VER_OPERATORS.get(operator)
  if (!holds) throw new TypeError(`sem_ver does not know the operator ${JSON.stringify(operator)}`)
  const left = isText(version) ? versionOf(version).parsed : null
  const right = isText(target) ? versionOf(target).parsed : null
  return left !== null && right !== null && holds(left, right)
}
const versionOf = memoise((text) => ({ parsed: parseVersion(text) }))

/**
 * True for a share of all values, by a hash that is independent of the buckets' unless the seed is
 * the salt. Two rules without a seed use different ones, so that their shares are independent.
 */
function toPercentage(rule: string): Operator {
  return ([value, percent, seed = `percentage.${rule}`]) => {
    if (!isText(value) || typeof percent !== 'number') return false
    return murmur3Dotted(String(seed), value) * 100 < percent * 2 ** 32
  }
}
