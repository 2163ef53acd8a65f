// Flags are evaluated as flagd does it, compared with flagd-core as it runs in Node, where it makes code of
// targeting.

import type { EvaluationContext } from '@openfeature/core'
import { FlagdCore } from '@openfeature/flagd-core'
import { describe, expect, it } from 'vitest'
import { FLAG_OPERATORS } from '../../src/document/check-flags.ts'
import { type CompiledFlags, compileFlags } from '../../src/document/compile-flags.ts'
import type { FlagDefinition } from '../../src/document/flags.ts'
import { parseAssignments } from '../../src/document/parse.ts'
import { evaluateFlag, loadEvaluator } from '../../src/flags/evaluate.ts'
import { exampleDocument } from '../support/document.ts'
import { CASES, EVALUATORS, FLAGS } from './cases.ts'

await loadEvaluator()

const PLACE = { environment: 'main', version: '0.0.3' }
const SETTINGS = { $evaluators: EVALUATORS }

function compile(flags: Readonly<Record<string, FlagDefinition>>, settings = {}): CompiledFlags {
  const compiled = compileFlags({ flags: { ...flags }, flagSettings: settings })
  if (!compiled) throw new Error('there are flags')
  return compiled
}

const compiled = compile(FLAGS, SETTINGS)
const evaluate = (key: string, context: object) =>
  evaluateFlag(compiled, key, { ...context }, PLACE)

const silent = { error() {}, warn() {}, info() {}, debug() {} }
const node = new FlagdCore(undefined, silent)
node.setConfigurations(JSON.stringify({ $evaluators: EVALUATORS, flags: FLAGS }))

it('has only flags in its table that a document may hold', () => {
  const document = { ...exampleDocument(), flags: FLAGS, flagSettings: SETTINGS }
  const parsed = parseAssignments(JSON.stringify(document), { allowInsecure: false })
  expect(parsed).toMatchObject({ ok: true })
})

describe.each(CASES)('$flag with $context', ({ flag, context, value, reason }) => {
  it(`gives ${JSON.stringify(value)}: ${reason}`, () => {
    const result = evaluate(flag, context)
    expect(result).toMatchObject({ key: flag, reason })
    expect('value' in result ? result.value : undefined).toEqual(value)
  })

  it('as flagd-core does in Node', () => {
    const result = evaluate(flag, context)
    const there = node.getFlag(flag)
    expect(there?.state === 'DISABLED').toBe(reason === 'DISABLED')
    if (!there || reason === 'DISABLED') return
    const { value: expected, reason: why } = there.evaluate(
      { ...context } as EvaluationContext,
      silent,
    )
    expect({ value: 'value' in result ? result.value : undefined, why: reason }).toEqual({
      value: expected,
      why,
    })
  })
})

