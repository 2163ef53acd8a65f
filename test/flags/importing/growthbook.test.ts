import { describe, expect, it } from 'vitest'
import { parseGrowthBook } from '../../../src/flags/importing/growthbook.ts'
import { evaluate, read, reasonsOf, reportOf, shareOf } from '../../support/imported-flags.ts'

function importFeature(feature: object, savedGroups: object = {}) {
  return read(parseGrowthBook(JSON.stringify({ features: { f: feature }, savedGroups })))
}

const importRule = (rule: object, savedGroups: object = {}) =>
  importFeature({ defaultValue: 'no', rules: [{ force: 'yes', ...rule }] }, savedGroups)

describe('a condition of GrowthBook', () => {
  it.each<[string, object, object, boolean]>([
    ['a text', { a: 'x' }, { a: 'x' }, true],
    ['a text of digits, and a number', { a: '5' }, { a: 5 }, true],
    ['a number', { a: 5 }, { a: 5 }, true],
    ['a number as text', { a: 5 }, { a: '5' }, true],
    ['0 and nothing', { a: 0 }, {}, true],
    ['true', { a: true }, { a: 1 }, true],
    ['true and nothing', { a: true }, {}, false],
    ['false', { a: false }, { a: 0 }, true],
    ['false and nothing', { a: false }, {}, false],
    ['null', { a: null }, {}, true],
    ['a path', { 'a.b': 'x' }, { a: { b: 'x' } }, true],
    ['id is the targeting key', { id: 'visitor' }, {}, true],
    ['$eq', { a: { $eq: 5 } }, { a: 5 }, true],
    ['$eq: types are told apart', { a: { $eq: 5 } }, { a: '5' }, false],
    ['$ne', { a: { $ne: 'x' } }, {}, true],
    ['$lt', { a: { $lt: 5 } }, { a: 4 }, true],
    ['$lte', { a: { $lte: 5 } }, { a: 6 }, false],
    ['$gt of texts', { a: { $gt: '2026-01-01' } }, { a: '2026-02-01' }, true],
    ['$gte and $lt together', { a: { $gte: 5, $lt: 10 } }, { a: 5 }, true],
    ['$exists', { a: { $exists: true } }, { a: 0 }, true],
    ['$exists: false', { a: { $exists: false } }, {}, true],
    ['$in', { a: { $in: ['x', 'y'] } }, { a: 'y' }, true],
    ['$in: an element', { a: { $in: ['x'] } }, { a: ['q', 'x'] }, true],
    ['$in: null', { a: { $in: [null] } }, {}, true],
    ['$nin', { a: { $nin: ['x'] } }, { a: ['x'] }, false],
    ['$nin: nothing', { a: { $nin: ['x'] } }, {}, true],
    ['$not', { a: { $not: { $in: ['x'] } } }, { a: 'y' }, true],
    ['$not of a condition', { $not: { a: 'x' } }, { a: 'x' }, false],
    ['$and', { $and: [{ a: 'x' }, { b: 'y' }] }, { a: 'x', b: 'y' }, true],
    ['$or', { $or: [{ a: 'x' }, { b: 'y' }] }, { b: 'y' }, true],
    ['$or of nothing', { $or: [] }, {}, true],
    ['$nor', { $nor: [{ a: 'x' }, { b: 'y' }] }, { b: 'y' }, false],
    ['$elemMatch', { a: { $elemMatch: { $eq: 'x' } } }, { a: ['q', 'x'] }, true],
    [
      '$elemMatch of objects',
      { a: { $elemMatch: { n: { $gt: 5 } } } },
      { a: [{ n: 1 }, { n: 6 }] },
      true,
    ],
    [
      '$elemMatch of a plain text',
      { a: { $elemMatch: { $regex: '^x' } } },
      { a: ['q', 'xy'] },
      true,
    ],
    [
      '$in within $elemMatch',
      { a: { $elemMatch: { n: { $in: [5, 6] } } } },
      { a: [{ n: 1 }, { n: 6 }] },
      true,
    ],
    ['$all', { a: { $all: ['x', 'y'] } }, { a: ['y', 'q', 'x'] }, true],
    ['$all: one is missing', { a: { $all: ['x', 'y'] } }, { a: ['x'] }, false],
    ['$regex of a plain text', { a: { $regex: '@x\\.com$' } }, { a: 'me@x.com' }, true],
    ['$regex with a slash', { a: { $regex: '^\\/shop' } }, { a: '/shop/1' }, true],
    ['$veq', { a: { $veq: 'v1.2.3' } }, { a: '1.2.3' }, true],
    ['$vne: nothing', { a: { $vne: '1.2.3' } }, {}, true],
    ['$vlt', { a: { $vlt: '1.10.0' } }, { a: '1.9.0' }, true],
    ['$vlt: nothing is version 0', { a: { $vlt: '1.10.0' } }, {}, true],
    ['$vlte', { a: { $vlte: '1.10.0' } }, { a: '1.10.0' }, true],
    ['$vgt', { a: { $vgt: '1.10.0' } }, { a: '1.10.0-beta' }, false],
    ['$vgte: nothing', { a: { $vgte: '1.10.0' } }, {}, false],
    ['$inGroup', { a: { $inGroup: 'staff' } }, { a: 'me' }, true],
    ['$notInGroup', { id: { $notInGroup: 'staff' } }, {}, true],
  ])('%s', (_, condition, context, expected) => {
    const imported = importRule({ condition }, { staff: ['me', 'you'] })
    expect(evaluate(imported, 'f', context)).toBe(expected ? 'yes' : 'no')
  })

  it('makes saved groups shared rules', () => {
    const imported = importRule({ condition: { team: { $inGroup: 'staff' } } }, { staff: ['me'] })
    expect(Object.keys(imported.evaluators)).toEqual(['group-staff-team'])
    expect(imported.flags.f?.targeting).toEqual({ if: [{ $ref: 'group-staff-team' }, 'yes'] })
  })

  it.each<[string, object, RegExp]>([
    ['$ini', { a: { $ini: ['x'] } }, /cannot ignore case \("\$ini"\)/],
    ['$nini', { a: { $nini: ['x'] } }, /cannot ignore case/],
    ['$alli', { a: { $alli: ['x'] } }, /cannot ignore case/],
    ['$regexi', { a: { $regexi: 'x' } }, /cannot ignore case/],
    ['$regex', { a: { $regex: 'x+' } }, /no regular expressions \("\$regex" x\+\)/],
    ['$type', { a: { $type: 'string' } }, /no operator like "\$type"/],
    ['$size', { a: { $size: 2 } }, /no operator like "\$size"/],
    ['an unknown operator', { a: { $near: 1 } }, /does not know the operator "\$near"/],
    ['an unknown operator at the top', { $near: 1 }, /does not know the operator "\$near"/],
    ['a list', { a: ['x'] }, /rule 1: flagd cannot compare with \["x"\]/],
    ['an object', { a: { b: 1 } }, /cannot compare with \{"b":1\}/],
    ['a group that is missing', { a: { $inGroup: 'new' } }, /not have the saved group "new"/],
    ['a version that is none', { a: { $vgt: 'new' } }, /"new" is no operand for "\$vgt"/],
    [
      'versions of elements',
      { a: { $elemMatch: { $vgt: '1.0.0' } } },
      /versions of list elements \("\$vgt"\)/,
    ],
    ['an operand of another type', { a: { $in: 'x' } }, /"x" is no operand for "\$in"/],
    ['$or of an object', { $or: { a: 1 } }, /expected a list/],
    ['an empty name', { 'a..b': 1 }, /"a\.\.b" cannot be read/],
  ])('leaves the flag out for %s', (_, condition, reason) => {
    const imported = importRule({ condition })
    expect(imported.flags).toEqual({})
    expect(reasonsOf(imported, 'f').join('\n')).toMatch(reason)
  })
})

