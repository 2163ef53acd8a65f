// Conditions of rules: JsonLogic, checked when a document is read and compiled once per revision,
// without dynamic code. operators.ts defines the operators and variables.ts the variables.

import { LogicEngine } from 'json-logic-engine'
import { CONSTANT_CHECKS, OPERATORS, toOperators } from './operators.ts'
import { compileSimply } from './simple-conditions.ts'
import type { AdmissionSubject, RuleSubject } from './types.ts'
import { checkVariable, type Looks } from './variables.ts'

/** One problem of a condition. `path` leads from the condition to the place of the problem. */
export type ConditionProblem = {
  readonly path: Path
  readonly value: unknown
  readonly message: string
}
type Path = readonly (string | number)[]

/**
 * The last argument of these operators is evaluated for each item, and sees the item instead of the
 * request.
 */
const ITERATORS = ['some', 'all', 'none']
const COMPARISONS = ['==', '===', '!=', '!==', '<', '<=', '>', '>=']
const LISTS = ['and', 'or', 'if', '?:']

/** Deeper than anybody writes by hand; it keeps evaluation from overflowing the stack. */
const MAX_DEPTH = 20
/**
 * A step takes a fraction of a microsecond; a list of names or ids costs one step for each member.
 */
const MAX_STEPS = 5000
/**
 * These operators look at every character of a text, and so cost as much as this many other steps.
 */
const SEARCHES = ['glob', 'in']
const STEPS_OF_A_SEARCH = 50

/**
 * All problems of a condition; an empty list if it can be compiled. The highest cost of a checked
 * condition is known beforehand, whatever the request holds.
 */
export function checkCondition(condition: unknown, looks: Looks = 'request'): ConditionProblem[] {
  if (typeof condition !== 'boolean' && !isOperation(condition)) {
    const message = 'a condition is an operation such as { "==": [{ "var": "country" }, "IS"] }'
    return [{ path: [], value: condition, message }]
  }
  const problems: ConditionProblem[] = []
  const steps = checkNode(condition, [], 0, { problems, looks })
  if (steps > MAX_STEPS && problems.length === 0) {
    const message = `it may take ${steps} steps, and ${MAX_STEPS} are allowed: shorten its lists`
    problems.push({ path: [], value: condition, message })
  }
  return problems
}

/**
 * Compiles a checked condition to a function, which may throw. Each condition has an engine of its
 * own: an engine that sees many conditions before it sees one twice stops caching their compiled
 * form.
 *
 * @param rule the name of the rule that has the condition.
 */
export function compileCondition(
  condition: unknown,
  rule = '',
): (subject: RuleSubject | AdmissionSubject) => boolean {
  const operators = toOperators(rule)
  const simple = compileSimply(condition, operators)
  if (simple) return simple
  const engine = new LogicEngine(operators as ConstructorParameters<typeof LogicEngine>[0])
  // The form that the engine compiles in its first run. Asking the engine for it each time would
  // cost as much as a simple condition does.
  let compiled: unknown
  const run = (subject: RuleSubject | AdmissionSubject): unknown => {
    if (typeof compiled === 'function') return compiled(subject, [])
    const result = engine.run(condition, subject)
    if (isOperation(condition)) compiled = engine.optimizedMap.get(condition)
    return result
  }
  return (subject) => {
    const result = run(subject)
    return typeof result === 'boolean' ? result : Boolean(engine.truthy(result))
  }
}

/** What a check of a condition collects, and what the condition may look at. */
type Check = { readonly problems: ConditionProblem[]; readonly looks: Looks }

/**
 * Adds the problems of a node to `problems`, and returns how many steps its evaluation may take.
 *
 * @param depth how many iterations surround the node.
 */
function checkNode(node: unknown, path: Path, depth: number, check: Check): number {
  if (typeof node !== 'object' || node === null) return 1
  const report = (message: string) => check.problems.push({ path, value: node, message })
  if (path.length > MAX_DEPTH * 2) {
    report(`a condition may be nested at most ${MAX_DEPTH} deep`)
    return 1
  }
  if (Array.isArray(node)) {
    return node.reduce<number>(
      (steps, item, i) => steps + checkNode(item, [...path, i], depth, check),
      1,
    )
  }
  if (!isOperation(node)) {
    report('an operation is an object with exactly one key, the operator')
    return 1
  }
  const [[name, written] = ['', undefined]] = Object.entries(node)
  if (!Object.hasOwn(OPERATORS, name)) {
    report(`there is no operator "${name}"; known are ${Object.keys(OPERATORS).join(' ')}`)
    return 1
  }
  const args: readonly unknown[] = Array.isArray(written) ? written : [written]
  const message = checkArguments(name, args, Array.isArray(written), depth, check)
  if (message) report(message)
  if (ITERATORS.includes(name)) {
    const [list, test] = args
    return (
      checkNode(list, [...path, name, 0], depth, check) +
      toLength(list) * checkNode(test, [...path, name, 1], depth + 1, check)
    )
  }
  const own = SEARCHES.includes(name) ? STEPS_OF_A_SEARCH : 1
  return own + checkNode(written, [...path, name], depth, check)
}

function checkArguments(
  name: string,
  args: readonly unknown[],
  isList: boolean,
  depth: number,
  { looks }: Check,
): string | undefined {
  if (name === 'var') return checkVariable(args[0], depth, looks)
  if (name === 'missing') {
    return args
      .flat()
      .map((variable) => checkVariable(variable, depth, looks))
      .find(Boolean)
  }
  if (ITERATORS.includes(name) && !(args.length === 2 && Array.isArray(args[0]))) {
    return `${name} takes a list that is written out, and a condition on its items`
  }
  if (COMPARISONS.includes(name) && args.length < 2) return `${name} compares at least two values`
  if (LISTS.includes(name) && !(isList && args.length > 0)) return `${name} takes a list`
  return CONSTANT_CHECKS.get(name)?.(args)
}

function isOperation(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.keys(value).length === 1
  )
}

function toLength(list: unknown): number {
  return Array.isArray(list) ? list.length : 0
}