/** Conditions, each with its operator first, for contexts in which they hold and in which they do not. */
const CONDITIONS: Readonly<Record<string, unknown>> = {
  var: { var: 'n' },
  missing: { missing: ['n', 'text'] },
  missing_some: { missing_some: [1, ['n', 'text']] },
  if: { if: [{ var: 'n' }, 1, 0] },
  '?:': { '?:': [{ var: 'n' }, 1, 0] },
  '==': { '==': [{ var: 'n' }, '2'] },
  '===': { '===': [{ var: 'n' }, 2] },
  '!=': { '!=': [{ var: 'n' }, '2'] },
  '!==': { '!==': [{ var: 'n' }, 2] },
  '!': { '!': [{ var: 'list' }] },
  '!!': { '!!': [{ var: 'list' }] },
  or: { or: [{ var: 'none' }, { var: 'n' }] },
  and: { and: [{ var: 'n' }, { var: 'text' }] },
  '>': { '>': [{ var: 'n' }, 1] },
  '>=': { '>=': [{ var: 'n' }, 2] },
  '<': { '<': [1, { var: 'n' }, 3] },
  '<=': { '<=': [{ var: 'n' }, '2'] },
  max: { '==': [{ max: [{ var: 'n' }, 1] }, 2] },
  min: { '==': [{ min: [{ var: 'n' }, 1] }, 1] },
  '+': { '==': [{ '+': [{ var: 'n' }, '3'] }, 5] },
  '-': { '==': [{ '-': [{ var: 'n' }] }, -2] },
  '*': { '==': [{ '*': [{ var: 'n' }, 4] }, 8] },
  '/': { '==': [{ '/': [{ var: 'n' }, 4] }, 0.5] },
  '%': { '==': [{ '%': [{ var: 'n' }, 2] }, 0] },
  map: { in: [4, { map: [{ var: 'list' }, { '*': [{ var: '' }, 2] }] }] },
  reduce: {
    '>': [
      { reduce: [{ var: 'list' }, { '+': [{ var: 'current' }, { var: 'accumulator' }] }, 0] },
      3,
    ],
  },
  filter: { '!!': [{ filter: [{ var: 'list' }, { '>': [{ var: '' }, 1] }] }] },
  all: { all: [{ var: 'list' }, { '>': [{ var: '' }, 0] }] },
  none: { none: [{ var: 'list' }, { '>': [{ var: '' }, 2] }] },
  some: { some: [{ var: 'list' }, { '>': [{ var: '' }, 2] }] },
  merge: { in: [{ var: 'n' }, { merge: [[1], { var: 'list' }] }] },
  in: { in: ['größ', { var: 'text' }] },
  cat: { '==': [{ cat: [{ var: 'text' }, 1] }, 'größe1'] },
  substr: { '==': [{ substr: [{ var: 'text' }, -3, 2] }, 'öß'] },
  starts_with: { starts_with: [{ var: 'text' }, 'grö'] },
  ends_with: { ends_with: [{ var: 'text' }, 'ße'] },
  sem_ver: { sem_ver: [{ var: 'text' }, '>=', '1.0.0'] },
  fractional: {
    '==': [{ fractional: [{ cat: [{ var: 'text' }, 'x'] }, ['a', 1], ['b', 1]] }, 'a'],
  },
}
const ITERATIONS = ['map', 'reduce', 'filter', 'all', 'none', 'some']
const OF_ONE_VALUE = ['!', '!!', '-']
type Tried = { readonly n?: unknown; readonly text?: unknown; readonly list?: unknown }
/** Elsewhere the evaluator says other things than the code that it generates; docs/flags.md tells of it. */
function isSure(operator: string, { n, list }: Tried): boolean {
  if (ITERATIONS.includes(operator)) return Array.isArray(list)
  return !OF_ONE_VALUE.includes(operator) || !(Array.isArray(list) || Array.isArray(n))
}
const CONTEXTS: readonly Tried[] = [
  {},
  { n: 2, text: 'größe', list: [1, 2, 3] },
  { n: '2', text: '', list: [] },
  { n: 0, text: 5, list: [0, 9] },
  { n: null, text: '1.2.3', list: 'größe' },
  { n: [2], text: ['größe'], list: { a: 1 } },
  { n: true, text: '日本', list: [null, 'x'] },
]

describe('every operator that a document may use', () => {
  const flags: Readonly<Record<string, FlagDefinition>> = Object.fromEntries(
    Object.entries(CONDITIONS).map(([name, condition]) => [
      `operator ${name}`,
      {
        state: 'ENABLED',
        variants: { yes: 'yes', no: 'no', none: 'none' },
        defaultVariant: 'none',
        targeting: { if: [condition, 'yes', 'no'] },
      },
    ]),
  )
  const here = compile(flags)
  const there = new FlagdCore(undefined, silent)
  there.setConfigurations(JSON.stringify({ flags }))

  it('is compared', () => {
    expect(Object.keys(CONDITIONS).toSorted()).toEqual(FLAG_OPERATORS.toSorted())
  })

  it.each(Object.keys(CONDITIONS))('does what it does in flagd-core in Node: %s', (name) => {
    const key = `operator ${name}`
    for (const context of CONTEXTS.filter((one) => isSure(name, one))) {
      const result = evaluateFlag(here, key, { ...context }, PLACE)
      const { value, reason } = there.getFlag(key)?.evaluate(context as never, silent) ?? {}
      const own = 'errorCode' in result ? { value: undefined, reason: 'ERROR' } : result
      expect({ context, value: own.value, reason: own.reason }).toEqual({ context, value, reason })
    }
  })
})

