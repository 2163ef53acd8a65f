// Flags and experiments in words, what a filter finds, and what switches, forms and the end of an experiment change.

import { describe, expect, it } from 'vitest'
import { toConditionText } from '../../src/dashboard/say/conditions.ts'
import { listExperimentVariants, toSampleRatioText } from '../../src/dashboard/say/experiments.ts'
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
  readShares,
  toFlagRows,
  toReshared,
  toStopped,
  toToggled,
} from '../../src/dashboard/state/flags.ts'
import { placeFaults, readDraft, startFlag } from '../../src/dashboard/state/new-flag.ts'

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

describe('what is wrong with a flag', () => {
  const targeted = flag({ targeting: { if: [IS_STAFF, 'on'] } })
  const count = (reason: string, lastHour: number) => ({
    ...{ flag: 'a', variant: 'off', reason, lastHour, lastDay: 2 * lastHour },
    ...{ count: 3 * lastHour, lastAt: '2026-11-23T12:00:00Z' },
  })
  const mentions = {
    ...{ searched: ['v1'], notSearched: [], unknown: [] },
    unmentioned: [{ key: 'b', mentionedBy: [] }],
  }

  it('is in its row, with how often it was evaluated, and found by the filter', () => {
    const counts = [count('DEFAULT', 3), count('ERROR', 1)]
    const rows = toFlagRows({ a: targeted, b: flag() }, { counts, mentions })
    expect(rows.map(({ evaluated, isUnmentioned }) => [evaluated, isUnmentioned])).toEqual([
      [{ lastHour: 4, lastDay: 8 }, false],
      [{ lastHour: 0, lastDay: 0 }, true],
    ])
    expect(rows[0]?.warning).toMatch(/nobody meets its targeting$/)
    expect(filterFlags(rows, 'meets').map(({ key }) => key)).toEqual(['a'])
    expect(filterFlags(rows, 'not mentioned').map(({ key }) => key)).toEqual(['b'])
  })

  it('is not claimed where nothing is known', () => {
    const [row] = toFlagRows({ a: targeted })
    expect(row).toMatchObject({ isUnmentioned: false })
    expect([row?.evaluated, row?.warning]).toEqual([undefined, undefined])
  })
})

describe('an experiment', () => {
  const report = {
    ...{
      flag: 'a',
      metrics: ['errors'],
      base: 'off',
      since: 0,
      weights: { on: 1, off: 2, more: 1 },
    },
    comparisons: [
      { variant: 'on', outcome: 'unknown' as const, sentence: 'x', visitors: [20, 11] as const },
    ],
  }

  it('has its variants with their shares and visitors, also one that is not compared', () => {
    expect(listExperimentVariants(report)).toEqual([
      { variant: 'on', isBase: false, percent: 25, visitors: 11 },
      { variant: 'off', isBase: true, percent: 50, visitors: 20 },
      { variant: 'more', isBase: false, percent: 25, visitors: undefined },
    ])
  })

  it('says whether visitors arrive in the shares of the split', () => {
    const [comparison] = report.comparisons
    const say = (more: object) =>
      toSampleRatioText({ ...report, comparisons: [{ ...comparison, ...more }] } as typeof report)
    expect(say({})).toBe('Visitors arrive in the shares of the split.')
    expect(say({ outcome: 'uneven' })).toBe('Visitors do not arrive in the shares of the split.')
    expect(say({ visitors: [0, 0] })).toBeUndefined()
  })

  it('ends with what visitors have, or with one variant for all of its split', () => {
    const experiment = { metrics: ['errors'], base: 'off' }
    const targeting = { if: [IS_STAFF, 'on', TENTH] }
    const document = { flags: { a: flag({ targeting, experiment }) } } as unknown as ReadDocument
    expect(toStopped('a', undefined)(document)).toEqual({ flags: { a: flag({ targeting }) } })
    expect(toStopped('a', 'on')(document)).toEqual({
      flags: { a: flag({ targeting: { if: [IS_STAFF, 'on', 'on'] } }) },
    })
  })
})

