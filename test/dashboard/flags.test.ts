// Flags in words, what a filter finds, and what a switch changes.

import { describe, expect, it } from 'vitest'
import { toConditionText } from '../../src/dashboard/say/conditions.ts'
import {
  listReferred,
  toFlagSummary,
  toFlagView,
  toReasonText,
} from '../../src/dashboard/say/flags.ts'
import type { ReadDocument } from '../../src/dashboard/state/documents.ts'
import {
  filterFlags,
  parseAttributes,
  toFlagRows,
  toToggled,
} from '../../src/dashboard/state/flags.ts'

const flag = (more: object = {}) => ({
  state: 'ENABLED',
  variants: { on: true, off: false },
  defaultVariant: 'off',
  ...more,
})
const summaryOf = (more: object) => toFlagSummary(toFlagView(flag(more)))
const IS_STAFF = { ends_with: [{ var: 'email' }, '@example.com'] }
const TENTH = {
  fractional: [
    ['on', 10],
    ['off', 90],
  ],
}

describe('who gets what', () => {
  it.each([
    ['no targeting', {}, 'Everybody: off'],
    ['empty targeting', { targeting: {} }, 'Everybody: off'],
    ['no default', { defaultVariant: null }, 'Everybody: the default of the code'],
    ['a flag that is off', { state: 'DISABLED' }, 'Everybody: the default of the code'],
    [
      'a rule, and a share of the others',
      { targeting: { if: [IS_STAFF, 'on', TENTH] } },
      'If email ends with "@example.com": on · Otherwise: 10\u202f% on, 90\u202f% off',
    ],
    [
      'a rule without another branch',
      { targeting: { if: [{ sem_ver: [{ var: 'app' }, '>=', '2.0.0'] }, 'on'] } },
      'If app is at least version "2.0.0": on · By default: off',
    ],
    [
      'a choice in the last branch of another one',
      { targeting: { if: [IS_STAFF, 'on', { if: [{ $ref: 'known' }, 'on', 'off'] }] } },
      'If email ends with "@example.com": on · If “known” holds: on · Otherwise: off',
    ],
    [
      'a branch that leaves it to the default',
      { targeting: { if: [IS_STAFF, null, 'on'] } },
      'If email ends with "@example.com": the default · Otherwise: on · By default: off',
    ],
    [
      'defaults of places',
      { defaults: { environments: { canary: 'on' }, versions: { v2: 'on' } } },
      'By default in the version v2: on · By default in the environment canary: on · By default: off',
    ],
    [
      'targeting that is computed',
      { targeting: { if: [{ var: 'a' }, { cat: ['o', 'n'] }] } },
      'By targeting that has no short form · By default: off',
    ],
    [
      'shares that are computed',
      { targeting: { fractional: [['on', { var: 'weight' }]] } },
      'By targeting that has no short form · By default: off',
    ],
  ])('is said in words: %s', (_, more, text) => {
    expect(summaryOf(more)).toBe(text)
  })

  it('has shares by weight, also without weights, and by a key of its own', () => {
    const targeting = { fractional: [{ var: 'account' }, ['on'], ['off'], ['off', 2]] }
    expect(toFlagView(flag({ targeting })).rules).toEqual([
      {
        who: 'Everybody',
        gives: {
          kind: 'split',
          shares: [
            { variant: 'on', percent: 25 },
            { variant: 'off', percent: 25 },
            { variant: 'off', percent: 50 },
          ],
          by: 'account',
        },
      },
    ])
  })

  it('keeps what is not of a usual form as JSON', () => {
    const targeting = { var: 'version' }
    expect(JSON.parse(toFlagView(flag({ targeting })).targetingText ?? '')).toEqual(targeting)
  })

  it('is read from anything, however far it is from a flag', () => {
    for (const odd of [null, 7, 'x', [], { variants: 3, targeting: [] }, { targeting: 'on' }]) {
      expect(toFlagSummary(toFlagView(odd))).toMatch(/^Everybody/)
    }
    expect(toFlagView(flag({ targeting: { fractional: [] } })).targetingText).toBeDefined()
  })

  it('names the shared parts that it refers to, also through others', () => {
    const evaluators = { a: { '!': [{ $ref: 'b' }] }, b: { $ref: 'a' }, c: true }
    const targeting = { if: [{ $ref: 'a' }, 'on'] }
    expect(listReferred(flag({ targeting }), evaluators)).toEqual(['a', 'b'])
    expect(toConditionText({ starts_with: [{ var: 'x' }, 'y'] })).toBe('x starts with "y"')
  })

  it('has a reason in words, and one of a newer Holo as it is', () => {
    expect(toReasonText('STATIC')).toBe('the flag has no targeting')
    expect(toReasonText('NEW')).toBe('NEW')
  })
})

describe('a filter of flags', () => {
  const rows = toFlagRows({
    checkout: flag({ public: true, targeting: { if: [IS_STAFF, 'on'] } }),
    search: flag({ state: 'DISABLED' }),
    constructor: flag(),
  })
  const find = (wanted: string) => filterFlags(rows, wanted).map(({ key }) => key)

  it.each([
    ['', ['checkout', 'search', 'constructor']],
    ['EXAMPLE.com', ['checkout']],
    ['keys only off', ['search', 'constructor']],
    ['default of the code', ['search']],
    ['nothing', []],
  ])('takes every word: "%s"', (wanted, keys) => {
    expect(find(wanted)).toEqual(keys)
  })
})

describe('a switch', () => {
  const document = (flags: object | undefined) => ({ flags }) as unknown as ReadDocument

  it('changes the state alone, of the flag as it is in the newest document', () => {
    const newest = flag({ defaultVariant: 'on' })
    const body = toToggled('a', false)(document({ a: newest, b: flag() }))
    expect(body).toEqual({ flags: { a: { ...newest, state: 'DISABLED' } } })
  })

  it('brings no flag back that is gone', () => {
    expect(toToggled('a', true)(document({}))).toEqual({ flags: {} })
    expect(toToggled('constructor', true)(document(undefined))).toEqual({ flags: {} })
  })
})

describe('attributes', () => {
  it('are an object of JSON, or nothing', () => {
    expect(parseAttributes(' ')).toEqual({ ok: true, value: {} })
    expect(parseAttributes('{"a":1}')).toEqual({ ok: true, value: { a: 1 } })
    for (const text of ['[1]', 'null', '7', '{"a"']) expect(parseAttributes(text).ok).toBe(false)
  })
})
