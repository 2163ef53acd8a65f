import { describe, expect, it } from 'vitest'
import { parseLaunchDarkly } from '../../../src/flags/importing/launchdarkly.ts'
import { evaluate, read, reasonsOf, reportOf, shareOf } from '../../support/imported-flags.ts'

const ON_OFF = {
  on: true,
  variations: [true, false],
  offVariation: 1,
  fallthrough: { variation: 1 },
}

function importFlag(flag: object, segments: object = {}) {
  return read(parseLaunchDarkly(JSON.stringify({ flags: { f: { ...ON_OFF, ...flag } }, segments })))
}

function importClause(clause: object, segments: object = {}) {
  const whole = { attribute: 'a', op: 'in', values: [], ...clause }
  return importFlag({ rules: [{ id: 'r', clauses: [whole], variation: 0 }] }, segments)
}

describe('a clause of LaunchDarkly', () => {
  it.each<[string, object, object, boolean]>([
    ['in: a value of the list', { values: ['x', 'y'] }, { a: 'y' }, true],
    ['in: another value', { values: ['x', 'y'] }, { a: 'z' }, false],
    ['in: an element of a list is enough', { values: ['x'] }, { a: ['q', 'x'] }, true],
    ['in: no element', { values: ['x'] }, { a: ['q'] }, false],
    ['in: types are told apart', { values: [5] }, { a: '5' }, false],
    ['in: a number', { values: [5] }, { a: 5 }, true],
    ['in: a missing attribute', { values: ['x'] }, {}, false],
    ['not in: another value', { values: ['x'], negate: true }, { a: 'z' }, true],
    ['not in: a missing attribute meets nothing', { values: ['x'], negate: true }, {}, false],
    ['not in: an element of a list', { values: ['x'], negate: true }, { a: ['z', 'x'] }, false],
    ['key is the targeting key', { attribute: 'key', values: ['visitor'] }, {}, true],
    [
      'anonymous is false where it is missing',
      { attribute: 'anonymous', values: [false] },
      {},
      true,
    ],
    ['startsWith', { op: 'startsWith', values: ['q', 'ab'] }, { a: 'abc' }, true],
    ['startsWith: an element', { op: 'startsWith', values: ['ab'] }, { a: ['q', 5, 'abc'] }, true],
    ['endsWith: an element', { op: 'endsWith', values: ['bc'] }, { a: ['abc'] }, true],
    ['contains: an element', { op: 'contains', values: ['b'] }, { a: [null, 'abc'] }, true],
    [
      'semVerLessThan: a number is no version',
      { op: 'semVerLessThan', values: ['2.0.0'] },
      { a: 1 },
      false,
    ],
    ['startsWith: a number', { op: 'startsWith', values: ['1'] }, { a: 12 }, false],
    ['endsWith', { op: 'endsWith', values: ['bc'] }, { a: 'abc' }, true],
    ['endsWith: not', { op: 'endsWith', values: ['bc'] }, { a: 'bca' }, false],
    ['contains', { op: 'contains', values: ['b'] }, { a: 'abc' }, true],
    ['contains: a number', { op: 'contains', values: ['1'] }, { a: 1 }, false],
    ['contains: a missing attribute', { op: 'contains', values: ['b'] }, {}, false],
    ['matches an end', { op: 'matches', values: ['@x\\.com$'] }, { a: 'me@x.com' }, true],
    [
      'matches an end: the dot is a dot',
      { op: 'matches', values: ['@x\\.com$'] },
      { a: 'me@xacom' },
      false,
    ],
    ['matches a start', { op: 'matches', values: ['^ab'] }, { a: 'abc' }, true],
    ['matches the whole', { op: 'matches', values: ['^ab$'] }, { a: 'abc' }, false],
    ['matches a part', { op: 'matches', values: ['b'] }, { a: 'abc' }, true],
    ['lessThan', { op: 'lessThan', values: [5] }, { a: 4 }, true],
    ['lessThan: equal', { op: 'lessThan', values: [5] }, { a: 5 }, false],
    ['lessThan: a text', { op: 'lessThan', values: [5] }, { a: 'abc' }, false],
    ['lessThan: a text of digits', { op: 'lessThan', values: [5] }, { a: '4' }, false],
    ['lessThan: a missing attribute', { op: 'lessThan', values: [5] }, {}, false],
    ['lessThan: a boolean', { op: 'lessThan', values: [5] }, { a: true }, false],
    ['lessThanOrEqual', { op: 'lessThanOrEqual', values: [5] }, { a: 5 }, true],
    ['greaterThan', { op: 'greaterThan', values: [5] }, { a: 6 }, true],
    ['greaterThan: an element', { op: 'greaterThan', values: [5] }, { a: [1, 6] }, true],
    ['greaterThanOrEqual', { op: 'greaterThanOrEqual', values: [5] }, { a: 5 }, true],
    ['not greaterThan: a text', { op: 'greaterThan', values: [5], negate: true }, { a: 'q' }, true],
    ['semVerEqual', { op: 'semVerEqual', values: ['2.0'] }, { a: '2.0.0' }, true],
    ['semVerLessThan', { op: 'semVerLessThan', values: ['2.0.0'] }, { a: '2.0.0-rc.1' }, true],
    ['semVerGreaterThan', { op: 'semVerGreaterThan', values: ['2'] }, { a: '2.0.1' }, true],
    [
      'semVerGreaterThan: no version',
      { op: 'semVerGreaterThan', values: ['2'] },
      { a: 'new' },
      false,
    ],
    [
      'a path, with a context kind',
      { contextKind: 'user', attribute: '/b/c', values: [1] },
      { b: { c: 1 } },
      true,
    ],
    ['a slash of its own, without one', { attribute: 'b/c', values: [1] }, { 'b/c': 1 }, true],
    ['no values', { values: [] }, { a: 'x' }, false],
  ])('%s', (_, clause, context, expected) => {
    expect(evaluate(importClause(clause), 'f', context)).toBe(expected)
  })

  it.each<[string, object, RegExp]>([
    [
      'before',
      { op: 'before', values: [0] },
      /rule 1, clause 1: flagd cannot compare dates of the context \("before"\)/,
    ],
    ['after', { op: 'after', values: [0] }, /cannot compare dates/],
    [
      'matches',
      { op: 'matches', values: ['^a.*'] },
      /no regular expressions \("matches" \^a\.\*\)/,
    ],
    ['an unknown operator', { op: 'near', values: ['x'] }, /does not know the operator "near"/],
    [
      'an operand of another type',
      { op: 'lessThan', values: ['x'] },
      /"x" is no operand for "lessThan"/,
    ],
    ['a value that is no plain one', { values: [{}] }, /no text, number or boolean/],
    ['a version that is none', { op: 'semVerEqual', values: ['new'] }, /"new" is no operand/],
    ['another context kind', { contextKind: 'org', values: ['x'] }, /context kind "org"/],
    ['the kind itself', { attribute: 'kind', values: ['x'] }, /kind of context/],
    ['a name with a dot', { attribute: 'a.b', values: ['x'] }, /"a\.b" cannot be read/],
    [
      'a segment that is missing',
      { op: 'segmentMatch', values: ['s'] },
      /the segment "s" is not in the file/,
    ],
    [
      'an unknown field',
      { within: 5 },
      /rules\[0\]\.clauses\[0\]\.within: the import does not know this field/,
    ],
  ])('leaves the flag out for %s', (_, clause, reason) => {
    const imported = importClause(clause)
    expect(imported.flags).toEqual({})
    expect(reasonsOf(imported, 'f').join('\n')).toMatch(reason)
  })
})

