// Checks flags beyond their shape: variants that exist and have one type, operators that flagd has, references
// to shared evaluators, and how long an evaluation may take.

import { withEvaluators } from './compile-flags.ts'
import { checkExperiments } from './experiments.ts'
import type { Finding, Path } from './finding.ts'
import type { FlagDefinition } from './flags.ts'
import type { AssignmentsDocument } from './schema.ts'

const FLAGD_OPERATORS = ['fractional', 'sem_ver', 'starts_with', 'ends_with']
/** The operators of JsonLogic that flagd takes, and flagd's own. */
export const FLAG_OPERATORS: readonly string[] = [
  ...[
    'var',
    'missing',
    'missing_some',
    'if',
    '?:',
    '==',
    '===',
    '!=',
    '!==',
    '!',
    '!!',
    'or',
    'and',
  ],
  ...['>', '>=', '<', '<=', 'max', 'min', '+', '-', '*', '/', '%', 'map', 'reduce', 'filter'],
  ...['all', 'none', 'some', 'merge', 'in', 'cat', 'substr'],
  ...FLAGD_OPERATORS,
]
const ITERATORS = ['map', 'reduce', 'filter', 'all', 'none', 'some']
/** What makes a value of its parts. */
const GROWING = ['merge', 'cat']
const SEM_VER_OPERATORS = ['=', '!=', '<', '<=', '>', '>=', '^', '~']

/** Deeper than anybody writes by hand; it keeps evaluation from overflowing the stack. */
const MAX_DEPTH = 20
/** A node takes a fraction of a microsecond; a list of names costs one node for each. */
const MAX_NODES = 2000
/** Values are sent as they are, in every bulk evaluation. */
const MAX_VALUE_DEPTH = 10

type FlagParts = {
  readonly [Name in 'flags' | 'flagSettings' | 'environments']?:
    | AssignmentsDocument[Name]
    | undefined
}
type Evaluators = Readonly<Record<string, unknown>>
type Check = {
  readonly evaluators: Evaluators
  readonly findings: Finding[]
  /** Names of evaluators that are being read, so that a circle of references ends. */
  readonly open: ReadonlySet<string>
  readonly count: { nodes: number }
  /** The iteration around a node. */
  readonly iteration: string | undefined
}

/** Everything that is wrong with the flags of a document. */
export function* checkFlags({
  flags = {},
  flagSettings = {},
  environments,
}: FlagParts): Generator<Finding> {
  const { $evaluators: evaluators = {} } = flagSettings
  for (const [name, logic] of Object.entries(evaluators)) {
    const path = ['flagSettings', '$evaluators', name]
    yield* checkLogic(logic, path, evaluators, new Set([name]))
  }
  let isRight = true
  for (const [key, flag] of Object.entries(flags)) {
    const path = ['flags', key]
    yield* checkVariants(flag, path)
    for (const name of Object.keys(flag.defaults?.environments ?? {})) {
      if (environments && !Object.hasOwn(environments, name)) {
        yield { path: [...path, 'defaults', 'environments', name], message: 'no such environment' }
      }
    }
    if (flag.targeting === undefined || Object.keys(flag.targeting).length === 0) continue
    const found = [...checkLogic(flag.targeting, [...path, 'targeting'], evaluators, new Set())]
    yield* found
    if (found.length > 0) isRight = false
    else {
      yield* checkResult(flag.targeting, [...path, 'targeting'], flag, evaluators)
    }
  }
  // References that lead in a circle cannot be put into place.
  if (isRight) yield* checkExperiments(flags, (logic) => withEvaluators(logic, evaluators))
}

function* checkVariants({ variants, defaultVariant, defaults }: FlagDefinition, path: Path) {
  const kinds = new Set<string>()
  for (const [name, value] of Object.entries(variants)) {
    const at = [...path, 'variants', name]
    if (value === null || value === undefined) {
      yield {
        path: at,
        message: 'a variant is true or false, a text, a number, an object or a list',
      }
    } else if (toDepth(value) > MAX_VALUE_DEPTH) {
      yield { path: at, message: `a value is nested at most ${MAX_VALUE_DEPTH} deep` }
    } else kinds.add(typeof value)
  }
  if (kinds.size > 1) {
    const message = `the variants of a flag have one type, and these have ${[...kinds].join(' and ')}`
    yield { path: [...path, 'variants'], message }
  }
  const named: [Path, string | null | undefined][] = [
    [['defaultVariant'], defaultVariant],
    ...Object.entries(defaults?.environments ?? {}).map(([name, variant]): [Path, string] => [
      ['defaults', 'environments', name],
      variant,
    ]),
    ...Object.entries(defaults?.versions ?? {}).map(([id, variant]): [Path, string] => [
      ['defaults', 'versions', id],
      variant,
    ]),
  ]
  for (const [place, variant] of named) {
    if (typeof variant !== 'string' || Object.hasOwn(variants, variant)) continue
    yield { path: [...path, ...place], message: toNoVariant(variant, variants) }
  }
}

function toNoVariant(name: string, variants: object): string {
  const known = Object.keys(variants).slice(0, 8)
  return `no variant "${name}"; "variants" has ${known.join(', ') || 'none'}`
}

