// The split of a flag while a rollout changes it: who keeps which variant, and what the flag is afterwards.

import { describe, expect, it } from 'vitest'
import {
  beginSplit,
  completeSplit,
  type FlagSides,
  moveParts,
  readParts,
  restoreSplit,
} from '../../src/control/rollouts/flag-split.ts'
import { toCanaryCount } from '../../src/control/rollouts/seen.ts'
import { compileFlags } from '../../src/document/compile-flags.ts'
import type { FlagDefinition } from '../../src/document/flags.ts'
import { evaluateFlag, loadEvaluator } from '../../src/flags/evaluate.ts'

await loadEvaluator()

const toFlag = (targeting?: object, more: Partial<FlagDefinition> = {}): FlagDefinition => ({
  state: 'ENABLED',
  variants: { on: true, off: false, beta: true },
  defaultVariant: 'off',
  ...(targeting ? { targeting: targeting as Record<string, unknown> } : {}),
  ...more,
})
const split = (...weighted: [string, number][]) => ({ fractional: weighted })
const STAFF = { ends_with: [{ var: 'email' }, '@example.com'] }
const SIDES = { variant: 'on', base: 'off' }

const toSides = (flag: FlagDefinition, sides = SIDES): FlagSides => ({
  key: 'cart',
  ...sides,
  before: flag.targeting ?? null,
})

function begun(flag: FlagDefinition, sides = SIDES): FlagDefinition {
  const made = beginSplit(flag, sides)
  if (!made.ok) throw new Error(made.error)
  return made.value
}

const at = (flag: FlagDefinition, weight: number, sides = SIDES) =>
  moveParts(begun(flag, sides), sides, (all) => toCanaryCount(all, weight))

const VISITORS = Array.from({ length: 2000 }, (_, i) => `visitor-${i}`)

function variantsOf(flag: FlagDefinition, context: object = {}): readonly (string | undefined)[] {
  const flags = compileFlags({ flags: { cart: flag } })
  if (!flags) throw new Error('there are flags')
  return VISITORS.map((targetingKey) => {
    const place = { environment: 'main', version: '1' }
    const result = evaluateFlag(flags, 'cart', { targetingKey, ...context }, place)
    return 'variant' in result ? result.variant : undefined
  })
}

const FLAGS: readonly [string, FlagDefinition, typeof SIDES?][] = [
  ['a default alone', toFlag()],
  ['rules before the default', toFlag({ if: [STAFF, 'on'] })],
  ['rules and a last part', toFlag({ if: [STAFF, 'on', 'off'] })],
  ['a split of the two', toFlag(split(['on', 3], ['off', 97]))],
  ['a split the other way round', toFlag(split(['off', 90], ['on', 10]))],
  ['a split without the new variant', toFlag(split(['beta', 1], ['off', 2]))],
  ['a split of three', toFlag(split(['beta', 33], ['on', 1], ['off', 33]))],
  ['a split below a rule', toFlag({ if: [STAFF, 'on', split(['off', 7], ['beta', 3])] })],
]

