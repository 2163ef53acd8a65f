// Flags are evaluated as flagd does it, compared with flagd-core as it runs in Node, where it makes code of
// targeting.

import type { EvaluationContext } from '@openfeature/core'
import { FlagdCore } from '@openfeature/flagd-core'
import { describe, expect, it } from 'vitest'
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