function checkLogic(
  logic: unknown,
  path: Path,
  evaluators: Evaluators,
  open: ReadonlySet<string>,
): readonly Finding[] {
  const check = { evaluators, findings: [], open, count: { nodes: 0 }, iteration: undefined }
  checkNode(logic, path, 0, check)
  const { findings, count } = check as Check
  if (count.nodes <= MAX_NODES) return findings
  const message = `it has ${count.nodes} parts, and ${MAX_NODES} are allowed: shorten its lists`
  return [...findings, { path, message }]
}

function checkNode(node: unknown, path: Path, depth: number, check: Check): void {
  const { count, findings } = check
  count.nodes += 1
  if (typeof node !== 'object' || node === null || count.nodes > MAX_NODES) return
  const report = (message: string) => findings.push({ path, message })
  if (depth > MAX_DEPTH * 2) {
    report(`targeting may be nested at most ${MAX_DEPTH} deep`)
    return
  }
  if (Array.isArray(node)) {
    for (const [i, item] of node.entries()) checkNode(item, [...path, i], depth + 1, check)
    return
  }
  const [[name, written] = ['', undefined], ...others] = Object.entries(node)
  if (others.length > 0 || name === '') {
    report('an operation is an object with exactly one key, the operator')
  } else if (name === '$ref') {
    checkReference(written, path, depth, check)
  } else if (!FLAG_OPERATORS.includes(name)) {
    report(`there is no operator "${name}"; known are ${FLAG_OPERATORS.join(' ')}`)
  } else {
    const isIterator = ITERATORS.includes(name)
    // The context of a caller may hold long lists: one inside of the other would take the square of that.
    const { iteration } = check
    if (isIterator && iteration) report(`${name} cannot stand inside of another iteration`)
    // There they do not see the context that they need, and evaluation fails.
    if (iteration && FLAGD_OPERATORS.includes(name)) {
      report(`${name} cannot stand inside of ${iteration}`)
    }
    if (iteration === 'reduce' && GROWING.includes(name)) {
      report(`${name} cannot stand inside of reduce: it could double with every item`)
    }
    const message = checkArguments(name, written)
    if (message) report(message)
    const inside = isIterator ? { ...check, iteration: name } : check
    checkNode(written, [...path, name], depth + 1, inside)
  }
}

function checkReference(name: unknown, path: Path, depth: number, check: Check): void {
  const { evaluators, findings, open } = check
  if (typeof name !== 'string' || !Object.hasOwn(evaluators, name)) {
    const known = Object.keys(evaluators).slice(0, 8).join(', ') || 'none'
    const message = `no such evaluator; "flagSettings.$evaluators" has ${known}`
    findings.push({ path: [...path, '$ref'], message })
  } else if (open.has(name)) {
    findings.push({ path: [...path, '$ref'], message: 'this reference leads back to itself' })
  } else {
    checkNode(evaluators[name], path, depth + 1, { ...check, open: new Set([...open, name]) })
  }
}

function checkArguments(name: string, written: unknown): string | undefined {
  const args: readonly unknown[] = Array.isArray(written) ? written : [written]
  if (name === 'sem_ver') {
    const operator = args[1]
    return typeof operator === 'string' && !SEM_VER_OPERATORS.includes(operator)
      ? `sem_ver compares with one of ${SEM_VER_OPERATORS.join(' ')}`
      : undefined
  }
  if (name !== 'fractional') return undefined
  const buckets = args.filter(Array.isArray)
  const bad = buckets.some(
    ([, weight]) => typeof weight === 'number' && (!Number.isInteger(weight) || weight < 0),
  )
  if (bad) return 'a weight is a whole number from 0'
  const weights = buckets.map(([, weight = 1]) => (typeof weight === 'number' ? weight : 0))
  return weights.reduce((sum, weight) => sum + weight, 0) > MAX_WEIGHT
    ? `the weights of a fractional sum to at most ${MAX_WEIGHT}`
    : undefined
}
/** flagd computes with 32-bit weights. */
const MAX_WEIGHT = 2 ** 31 - 1

/** Checks the variants that stand where targeting returns one. */
function* checkResult(
  node: unknown,
  path: Path,
  flag: FlagDefinition,
  evaluators: Evaluators,
): Generator<Finding> {
  if (['string', 'number', 'boolean'].includes(typeof node)) {
    if (Object.hasOwn(flag.variants, String(node))) return
    yield { path, message: toNoVariant(String(node), flag.variants) }
  }
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return
  const [[name, written] = ['', undefined]] = Object.entries(node)
  if (name === '$ref') {
    yield* checkResult(evaluators[String(written)], path, flag, evaluators)
  } else if ((name === 'if' || name === '?:') && Array.isArray(written)) {
    for (const [i, part] of written.entries()) {
      const isResult = i % 2 === 1 || (i === written.length - 1 && i > 0)
      if (isResult) yield* checkResult(part, [...path, name, i], flag, evaluators)
    }
  } else if (name === 'fractional' && Array.isArray(written)) {
    for (const [i, bucket] of written.entries()) {
      if (Array.isArray(bucket)) {
        yield* checkResult(bucket[0], [...path, name, i, 0], flag, evaluators)
      }
    }
  }
}

/** How deep a value is nested, counted up to just above the limit. */
function toDepth(value: unknown, depth = 0): number {
  if (typeof value !== 'object' || value === null || depth > MAX_VALUE_DEPTH) return depth
  return Object.values(value).reduce<number>(
    (deepest, part) => Math.max(deepest, toDepth(part, depth + 1)),
    depth + 1,
  )
}