describe('a segment of LaunchDarkly', () => {
  const inSegment = { op: 'segmentMatch', values: ['s'] }
  const segment = (fields: object) => ({ s: { key: 's', salt: 'x', ...fields } })
  const ruleOf = (fields: object) => ({
    clauses: [{ attribute: 'a', op: 'in', values: ['x'] }],
    ...fields,
  })

  it('becomes a shared rule: included before excluded, excluded before the rules', () => {
    const imported = importClause(
      inSegment,
      segment({ included: ['in', 'both'], excluded: ['out', 'both'], rules: [ruleOf({})] }),
    )
    expect(Object.keys(imported.evaluators)).toEqual(['segment-s'])
    expect(imported.flags.f?.targeting).toEqual({ if: [{ $ref: 'segment-s' }, 'on'] })
    const of = (targetingKey: string, a = 'x') => evaluate(imported, 'f', { targetingKey, a })
    expect([of('in', '-'), of('both'), of('out'), of('any'), of('any', '-')]).toEqual([
      true,
      true,
      false,
      true,
      false,
    ])
  })

  it('inside another one stands there itself', () => {
    const outer = { rules: [{ clauses: [{ op: 'segmentMatch', values: ['t'], negate: true }] }] }
    const imported = importClause(inSegment, { ...segment(outer), t: { included: ['me'] } })
    expect(JSON.stringify(imported.evaluators)).not.toContain('$ref')
    expect(evaluate(imported, 'f', { targetingKey: 'me' })).toBe(false)
    expect(evaluate(imported, 'f', { targetingKey: 'you' })).toBe(true)
  })

  it('with a share deals visitors out anew, and says so', () => {
    const imported = importClause(inSegment, segment({ rules: [ruleOf({ weight: 25_000 })] }))
    expect(shareOf(imported, 'f', true, { a: 'x' })).toBeCloseTo(0.25, 1)
    expect(reportOf(imported, 'f')).toMatchObject({
      visitorsKeepVariants: false,
      dealtAnew: [
        expect.stringContaining('segment "s", rule 1: in 25 %, out 75 % by targetingKey'),
      ],
    })
  })

  it.each([0, 100_000])('with the weight %d changes nothing for visitors', (weight) => {
    const imported = importClause(inSegment, segment({ rules: [ruleOf({ weight })] }))
    expect(reportOf(imported, 'f')).toMatchObject({ kept: true, visitorsKeepVariants: true })
    expect(evaluate(imported, 'f', { a: 'x' })).toBe(weight > 0)
  })

  it.each<[string, object, RegExp]>([
    ['big', { unbounded: true }, /segment "s" is a big segment/],
    ['deleted', { deleted: true }, /segment "s" is deleted/],
    [
      'about another context kind',
      { includedContexts: [{ contextKind: 'org', values: ['a'] }] },
      /context kind "org"/,
    ],
    [
      'referring to itself',
      { rules: [{ clauses: [inSegment] }] },
      /the segment "s" refers to itself/,
    ],
    ['malformed', { included: 'me' }, /segment "s"\.included: expected list, not a string/],
  ])('leaves the flag out if it is %s', (_, fields, reason) => {
    expect(reasonsOf(importClause(inSegment, segment(fields)), 'f').join('\n')).toMatch(reason)
  })
})