describe('a rule of GrowthBook', () => {
  it('comes before those that follow, and all before the default', () => {
    const imported = importFeature({
      defaultValue: false,
      rules: [
        { condition: { a: 1 }, force: true },
        { force: false, condition: { b: 1 } },
        { force: true },
      ],
    })
    expect(evaluate(imported, 'f', { b: 1 })).toBe(false)
    expect(evaluate(imported, 'f', {})).toBe(true)
    expect(reportOf(imported, 'f')).toMatchObject({ visitorsKeepVariants: true, reads: ['a', 'b'] })
  })

  it('with a coverage deals visitors out anew, and says so', () => {
    const imported = importRule({ coverage: 0.3, hashAttribute: 'id' })
    expect(imported.flags.f?.targeting).toEqual({
      if: [
        {
          fractional: [
            [true, 30],
            [false, 70],
          ],
        },
        'yes',
      ],
    })
    expect(reportOf(imported, 'f')).toMatchObject({
      visitorsKeepVariants: false,
      dealtAnew: [expect.stringContaining('rule 1: in 30 %, out 70 % by targetingKey')],
    })
  })

  it.each([0, 1])('with a coverage of %d changes nothing for visitors', (coverage) => {
    const imported = importRule({ coverage, hashVersion: 2 })
    expect(evaluate(imported, 'f', {})).toBe(coverage === 1 ? 'yes' : 'no')
    expect(reportOf(imported, 'f')).toMatchObject({ visitorsKeepVariants: true })
  })

  it('is for nobody without the attribute that it hashes', () => {
    const imported = importRule({ coverage: 1, hashAttribute: 'team' })
    expect(evaluate(imported, 'f', {})).toBe('no')
    expect(evaluate(imported, 'f', { team: 'x' })).toBe('yes')
  })

  it('may hash an attribute of the team that is the targeting key', () => {
    const features = { f: { rules: [{ force: 1, coverage: 0.5, hashAttribute: 'deviceId' }] } }
    const text = JSON.stringify({ features })
    const imported = read(parseGrowthBook(text, { visitorAttribute: 'deviceId' }))
    expect(reportOf(imported, 'f')).toMatchObject({ reads: ['targetingKey'] })
    expect(evaluate(imported, 'f', { targetingKey: '' })).toBeUndefined()
  })

  it('that is an experiment splits who takes part, and passes the others on', () => {
    const imported = importFeature({
      defaultValue: 'none',
      rules: [{ variations: ['a', 'b'], weights: [0.5, 0.5], coverage: 0.4 }],
    })
    expect(shareOf(imported, 'f', 'a')).toBeCloseTo(0.2, 1)
    expect(shareOf(imported, 'f', 'b')).toBeCloseTo(0.2, 1)
    expect(reportOf(imported, 'f')).toMatchObject({
      dealtAnew: [
        expect.stringMatching(/^rule 1: "a" 20 %, out 60 %, "b" 20 % by targetingKey.* about 56 %/),
      ],
      notes: [expect.stringContaining('rule 1 is an experiment')],
    })
  })

  it('that is an experiment of one variation with everything keeps visitors', () => {
    const imported = importFeature({ rules: [{ variations: [false, true], weights: [0, 1] }] })
    expect(evaluate(imported, 'f', {})).toBe(true)
    expect(reportOf(imported, 'f')).toMatchObject({ visitorsKeepVariants: true })
  })

  it.each([
    ['namespace', (from: number, to: number) => ({ namespace: ['n', from, to] })],
    ['filters', (from: number, to: number) => ({ filters: [{ seed: 'n', ranges: [[from, to]] }] })],
  ])('in a part of a %s excludes those in the other part', (_, place) => {
    const feature = (from: number, to: number) => ({
      defaultValue: 'none',
      rules: [{ variations: ['a', 'b'], ...place(from, to) }],
    })
    const features = { f: feature(0, 0.5), g: feature(0.5, 1) }
    const imported = read(parseGrowthBook(JSON.stringify({ features })))
    for (let visitor = 0; visitor < 200; visitor += 1) {
      const context = { targetingKey: String(visitor) }
      const out = [evaluate(imported, 'f', context), evaluate(imported, 'g', context)]
      expect(out.filter((value) => value === 'none')).toHaveLength(1)
    }
  })

  it.each<[string, object, RegExp]>([
    [
      'a prerequisite',
      { parentConditions: [{ id: 'g', condition: {} }] },
      /rule 1: depends on the flag "g"/,
    ],
    ['an unknown hash', { hashVersion: 3, coverage: 0.5 }, /hashVersion/],
    ['remote evaluation', { tracks: [] }, /evaluated for one user/],
    ['an unknown field', { schedule: [] }, /rules\[0\]\.schedule: the import does not know/],
    [
      'ranges that overlap',
      {
        filters: [
          {
            seed: 's',
            ranges: [
              [0, 0.5],
              [0.4, 1],
            ],
          },
        ],
      },
      /ranges overlap/,
    ],
    ['null', { force: null }, /a value is null/],
    ['another type', { force: 5 }, /several types/],
  ])('leaves the flag out for %s', (_, rule, reason) => {
    expect(reasonsOf(importRule(rule), 'f').join('\n')).toMatch(reason)
  })

  it.each<[string, object, RegExp]>([
    [
      'a holdout',
      { variations: [1, 2], meta: [{ key: '0' }, { passthrough: true }] },
      /is a holdout/,
    ],
    ['one variation', { variations: [1] }, /neither "force" nor two "variations"/],
    ['nothing', {}, /neither "force" nor two "variations"/],
  ])('leaves the flag out for an experiment with %s', (_, rule, reason) => {
    const imported = importFeature({ defaultValue: 0, rules: [rule] })
    expect(reasonsOf(imported, 'f').join('\n')).toMatch(reason)
  })
})

it('takes the default in code where a feature has none', () => {
  const imported = importFeature({
    defaultValue: null,
    rules: [{ condition: { a: 1 }, force: 'x' }],
  })
  expect(evaluate(imported, 'f', {})).toBeUndefined()
})

it.each<[string, string, RegExp]>([
  ['no JSON', '', /not JSON/],
  ['no features', '{}', /"features" is missing/],
  ['features that are encrypted', '{"features":{},"encryptedFeatures":"x.y"}', /encrypted/],
  ['features that are a list', '{"features":[]}', /"features" is a list/],
  ['groups that are a list', '{"features":{},"savedGroups":[]}', /"savedGroups" is a list/],
])('refuses a file with %s', (_, text, message) => {
  expect(parseGrowthBook(text)).toMatchObject({ ok: false, error: expect.stringMatching(message) })
})

it('leaves out a feature that is malformed', () => {
  expect(reasonsOf(importFeature({ rules: {} }), 'f')).toEqual([
    'rules: expected list, not an object',
  ])
})
