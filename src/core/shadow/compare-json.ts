// Compares two JSON documents by their structure: which places differ, except for those that do not matter and
// for differences within the tolerances. compare.ts decides which answers are compared so.

import { compileGlob } from '../glob.ts'
import { getOwn } from '../own.ts'
import type { Comparison, PlaceTest } from './plan.ts'
import { MAX_PLACE_CHARACTERS, toFieldName } from './redact.ts'

/** Values that are looked at in one comparison: some milliseconds of work. */
export const MAX_COMPARED_VALUES = 20_000

/** Deeper values are compared by their text. */
const MAX_COMPARED_DEPTH = 32

/** What lies deeper is not compared: a body may be nested more deeply than the stack is. */
const MAX_TEXT_DEPTH = 500

/** Places that differ: who compares two documents that have nothing in common learns it from the first. */
export const MAX_DIFFERENT_PLACES = 10

/** Elements of a list without order for which the most similar one is looked for. */
const MAX_PAIRED = 20

export type JsonDifference = {
  /** As `items[].price`; the document itself is `$`. */
  readonly place: string
  /** `undefined` where it is not there. */
  readonly base: unknown
  readonly shadow: unknown
}

export type JsonRules = Pick<Comparison, 'ignore' | 'unordered' | 'numbers' | 'timesMs'>

/**
 * Compiles a place such as `items.*.price`: names or numbers with dots between them, `*` for any one, `**` for
 * any number of them, and `$` for the document itself.
 *
 * @throws TypeError when the pattern is longer than a glob may be.
 */
export function compilePlace(pattern: string): PlaceTest {
  if (pattern === '$') return (place) => place === ''
  const glob = pattern.replaceAll('.', '/')
  return compileGlob(glob.startsWith('**') ? glob : `/${glob}`)
}

/**
 * The places at which two documents differ, each once, at most MAX_DIFFERENT_PLACES; `undefined` if none was
 * found among as many values as are compared, and there are more.
 */
export function compareJson(
  base: unknown,
  shadow: unknown,
  rules: JsonRules,
): readonly JsonDifference[] | undefined {
  const budget = { left: MAX_COMPARED_VALUES, texts: new Map() }
  const walk = new Walk(rules, budget, MAX_DIFFERENT_PLACES)
  walk.compare(base, shadow, '', '', 0)
  return walk.isOver && walk.found.size === 0 ? undefined : [...walk.found.values()]
}

type Budget = {
  left: number
  /** The texts of elements of lists without order, each of which is paired with many others. */
  readonly texts: Map<object, string>
}

class Walk {
  readonly found = new Map<string, JsonDifference>()
  readonly #rules: JsonRules
  readonly #budget: Budget
  readonly #most: number

  constructor(rules: JsonRules, budget: Budget, most: number) {
    this.#rules = rules
    this.#budget = budget
    this.#most = most
  }

  get isOver(): boolean {
    return this.#budget.left <= 0
  }

