// Conditions of rules: JsonLogic, checked when a document is read and compiled once per revision,
// without dynamic code. Which operators there are is said in operators.ts.

import { LogicEngine } from 'json-logic-engine'
import { OPERATORS } from './operators.ts'
import type { RuleSubject } from './types.ts'

/** One thing wrong with a condition. `path` leads from the condition to the place. */
export type ConditionProblem = {
  readonly path: readonly (string | number)[]
  readonly value: unknown
  readonly message: string
}

/** What `var` may name: the fields of a subject, and for three of them any key behind a dot. */
const ROOTS = [
  ...['method', 'path', 'host', 'visitor', 'bucket', 'ip'],
  ...['country', 'region', 'city', 'asn', 'colo', 'header', 'cookie', 'query'],
]
const NAMED_ROOTS = ['header', 'cookie', 'query']
/** Their last argument runs once for each item, and sees the item instead of the request. */
const ITERATORS = ['some', 'all', 'none']
/** Deeper than any person writes; keeps evaluation off the end of the stack. */
const MAX_DEPTH = 20
/** An evaluation may cost a few microseconds; a set of names or ids counts its members. */
const MAX_NODES = 5000

/** Everything wrong with a condition, the empty list when it can be compiled. */
export function checkCondition(condition: unknown): ConditionProblem[] {
  const problems: ConditionProblem[] = []
  let nodes = 0
  const walk = (node: unknown, path: readonly (string | number)[], inItem: boolean): void => {
    const report = (message: string) => problems.push({ path, value: node, message })
    if (++nodes === MAX_NODES + 1) report(`a condition may have at most ${MAX_NODES} parts`)
    if (nodes > MAX_NODES || typeof node !== 'object' || node === null) return
    if (path.length > MAX_DEPTH * 2) {
      report(`a condition may be nested at most ${MAX_DEPTH} deep`)
      return
    }
    if (Array.isArray(node)) {
      for (const [i, item] of node.entries()) walk(item, [...path, i], inItem)
      return
    }
    const [name, ...others] = Object.keys(node)
    if (name === undefined || others.length > 0) {
      report('an operation is an object with exactly one key, the operator')
      return
    }
    if (!Object.hasOwn(OPERATORS, name)) {
      report(`there is no operator "${name}"; known are ${Object.keys(OPERATORS).join(' ')}`)
      return
    }
    const args: unknown = (node as Record<string, unknown>)[name]
    if (name === 'var' && !inItem) {
      const message = checkVariable(Array.isArray(args) ? args[0] : args)
      if (message) report(message)
    }
    if (ITERATORS.includes(name) && Array.isArray(args)) {
      walk(args[0], [...path, name, 0], inItem)
      walk(args[1], [...path, name, 1], true)
      return
    }
    walk(args, [...path, name], inItem)
  }
  walk(condition, [], false)
  if (problems.length > 0) return problems
  try {
    compileCondition(condition)(SAMPLE)
  } catch (cause) {
    // A condition that compares what it should not with this sample may still suit a request; one
    // whose constants cannot be read suits none.
    if (cause instanceof Error) {
      problems.push({ path: [], value: condition, message: cause.message })
    }
  }
  return problems
}

/**
 * A condition as a function that may throw. One engine for each, because an engine that meets
 * many conditions before it meets one twice stops keeping their compiled form.
 */
export function compileCondition(condition: unknown): (subject: RuleSubject) => boolean {
  const engine = new LogicEngine(OPERATORS as ConstructorParameters<typeof LogicEngine>[0])
  return (subject) => Boolean(engine.truthy(engine.run(condition, subject)))
}

function checkVariable(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'a var is named by a text such as "cookie.staff"'
  const [root = '', ...rest] = name.split('.')
  if (!ROOTS.includes(root)) return `there is no "${root}" to look at; known are ${ROOTS.join(' ')}`
  if (NAMED_ROOTS.includes(root) && rest.length === 0) return `say which ${root}: "${root}.name"`
  if (!NAMED_ROOTS.includes(root) && rest.length > 0) return `"${root}" has no parts`
  if (root === 'header' && name !== name.toLowerCase()) return 'header names are in lower case'
  return undefined
}

const SAMPLE: RuleSubject = {
  method: 'GET',
  path: '/',
  host: 'example.com',
  visitor: 'visitor',
  bucket: 0,
  ip: '192.0.2.1',
  country: 'XX',
  header: {},
  cookie: {},
  query: {},
}
