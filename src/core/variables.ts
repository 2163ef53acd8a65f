// The variables of a condition and how they are looked up: fields of the request, and the item
// inside `some`, `all` and `none`. Only own properties are read, never a prototype's.

import { memoise } from './memoise.ts'

const PLAIN_FIELDS = [
  'method',
  'path',
  'host',
  'visitor',
  'bucket',
  'ip',
  'country',
  'region',
  'city',
  'asn',
  'colo',
]
/** Fields with parts. Everything after the first dot is one name: `cookie.connect.sid`. */
const NAMED_FIELDS = ['header', 'cookie', 'query']
const FIELDS = [...PLAIN_FIELDS, ...NAMED_FIELDS]

/** What a condition may look at: the request (in rules), or a verified identity (in `admit`). */
export type Looks = 'request' | 'identity'

/** JsonLogic's path out of an item: one step to its list, one more to what surrounds the list. */
const OUTWARD = '../../'

/**
 * The value of a variable, `undefined` if there is none.
 *
 * @param scope the request, or the item of the innermost iteration.
 * @param above the trail of json-logic-engine from there outwards: [list, scope around it, its
 *   trail].
 */
export function lookUp(name: string, scope: unknown, above: unknown): unknown {
  const { outward, field, part } = nameOf(name)
  let place = scope
  let trail = above
  for (let i = 0; i < outward; i++) {
    if (!Array.isArray(trail)) return undefined
    place = trail[1]
    trail = trail[2]
  }
  if (field === '') return place
  const value = own(place, field)
  return part === undefined ? value : own(value, part)
}

/** Fields that are numbers. */
const NUMBERS = ['bucket', 'asn']

/** Whether the variable of a request is a text, or absent. */
export function isTextVariable(name: string): boolean {
  return !NUMBERS.includes(nameOf(name).field)
}

/** `lookUp` of one variable of a request, outside of iterations. */
export function toReader(name: string): (request: object) => unknown {
  const { field, part } = nameOf(name)
  if (part === undefined) return (request) => own(request, field)
  return (request) => own(own(request, field), part)
}

/**
 * The problem of a variable's name, `undefined` if there is none.
 *
 * @param depth how many iterations surround it.
 */
export function checkVariable(name: unknown, depth: number, looks: Looks): string | undefined {
  if (typeof name !== 'string') return 'a var is named by a text such as "cookie.staff"'
  const { outward, field, part } = nameOf(name)
  if (outward > depth) return `"${OUTWARD}" leads out of one iteration, and here are ${depth}`
  if (outward < depth) {
    return part === undefined && /^\d*$/.test(field)
      ? undefined
      : `here a var is "" for the item or "0" for its first part; the request is behind "${OUTWARD.repeat(depth)}"`
  }
  if (looks === 'identity') {
    return field === 'identity' && part
      ? undefined
      : 'who is admitted depends on the verified identity alone: "identity.email", "identity.groups", or another claim'
  }
  if (!FIELDS.includes(field)) {
    return `there is no "${field}" to look at; known are ${FIELDS.join(' ')}`
  }
  const isNamed = NAMED_FIELDS.includes(field)
  if (isNamed && !part) return `say which ${field}: "${field}.name"`
  if (!isNamed && part !== undefined) return `"${field}" has no parts`
  if (field === 'header' && part !== part?.toLowerCase()) return 'header names are in lower case'
  return undefined
}

const nameOf = memoise((name) => {
  let outward = 0
  while (name.startsWith(OUTWARD, outward * OUTWARD.length)) outward++
  const rest = name.slice(outward * OUTWARD.length)
  const dot = rest.indexOf('.')
  return dot < 0
    ? { outward, field: rest, part: undefined }
    : { outward, field: rest.slice(0, dot), part: rest.slice(dot + 1) }
})

function own(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Record<string, unknown>)[name]
}