  /** @param path as `/items/0`. @param place the same for people, as `items[]`. */
  compare(base: unknown, shadow: unknown, path: string, place: string, depth: number): void {
    this.#budget.left -= 1
    if (this.isOver || this.found.size >= this.#most) return
    if (base === shadow || this.#isWithinTolerance(base, shadow)) return
    if (matchesAny(this.#rules.ignore, path)) return
    const isDeep = depth >= MAX_COMPARED_DEPTH
    if (!isDeep && Array.isArray(base) && Array.isArray(shadow)) {
      this.#compareLists(base, shadow, path, place, depth)
    } else if (!isDeep && isObject(base) && isObject(shadow)) {
      for (const key of new Set([...Object.keys(base), ...Object.keys(shadow)])) {
        const field = toFieldName(key)
        const next = place === '' ? field : `${place}.${field}`
        const step = `${path}/${key.replaceAll('/', '~1')}`
        this.compare(getOwn(base, key), getOwn(shadow, key), step, next, depth + 1)
      }
    } else if (!isDeep || toText(base) !== toText(shadow)) {
      this.#add(place, base, shadow)
    }
  }

  #compareLists(
    base: readonly unknown[],
    shadow: readonly unknown[],
    path: string,
    place: string,
    depth: number,
  ): void {
    if (base.length !== shadow.length) this.#add(`${place}[]`, base, shadow)
    const compare = (one: unknown, other: unknown, at: number) =>
      this.compare(one, other, `${path}/${at}`, `${place}[]`, depth + 1)
    if (!matchesAny(this.#rules.unordered, path)) {
      const length = Math.min(base.length, shadow.length)
      for (let at = 0; at < length; at++) compare(base[at], shadow[at], at)
      return
    }
    const [left, right] = this.#withoutSame(base, shadow, path, depth)
    // An element that has no equal is compared with the one that differs from it in the fewest places.
    for (const one of left.slice(0, MAX_PAIRED)) {
      let best = -1
      let fewest = Number.POSITIVE_INFINITY
      for (let at = 0; at < Math.min(right.length, MAX_PAIRED); at++) {
        const count = this.#countDifferences(one, right[at], `${path}/${at}`, depth, fewest)
        if (count >= fewest) continue
        best = at
        fewest = count
      }
      if (best < 0) return
      compare(one, right[best], best)
      right.splice(best, 1)
    }
  }

  /** What is left of two lists once each element of one is taken away with an equal one of the other. */
  #withoutSame(
    base: readonly unknown[],
    shadow: readonly unknown[],
    path: string,
    depth: number,
  ): [unknown[], unknown[]] {
    this.#budget.left -= base.length + shadow.length
    const right = new Map<string, unknown[]>()
    for (const value of shadow) {
      const text = this.#toText(value)
      right.set(text, [...(right.get(text) ?? []), value])
    }
    const left = base.filter((value) => right.get(this.#toText(value))?.pop() === undefined)
    const rest = [...right.values()].flat()
    // The same within the tolerances.
    const unlike = left.filter((one) => {
      const at = rest.findIndex(
        (other, i) => this.#countDifferences(one, other, `${path}/${i}`, depth, 1) === 0,
      )
      if (at >= 0) rest.splice(at, 1)
      return at < 0
    })
    return [unlike, rest]
  }

  #toText(value: unknown): string {
    if (typeof value !== 'object' || value === null) return toText(value)
    const { texts } = this.#budget
    const text = texts.get(value) ?? toText(value)
    texts.set(value, text)
    return text
  }

  #countDifferences(
    one: unknown,
    other: unknown,
    path: string,
    depth: number,
    most: number,
  ): number {
    const walk = new Walk(this.#rules, this.#budget, Math.min(most, MAX_DIFFERENT_PLACES))
    walk.compare(one, other, path, '', depth + 1)
    return walk.found.size
  }

  #isWithinTolerance(base: unknown, shadow: unknown): boolean {
    const { numbers, timesMs } = this.#rules
    if (typeof base === 'number' && typeof shadow === 'number') {
      const most = numbers * Math.max(Math.abs(base), Math.abs(shadow))
      return Number.isFinite(most) && Math.abs(base - shadow) <= most
    }
    if (timesMs === 0 || typeof base !== 'string' || typeof shadow !== 'string') return false
    if (!TIMESTAMP.test(base) || !TIMESTAMP.test(shadow)) return false
    return Math.abs(Date.parse(base) - Date.parse(shadow)) <= timesMs
  }

  #add(place: string, base: unknown, shadow: unknown): void {
    const name = (place === '' ? '$' : place).slice(0, MAX_PLACE_CHARACTERS)
    if (!this.found.has(name)) this.found.set(name, { place: name, base, shadow })
  }
}

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d/

/** Globs take no longer texts. Nobody names a place so far inside. */
const MAX_PATH_CHARACTERS = 1000

function matchesAny(tests: readonly PlaceTest[], path: string): boolean {
  return path.length <= MAX_PATH_CHARACTERS && tests.some((matches) => matches(path))
}

/**
 * One spelling for each value, whatever the order of its fields. In contrast to canonical-json.ts it takes all that
 * `JSON.parse` returns: `1e999` is infinite, and nothing is too deep.
 */
function toText(value: unknown, depth = 0): string {
  if (typeof value === 'number') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (depth >= MAX_TEXT_DEPTH) return '…'
  if (Array.isArray(value)) return `[${value.map((item) => toText(item, depth + 1)).join(',')}]`
  const fields = Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, item]) => `${JSON.stringify(name)}:${toText(item, depth + 1)}`)
  return `{${fields.join(',')}}`
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