describe('a flag of LaunchDarkly', () => {
  it('asks targets first, then rules in order, then the default rule', () => {
    const imported = importFlag({
      variations: ['a', 'b', 'c', 'd'],
      targets: [{ variation: 0, values: ['me'] }],
      rules: [
        { clauses: [{ attribute: 'x', op: 'in', values: [1] }], variation: 1 },
        { clauses: [], variation: 2 },
      ],
      fallthrough: { variation: 3 },
    })
    expect(evaluate(imported, 'f', { targetingKey: 'me', x: 1 })).toBe('a')
    expect(evaluate(imported, 'f', { x: 1 })).toBe('b')
    expect(evaluate(imported, 'f', {})).toBe('c')
    expect(reportOf(imported, 'f')).toEqual({
      key: 'f',
      kept: true,
      visitorsKeepVariants: true,
      dealtAnew: [],
      reads: ['targetingKey', 'x'],
      notes: [],
    })
  })

  it('takes the order of contextTargets and the keys of targets', () => {
    const imported = importFlag({
      targets: [
        { variation: 1, values: ['me'] },
        { variation: 0, values: ['me'] },
      ],
      contextTargets: [
        { contextKind: 'user', variation: 0, values: [] },
        { contextKind: 'user', variation: 1, values: [] },
      ],
    })
    expect(evaluate(imported, 'f', { targetingKey: 'me' })).toBe(true)
  })

  it('splits in the same shares, and says how many visitors change', () => {
    const variations = [
      { variation: 0, weight: 20_000 },
      { variation: 1, weight: 80_000 },
    ]
    const imported = importFlag({ fallthrough: { rollout: { variations } } })
    expect(imported.flags.f?.targeting).toEqual({
      fractional: [
        ['on', 20],
        ['off', 80],
      ],
    })
    expect(shareOf(imported, 'f', true)).toBeCloseTo(0.2, 1)
    expect(reportOf(imported, 'f')).toMatchObject({
      visitorsKeepVariants: false,
      dealtAnew: [
        'the default rule: "on" 20 %, "off" 80 % by targetingKey: the shares stay, but visitors are dealt out anew, and about 32 % of them get another answer',
      ],
    })
  })

  it('keeps visitors where one variation has everything', () => {
    const variations = [
      { variation: 0, weight: 100_000 },
      { variation: 1, weight: 0 },
    ]
    const imported = importFlag({ fallthrough: { rollout: { variations } } })
    expect(imported.flags.f).toEqual({
      state: 'ENABLED',
      variants: { on: true, off: false },
      defaultVariant: 'on',
    })
    expect(reportOf(imported, 'f')).toMatchObject({ visitorsKeepVariants: true })
  })

  it('is one variant for all where a rule is for everyone', () => {
    const imported = importFlag({ rules: [{ clauses: [], variation: 0 }] })
    expect(imported.flags.f).toEqual({
      state: 'ENABLED',
      variants: { on: true, off: false },
      defaultVariant: 'on',
    })
  })

  it('gives the first variation where the attribute to split by is missing', () => {
    const variations = [
      { variation: 1, weight: 50_000 },
      { variation: 0, weight: 50_000 },
    ]
    const imported = importFlag({ fallthrough: { rollout: { bucketBy: 'team', variations } } })
    expect(evaluate(imported, 'f', {})).toBe(false)
    const answers = new Set(
      ['a', 'b', 'c', 'd', 'e', 'g'].map((team) => evaluate(imported, 'f', { team })),
    )
    expect(answers).toEqual(new Set([true, false]))
  })

  it('that is off gives everyone the off variation and keeps its rules', () => {
    const imported = importFlag({ on: false, targets: [{ variation: 0, values: ['me'] }] })
    expect(evaluate(imported, 'f', { targetingKey: 'me' })).toBe(false)
    const { targeting } = imported.flags.f ?? {}
    expect(targeting).toEqual({
      if: [false, { if: [{ in: [{ var: 'targetingKey' }, ['me']] }, 'on', 'off'] }],
    })
    expect(reportOf(imported, 'f')).toMatchObject({
      notes: [expect.stringContaining('is off: everyone gets "off"')],
    })
  })

  it('that is off without an off variation is disabled', () => {
    const imported = importFlag({ on: false, offVariation: null })
    expect(imported.flags.f?.state).toBe('DISABLED')
    expect(evaluate(imported, 'f', {})).toBeUndefined()
  })

  it.each<[string, object, RegExp]>([
    ['prerequisites', { prerequisites: [{ key: 'g', variation: 0 }] }, /depends on the flag "g"/],
    [
      'targets of another kind',
      { contextTargets: [{ contextKind: 'org', variation: 0, values: ['x'] }] },
      /context kind "org"/,
    ],
    [
      'a variation that is missing',
      { fallthrough: { variation: 7 } },
      /no variation 7; the flag has 2/,
    ],
    ['neither variation nor rollout', { fallthrough: {} }, /neither "variation" nor "rollout"/],
    [
      'weights that do not add up',
      { fallthrough: { rollout: { variations: [{ variation: 0, weight: 5 }] } } },
      /add up to 5, not to 100000/,
    ],
    [
      'a split by another kind',
      {
        fallthrough: {
          rollout: {
            contextKind: 'org',
            variations: [
              { variation: 0, weight: 50_000 },
              { variation: 1, weight: 50_000 },
            ],
          },
        },
      },
      /context kind "org"/,
    ],
    ['values that are lists', { variations: [[1], [2]] }, /a value is a list/],
    ['values of two types', { variations: [1, 'a'] }, /several types \(number, string\)/],
    ['on that is a text', { on: 'yes' }, /on: expected true or false, not a string/],
    ['a flag that is deleted', { deleted: true }, /is deleted/],
    [
      'a field of a rollout that it does not know',
      { fallthrough: { rollout: { variations: [], steps: [] } } },
      /fallthrough\.rollout\.steps: the import does not know/,
    ],
  ])('is left out for %s', (_, flag, reason) => {
    const imported = importFlag(flag)
    expect(imported.flags).toEqual({})
    expect(reasonsOf(imported, 'f').join('\n')).toMatch(reason)
  })

  it('is left out with all its reasons at once', () => {
    const clauses = [{ attribute: 'a', op: 'before', values: [1] }]
    const imported = importFlag({
      prerequisites: [{ key: 'g' }],
      rules: [{ clauses, variation: 9 }],
    })
    expect(reasonsOf(imported, 'f')).toHaveLength(3)
  })

  it('may be a key with a value', () => {
    const imported = read(parseLaunchDarkly(JSON.stringify({ flagValues: { size: 5 } })))
    expect(evaluate(imported, 'size', {})).toBe(5)
  })
})

