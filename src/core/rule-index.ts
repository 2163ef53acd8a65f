// Finds the rules that a request can match without trying each: those whose condition needs a certain host, path
// prefix, cookie, header or another text are looked up by that text. The condition itself still decides.

import { toOperation, toVariable } from './simple-conditions.ts'
import type { Rule, RuleSubject } from './types.ts'
import { isTextVariable, toReader } from './variables.ts'

/** The variable equals the text, or begins with it. */
type Need = { readonly variable: string; readonly text: string; readonly isPrefix: boolean }

/** Unless one of these is so, a condition is false, and does not throw. */
type Needs = readonly Need[]

/**
 * Of longer prefixes only the beginning is looked up. There is one look-up for each length, and so at most this many and
 * one, whatever the rules are.
 */
const LONGEST_PREFIX = 64

type Variable = {
  readonly read: (subject: RuleSubject) => unknown
  /** Places of rules by the text that they need. */
  readonly equal: Map<string, number[]>
  /** The same by the first characters, the shortest first. */
  readonly prefixes: { readonly length: number; readonly places: Map<string, number[]> }[]
}

/**
 * Returns a function to the rules that may match or throw for a request, in their order: all others are known not
 * to. `undefined` where every rule has to be tried.
 *
 * Each text of a condition is kept at most once for each rule, so that the index is no larger than the document.
 *
 * @param conditions the checked condition of each rule.
 */
export function indexRules(
  rules: readonly Rule[],
  conditions: readonly unknown[],
): ((subject: RuleSubject) => readonly Rule[]) | undefined {
  const choices = conditions.map(toChoices)
  const chosen = chooseRarest(choices)
  if (chosen.every((needs) => needs === undefined)) return undefined
  const variables = new Map<string, Variable>()
  for (const [place, needs] of chosen.entries()) {
    for (const need of needs ?? []) addNeed(variables, need, place)
  }
  const all = [...variables.values()]
  for (const { prefixes } of all) prefixes.sort((a, b) => a.length - b.length)
  const places = [...rules.keys()].filter((place) => chosen[place] === undefined)
  const others = places.map((place) => rules[place] as Rule)
  return (subject) => {
    const found = findPlaces(all, subject)
    if (found === 'unknown') return rules
    if (found.length === 0) return others
    const candidates: Rule[] = []
    let at = 0
    for (const place of found) {
      while (at < places.length && (places[at] as number) < place) {
        candidates.push(others[at++] as Rule)
      }
      candidates.push(rules[place] as Rule)
    }
    while (at < places.length) candidates.push(others[at++] as Rule)
    return candidates
  }
}

const NOTHING: readonly number[] = []

/** In ascending order; `unknown` where a variable is no text, which the facts of a request never have. */
function findPlaces(
  variables: readonly Variable[],
  subject: RuleSubject,
): readonly number[] | 'unknown' {
  // Nearly always at most one text is needed by any rule, and its places are in order as they are.
  let found = NOTHING
  let several: Set<number> | undefined
  const add = (places: readonly number[] | undefined) => {
    if (!places) return
    if (several) for (const place of places) several.add(place)
    else if (found.length === 0) found = places
    else several = new Set([...found, ...places])
  }
  for (const { read, equal, prefixes } of variables) {
    const value = read(subject)
    if (value === undefined || value === null) continue
    if (typeof value !== 'string') return 'unknown'
    add(equal.get(value))
    for (const prefix of prefixes) {
      if (prefix.length > value.length) break
      add(prefix.places.get(value.slice(0, prefix.length)))
    }
  }
  return several ? [...several].sort((a, b) => a - b) : found
}

function addNeed(
  variables: Map<string, Variable>,
  { variable: name, text, isPrefix }: Need,
  place: number,
): void {
  const begin = isPrefix ? text.slice(0, LONGEST_PREFIX) : text
  const variable: Variable = variables.get(name) ?? {
    read: toReader(name),
    equal: new Map(),
    prefixes: [],
  }
  variables.set(name, variable)
  let { equal: texts } = variable
  if (isPrefix) {
    let prefix = variable.prefixes.find(({ length }) => length === begin.length)
    if (!prefix) {
      prefix = { length: begin.length, places: new Map() }
      variable.prefixes.push(prefix)
    }
    texts = prefix.places
  }
  const places = texts.get(begin)
  if (!places) texts.set(begin, [place])
  else if (places.at(-1) !== place) places.push(place)
}

/**
 * For each rule the needs that fewest rules share: of `method` being GET and a host name, the host name.
 */
function chooseRarest(choices: readonly (readonly Needs[])[]): (Needs | undefined)[] {
  const toKey = ({ variable, text, isPrefix }: Need) => `${isPrefix} ${variable} ${text}`
  const uses = new Map<string, number>()
  for (const need of choices.flat(2)) uses.set(toKey(need), (uses.get(toKey(need)) ?? 0) + 1)
  const toUses = (needs: Needs) => Math.max(0, ...needs.map((need) => uses.get(toKey(need)) ?? 0))
  return choices.map((all) => {
    let [best] = all
    for (const needs of all) if (best && toUses(needs) < toUses(best)) best = needs
    return best
  })
}

/** All needs that are known of a condition; each of them alone tells that it is false. */
function toChoices(node: unknown): readonly Needs[] {
  const { operator, args } = toOperation(node)
  switch (operator) {
    case '==':
    case '===':
      return args.length === 2
        ? (toEqual(args[0], [args[1]]) ?? toEqual(args[1], [args[0]]) ?? [])
        : []
    case 'in':
      return Array.isArray(args[1]) ? (toEqual(args[0], args[1]) ?? []) : []
    case 'starts_with':
      return toEqual(args[0], [args[1]], true) ?? []
    case 'and':
      return toChoicesOfAll(args)
    case 'or': {
      const firsts = args.map((arg) => toChoices(arg)[0])
      return firsts.every((needs) => needs !== undefined) ? [firsts.flat()] : []
    }
    default:
      return []
  }
}

/** What comes after an operand that may throw is not looked at: the rule has to be reported if that throws. */
function toChoicesOfAll(args: readonly unknown[]): Needs[] {
  const choices: Needs[] = []
  for (const arg of args) {
    choices.push(...toChoices(arg))
    if (!isHarmless(arg)) break
  }
  return choices
}

function toEqual(node: unknown, texts: readonly unknown[], isPrefix = false): [Needs] | undefined {
  const variable = toVariable(node)
  if (variable === undefined || !isTextVariable(variable)) return undefined
  if (!texts.every((text) => typeof text === 'string')) return undefined
  return [texts.map((text) => ({ variable, text, isPrefix }))]
}

const HARMLESS = ['==', '!=', '===', '!==', 'and', 'or', '!', '!!', 'starts_with', 'ends_with']

/** Whether it never throws, whatever the request has. */
function isHarmless(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return true
  if (toVariable(node) !== undefined) return true
  const { operator, args } = toOperation(node)
  if (operator === 'in') {
    const [item, list] = args
    return isHarmless(item) && Array.isArray(list) && list.every((one) => typeof one === 'string')
  }
  return HARMLESS.includes(operator) && args.every(isHarmless)
}