describe('a fractional', () => {
  const KEYS = Array.from({ length: 5000 }, (_, i) => `visitor-${i}`)
  const of = (flags: CompiledFlags, flag: string, key: string) => {
    const result = evaluateFlag(flags, flag, { targetingKey: key }, PLACE)
    return 'variant' in result ? result.variant : undefined
  }
  const shared = (weight: number): FlagDefinition => ({
    state: 'ENABLED',
    variants: { on: true, off: false },
    defaultVariant: 'off',
    targeting: {
      fractional: [
        ['on', weight],
        ['off', 100 - weight],
      ],
    },
  })

  it('gives each bucket the same as flagd-core in Node', () => {
    for (const targetingKey of KEYS.slice(0, 500)) {
      for (const flag of ['short', 'seeded']) {
        const context = { targetingKey, user: { name: `${targetingKey} ü` } }
        const result = evaluate(flag, context)
        const there = node.getFlag(flag)?.evaluate(context, silent)
        expect('variant' in result ? result.variant : '').toBe(there?.variant)
      }
    }
  })

  it('never takes a variant from a visitor while its weight grows', () => {
    const steps = [1, 5, 10, 25, 50, 75, 100].map((weight) => compile({ grows: shared(weight) }))
    for (const key of KEYS.slice(0, 1000)) {
      const variants = steps.map((flags) => of(flags, 'grows', key))
      const first = variants.indexOf('on')
      expect(variants.slice(first)).toEqual(variants.slice(first).map(() => 'on'))
    }
  })

  it('is independent of any other flag: a chi-square over pairs of 10 % flags', () => {
    const flags = compile(
      Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`flag-${i}`, shared(10)])),
    )
    const names = [...flags.definitions.keys()]
    const on = names.map((name) => KEYS.map((key) => of(flags, name, key) === 'on'))
    for (const [i, first] of on.entries()) {
      for (const second of on.slice(i + 1)) {
        const [a, b] = [first, second].map((one) => one.filter(Boolean).length) as [number, number]
        const both = first.filter((is, at) => is && second[at]).length
        const n = KEYS.length
        const cells = [
          [both, (a * b) / n],
          [a - both, (a * (n - b)) / n],
          [b - both, ((n - a) * b) / n],
          [n - a - b + both, ((n - a) * (n - b)) / n],
        ] as const
        const chi = cells.reduce((sum, [seen, due]) => sum + (seen - due) ** 2 / due, 0)
        // One degree of freedom, 15 pairs: beyond this by chance once in some thousand sets of flags.
        expect(chi).toBeLessThan(15.1)
      }
    }
  })
})

describe('a default variant', () => {
  const flags = compile({
    theme: {
      state: 'ENABLED',
      variants: { old: 'old', new: 'new', next: 'next' },
      defaultVariant: 'old',
      defaults: { environments: { canary: 'new' }, versions: { '0.0.6': 'next' } },
    },
  })
  const at = (environment: string, version: string) =>
    evaluateFlag(flags, 'theme', {}, { environment, version })

  it('may be another one in an environment, and in a version', () => {
    expect(at('main', '0.0.3')).toMatchObject({ value: 'old', reason: 'STATIC' })
    expect(at('canary', '0.0.3')).toMatchObject({ value: 'new' })
    expect(at('canary', '0.0.6')).toMatchObject({ value: 'next' })
    expect(at('constructor', 'toString')).toMatchObject({ value: 'old' })
  })
})

describe('what cannot be evaluated', () => {
  it('is said to be unknown, also where an object would have such a name', () => {
    for (const key of ['nowhere', 'constructor', '__proto__', '']) {
      expect(evaluate(key, {})).toMatchObject({ key, errorCode: 'FLAG_NOT_FOUND' })
    }
  })

  it('is an error of its own, and no other flag has it', () => {
    const broken = (targeting: Record<string, unknown>): FlagDefinition => ({
      state: 'ENABLED',
      variants: { on: true },
      defaultVariant: 'on',
      targeting,
    })
    const flags = compile({ gone: broken({ cat: ['no', 'where'] }), odd: broken({ nonsense: [] }) })
    expect(evaluateFlag(flags, 'gone', {}, PLACE)).toMatchObject({ errorCode: 'GENERAL' })
    expect(evaluateFlag(flags, 'odd', {}, PLACE)).toMatchObject({ errorCode: 'PARSE_ERROR' })
  })
})