describe('shares', () => {
  const share = (more: object, to: Parameters<typeof toReshared>[1]) =>
    toReshared('a', to)({ flags: { a: flag(more) } } as unknown as ReadDocument).flags.a
  const weights = [
    { variant: 'on', weight: 30 },
    { variant: 'off', weight: 70 },
  ]
  const split = [
    ['on', 30],
    ['off', 70],
  ]

  it('are read where the split is plain, and can be made where nobody is targeted', () => {
    expect(readShares(flag())).toEqual({
      ...{ defaultVariant: 'off', weights: undefined, maySplit: true },
    })
    expect(readShares(flag({ targeting: { if: [IS_STAFF, 'on', TENTH] } }))).toMatchObject({
      weights: [{ variant: 'on', weight: 10 }, { weight: 90 }],
      maySplit: false,
    })
    const computed = { fractional: [['on', { var: 'weight' }]] }
    expect(readShares(flag({ targeting: computed })).weights).toBeUndefined()
  })

  it('change in their place, with the key that decides, and nothing else does', () => {
    const keyed = { fractional: [{ var: 'account' }, ['on'], ['off']] }
    expect(share({ targeting: keyed, public: true }, { defaultVariant: 'off', weights })).toEqual(
      flag({ targeting: { fractional: [{ var: 'account' }, ...split] }, public: true }),
    )
    const branch = { if: [IS_STAFF, 'on', TENTH] }
    expect(share({ targeting: branch }, { defaultVariant: null, weights })).toEqual(
      flag({ targeting: { if: [IS_STAFF, 'on', { fractional: split }] }, defaultVariant: null }),
    )
    expect(share({}, { defaultVariant: 'off', weights })).toEqual(
      flag({ targeting: { fractional: split } }),
    )
  })

  it('do not touch targeting that somebody has written meanwhile', () => {
    const targeting = { if: [IS_STAFF, 'on'] }
    expect(share({ targeting }, { defaultVariant: 'on', weights })).toEqual(
      flag({ targeting, defaultVariant: 'on' }),
    )
  })
})

describe('a new flag', () => {
  const draft = {
    ...{ key: 'a', ...startFlag('number'), isOn: true, isPublic: true, isForBackends: false },
  }

  it('has values of its kind', () => {
    expect(readDraft(draft, {}).flag).toEqual({
      ...{ state: 'ENABLED', variants: { low: 0, high: 1 }, defaultVariant: 'low', public: true },
    })
    const json = { ...draft, ...startFlag('json'), isOn: false, defaultVariant: '' }
    expect(readDraft(json, {}).flag).toMatchObject({
      state: 'DISABLED',
      variants: { a: {}, b: {} },
    })
    expect(readDraft(json, {}).flag).not.toHaveProperty('defaultVariant')
  })

  it('says what is wrong at the field, and never takes the place of another flag', () => {
    const variants = [
      { name: '', value: '1' },
      { name: 'b', value: 'x' },
      { name: 'b', value: '1' },
    ]
    expect(readDraft({ ...draft, variants }, { a: {} })).toMatchObject({
      flag: undefined,
      faults: {
        key: 'There is a flag of this name.',
        defaultVariant: 'There is no variant “low”.',
        variants: { 0: { at: 'name' }, 1: { at: 'value' }, 2: { at: 'name' } },
      },
    })
    expect(readDraft({ ...draft, key: '' }, {}).flag).toBeUndefined()
    expect(readDraft({ ...draft, key: 'constructor' }, {}).flag).toBeDefined()
  })

  it('has findings of the API at their fields, also with a key that has points', () => {
    const at = (inFlag: string) => ({ path: `flags.a.b${inFlag}`, message: inFlag || 'key' })
    const found = ['', '.defaultVariant', '.variants.high', '.state'].map(at)
    expect(placeFaults({ ...draft, key: 'a.b' }, [...found, { path: '', message: 'x' }])).toEqual({
      key: 'key',
      defaultVariant: '.defaultVariant',
      variants: { 1: { at: 'name', text: '.variants.high' } },
      others: ['flags.a.b.state: .state', 'x'],
    })
  })
})
