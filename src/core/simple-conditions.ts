// Conditions of the simplest forms, which most are: one of Holo's operators on variables of the request and constants,
// and `and`, `or` and `!` of such. They are compiled to functions that need no engine. Also the parts of a condition.

import type { Operator } from './operators.ts'
import { toReader } from './variables.ts'

type Test = (subject: object) => boolean

/** Operators that return a boolean, and look at nothing but their arguments. */
const PREDICATES = [
  '==',
  '!=',
  'in',
  'starts_with',
  'ends_with',
  'glob',
  'sem_ver',
  'cidr',
  'percentage',
]

/**
 * The condition as a function that returns, or throws, what the engine's does; `undefined` where it is not of a simple
 * form.
 */
export function compileSimply(
  condition: unknown,
  operators: Readonly<Record<string, unknown>>,
): Test | undefined {
  const { operator, args } = toOperation(condition)
  if (PREDICATES.includes(operator)) return compilePredicate(operators[operator] as Operator, args)
  if (!['and', 'or', '!'].includes(operator)) return undefined
  const tests = args.map((arg) => compileSimply(arg, operators))
  if (!tests.every((test) => test !== undefined)) return undefined
  const [first] = tests
  if (operator === 'and') return (subject) => tests.every((test) => test(subject))
  if (operator === 'or') return (subject) => tests.some((test) => test(subject))
  return first && tests.length === 1 ? (subject) => !first(subject) : undefined
}

function compilePredicate(holds: Operator, args: readonly unknown[]): Test | undefined {
  const names = args.map(toVariable)
  const isSimple = args.every((arg, i) => names[i] !== undefined || isConstant(arg))
  // The engine copies lists: two of them are never equal to one another, whatever wrote them.
  if (!isSimple || args.filter(Array.isArray).length > 1) return undefined
  const [name, other] = names
  // Nearly all: a variable and a constant.
  if (name !== undefined && other === undefined && args.length === 2) {
    const read = toReader(name)
    const constant = args[1]
    return (subject) => holds([read(subject) ?? null, constant], subject, NOTHING) as boolean
  }
  const reads = args.map((arg, i) => {
    const variable = names[i]
    if (variable === undefined) return () => arg
    const read = toReader(variable)
    return (subject: object) => read(subject) ?? null
  })
  return (subject) =>
    holds(
      reads.map((read) => read(subject)),
      subject,
      NOTHING,
    ) as boolean
}

const NOTHING: readonly unknown[] = []

function isConstant(node: unknown): boolean {
  return Array.isArray(node) ? node.every(isPlain) : isPlain(node)
}

function isPlain(node: unknown): boolean {
  return typeof node !== 'object' || node === null
}

/** The name of a variable that is looked up without a default; `undefined` for anything else. */
export function toVariable(node: unknown): string | undefined {
  const { operator, args } = toOperation(node)
  const [name] = args
  return operator === 'var' && args.length === 1 && typeof name === 'string' ? name : undefined
}

type Operation = { readonly operator: string; readonly args: readonly unknown[] }

/** Of a checked condition. The operator is empty for what is no operation. */
export function toOperation(node: unknown): Operation {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) {
    return { operator: '', args: [] }
  }
  const [[operator, written] = ['', []]] = Object.entries(node)
  return { operator, args: Array.isArray(written) ? written : [written] }
}