describe('a list of the REST API', () => {
  const flag = (environments: object) => ({
    key: 'f',
    kind: 'multivariate',
    variations: [
      { _id: '1', value: 'a', name: 'Old' },
      { _id: '2', value: 'b' },
    ],
    environments,
  })
  const live = { on: true, fallthrough: { variation: 1 }, offVariation: 0, rules: [] }
  const parse = (environments: object, environment?: string) =>
    parseLaunchDarkly(JSON.stringify({ items: [flag(environments)] }), { environment })

  it('gives the flags of one environment, with the names of their variations', () => {
    const imported = read(parse({ production: live, test: { ...live, on: false } }, 'production'))
    expect(imported.flags.f).toEqual({
      state: 'ENABLED',
      variants: { Old: 'a', b: 'b' },
      defaultVariant: 'b',
    })
  })

  it('needs no name where there is one environment', () => {
    expect(read(parse({ production: live })).flags.f).toBeDefined()
  })

  it.each<[string, object, string | undefined, RegExp]>([
    [
      'several',
      { production: live, test: live },
      undefined,
      /has the environments "production", "test": say which/,
    ],
    ['another', { production: live }, 'prod', /has no environment "prod"; it has "production"/],
  ])('asks for the environment where the file has %s', (_, environments, wanted, message) => {
    expect(parse(environments, wanted)).toMatchObject({
      ok: false,
      error: expect.stringMatching(message),
    })
  })

  it.each<[string, object, RegExp]>([
    ['in short form', { on: true, _summary: {} }, /short form/],
    ['archived', { ...live, archived: true }, /is archived/],
  ])('leaves out a flag that is %s', (_, config, reason) => {
    expect(reasonsOf(read(parse({ production: config })), 'f').join()).toMatch(reason)
  })
})