describe('the split of a flag in a rollout', () => {
  it.each(FLAGS)('takes the variant from nobody while its weight grows: %s', (_, flag) => {
    const others = variantsOf(begun(flag)).map((name) => (name === 'beta' ? name : 'both'))
    expect(variantsOf(begun(flag))).toEqual(variantsOf(flag))
    let before: readonly (string | undefined)[] = []
    for (const weight of [0.01, 1, 5, 7.77, 25, 50, 99.99, 100]) {
      const now = variantsOf(at(flag, weight))
      expect(now.map((name) => (name === 'beta' ? name : 'both'))).toEqual(others)
      for (const [i, name] of before.entries()) if (name === 'on') expect(now[i]).toBe('on')
      before = now
    }
    expect(before).not.toContain('off')
  })

  it.each(FLAGS)(
    'is as before when it is taken back, and gives the variant at the end: %s',
    (_, flag) => {
      for (const weight of [1, 25, 95]) {
        const moved = at(flag, weight)
        expect(restoreSplit(moved, toSides(flag))).toEqual(flag)
        expect(variantsOf(completeSplit(moved, toSides(flag)))).toEqual(variantsOf(at(flag, 100)))
      }
    },
  )

  it('writes the new variant first, in hundredths of a percent', () => {
    expect(at(toFlag(), 5).targeting).toEqual(split(['on', 500], ['off', 9500]))
    expect(at(toFlag(), 0.01).targeting).toEqual(split(['on', 1], ['off', 9999]))
    expect(at(toFlag({ if: [STAFF, 'on'] }), 5).targeting).toEqual({
      if: [STAFF, 'on', split(['on', 500], ['off', 9500])],
    })
    expect(at(toFlag(split(['beta', 1], ['off', 2])), 50).targeting).toEqual(
      split(['beta', 3334], ['on', 3334], ['off', 3334]),
    )
  })

  it('ends as a plain flag, with what others have', () => {
    const end = (flag: FlagDefinition) => completeSplit(at(flag, 25), toSides(flag))
    expect(end(toFlag())).toEqual(toFlag(undefined, { defaultVariant: 'on' }))
    expect(end(toFlag({ if: [STAFF, 'on', 'off'] })).targeting).toEqual({ if: [STAFF, 'on', 'on'] })
    expect(end(toFlag(split(['beta', 1], ['off', 3]))).targeting).toEqual(
      split(['beta', 1], ['on', 3]),
    )
    const special = toFlag(split(['on', 1], ['off', 1]), {
      defaults: { environments: { qa: 'on' } },
    })
    expect(end(special).targeting).toEqual({ if: [true, 'on'] })
  })

  it('keeps what people have changed around it', () => {
    const flag = toFlag({ if: [STAFF, 'on'] })
    const moved = at(flag, 25)
    const [[, parts] = []] = Object.entries(moved.targeting ?? {})
    const rule = [{ '==': [{ var: 'country' }, 'NZ'] }, 'beta']
    const changed = { ...moved, targeting: { if: [...rule, ...(parts as unknown[])] } }
    expect(restoreSplit(changed, toSides(flag)).targeting).toEqual({
      if: [...rule, STAFF, 'on', 'off'],
    })
    const before = toFlag(split(['on', 1], ['off', 9]))
    const wrapped = {
      ...at(before, 50),
      targeting: { if: [...rule, split(['on', 5000], ['off', 5000])] },
    }
    expect(restoreSplit(wrapped, toSides(before)).targeting).toEqual({
      if: [...rule, split(['on', 1], ['off', 9])],
    })
  })

  it.each([
    ['two splits', toFlag({ if: [STAFF, split(['on', 1]), split(['off', 1])] }), /several splits/],
    [
      'a key of its own',
      toFlag({ fractional: [{ var: 'team' }, ['on', 1], ['off', 1]] }),
      /no list of/,
    ],
    ['a base that is not there', toFlag(split(['on', 1], ['beta', 1])), /no "off"/],
    [
      'two that are no neighbours',
      toFlag(split(['on', 1], ['beta', 1], ['off', 1])),
      /no neighbours/,
    ],
    ['another default', toFlag(undefined, { defaultVariant: 'beta' }), /default is "beta"/],
    ['no default', toFlag(undefined, { defaultVariant: null }), /default is null/],
    ['other defaults', toFlag(undefined, { defaults: { versions: { '1': 'on' } } }), /"defaults"/],
    ['a last part of its own', toFlag({ if: [STAFF, 'on', 'beta'] }), /no place for a split/],
    ['targeting of another kind', toFlag({ $ref: 'shared' }), /no place for a split/],
  ])('is refused with the reason: %s', (_, flag, reason) => {
    const made = beginSplit(flag, SIDES)
    expect(made.ok ? '' : made.error).toMatch(reason)
  })

  it('says why two variants cannot be compared any more', () => {
    const parts = (targeting?: object) => readParts(toFlag(targeting), SIDES)
    expect(parts(split(['on', 1], ['off', 3]))).toEqual({
      variant: [[0, 2500]],
      base: [[2500, 10_000]],
    })
    expect(parts(split(['on', 1]))).toEqual({ variant: [[0, 10_000]], base: [] })
    expect(parts()).toMatch(/no split any more/)
    expect(parts(split(['beta', 1]))).toMatch(/neither/)
    expect(parts(split(['on', 0], ['off', 0]))).toMatch(/neither/)
    expect(parts(split(['on', 1], ['beta', 1], ['off', 1]))).toMatch(/no neighbours/)
  })
})