it.each<[string, string, RegExp]>([
  ['no JSON', '{', /the file is not JSON/],
  ['no object', '[]', /the file is a list, not a JSON object/],
  ['neither form', '{"features":{}}', /neither "flags" or "flagValues".* nor "items"/],
  ['flags that are a list', '{"flags":[]}', /"flags" is a list/],
  ['segments that are a text', '{"flags":{},"segments":"x"}', /"segments" is of the type string/],
  ['items that are none', '{"items":{}}', /"items" is of the type object, not a list/],
  ['an item without a key', '{"items":[{}]}', /items\[0\] has no "key"/],
  ['an item without environments', '{"items":[{"key":"f"}]}', /"f"\) has no "environments"/],
  ['endless nesting', `{"flags":${'['.repeat(200)}${']'.repeat(200)}}`, /more than 64 levels/],
])('refuses a file with %s', (_, text, message) => {
  expect(parseLaunchDarkly(text)).toMatchObject({
    ok: false,
    error: expect.stringMatching(message),
  })
})

it('is not confused by keys that objects have by themselves', () => {
  const text = '{"flags":{"__proto__":{"on":true,"variations":[1],"fallthrough":{"variation":0}}}}'
  const imported = read(parseLaunchDarkly(text))
  expect(Object.keys(imported.flags)).toEqual(['__proto__'])
})
