import { describe, expect, it } from 'vitest'
import { parseUnleash } from '../../../src/flags/importing/unleash.ts'
import { evaluate, read, reasonsOf, reportOf, shareOf } from '../../support/imported-flags.ts'

function importFeature(feature: object, segments: readonly object[] = []) {
  const whole = { name: 'f', enabled: true, strategies: [], ...feature }
  return read(parseUnleash(JSON.stringify({ version: 2, features: [whole], segments })))
}

const importStrategy = (strategy: object, segments: readonly object[] = []) =>
  importFeature({ strategies: [{ name: 'default', parameters: {}, ...strategy }] }, segments)

const importConstraint = (constraint: object) =>
  importStrategy({ constraints: [{ contextName: 'a', operator: 'IN', ...constraint }] })

const JUNE = '2026-06-01T00:00:00.000Z'
const MAY = Date.UTC(2026, 4, 1)
const JULY = Date.UTC(2026, 6, 1)

describe('a constraint of Unleash', () => {
  it.each<[string, object, object, boolean]>([
    ['IN', { values: ['x', ' y '] }, { a: 'y' }, true],
    ['IN: another value', { values: ['x'] }, { a: 'z' }, false],
    ['IN: a number as text', { values: ['5'] }, { a: 5 }, true],
    ['IN: nothing', { values: ['x'] }, {}, false],
    ['IN, inverted: nothing', { values: ['x'], inverted: true }, {}, true],
    ['NOT_IN', { operator: 'NOT_IN', values: ['x'] }, { a: 'x' }, false],
    ['NOT_IN: nothing', { operator: 'NOT_IN', values: ['x'] }, {}, true],
    ['userId is the targeting key', { contextName: 'userId', values: ['visitor'] }, {}, true],
    ['STR_STARTS_WITH', { operator: 'STR_STARTS_WITH', values: ['q', 'ab'] }, { a: 'abc' }, true],
    ['STR_ENDS_WITH', { operator: 'STR_ENDS_WITH', values: ['bc'] }, { a: 'abc' }, true],
    ['STR_CONTAINS', { operator: 'STR_CONTAINS', values: ['b'] }, { a: 'abc' }, true],
    ['STR_CONTAINS: nothing', { operator: 'STR_CONTAINS', values: ['b'] }, {}, false],
    ['NUM_EQ', { operator: 'NUM_EQ', value: '5' }, { a: '5' }, true],
    ['NUM_GT', { operator: 'NUM_GT', value: '5' }, { a: 6 }, true],
    ['NUM_GTE', { operator: 'NUM_GTE', value: '5' }, { a: '5' }, true],
    ['NUM_LT', { operator: 'NUM_LT', value: '5' }, { a: 5 }, false],
    ['NUM_LTE', { operator: 'NUM_LTE', value: '5' }, { a: 5 }, true],
    ['NUM_LT: nothing', { operator: 'NUM_LT', value: '5' }, {}, false],
    ['NUM_LT: a boolean', { operator: 'NUM_LT', value: '5' }, { a: true }, false],
    ['SEMVER_EQ', { operator: 'SEMVER_EQ', value: '1.2.3' }, { a: '1.2.3' }, true],
    ['SEMVER_GT', { operator: 'SEMVER_GT', value: '1.2.3' }, { a: '1.3.0' }, true],
    ['SEMVER_LT', { operator: 'SEMVER_LT', value: '1.2.3' }, { a: '1.2.3-beta.1' }, true],
    ['SEMVER_LT: nothing', { operator: 'SEMVER_LT', value: '1.2.3' }, {}, false],
    ['REGEX of a plain text', { operator: 'REGEX', value: '^cat$' }, { a: 'cat' }, true],
  ])('%s', (_, constraint, context, expected) => {
    expect(evaluate(importConstraint(constraint), 'f', context)).toBe(expected)
  })

  it('of a date holds from its second on', () => {
    const after = importConstraint({
      contextName: 'currentTime',
      operator: 'DATE_AFTER',
      value: JUNE,
    })
    const before = importConstraint({
      contextName: 'currentTime',
      operator: 'DATE_BEFORE',
      value: JUNE,
    })
    expect([MAY, JULY].map((now) => evaluate(after, 'f', {}, now))).toEqual([false, true])
    expect([MAY, JULY].map((now) => evaluate(before, 'f', {}, now))).toEqual([true, false])
  })

  it.each<[string, object, RegExp]>([
    [
      'case that does not count',
      { operator: 'STR_CONTAINS', values: ['b'], caseInsensitive: true },
      /cannot ignore case/,
    ],
    [
      'a regular expression',
      { operator: 'REGEX', value: 'c[ao]t' },
      /no regular expressions \(REGEX c\[ao\]t\)/,
    ],
    [
      'ranges of addresses',
      { operator: 'IN_CIDR', values: ['10.0.0.0/8'] },
      /no ranges of addresses/,
    ],
    [
      'an unknown operator',
      { operator: 'NEAR' },
      /strategy 1, constraint 1: the import does not know the operator "NEAR"/,
    ],
    [
      'a number that is none',
      { operator: 'NUM_GT', value: 'many' },
      /"many" is no value for NUM_GT/,
    ],
    ['a version that is none', { operator: 'SEMVER_GT', value: '1.2' }, /"1.2" is no value/],
    [
      'a date that is none',
      { contextName: 'currentTime', operator: 'DATE_AFTER', value: 'soon' },
      /"soon" is no value/,
    ],
    [
      'a date of something else',
      { operator: 'DATE_AFTER', value: JUNE },
      /compares the current time whatever/,
    ],
    [
      'the environment of the SDK',
      { contextName: 'environment', values: ['x'] },
      /"environment", which the SDK/,
    ],
    [
      'the application of the SDK',
      { contextName: 'appName', values: ['x'] },
      /"appName", which the SDK/,
    ],
    ['a name with a dot', { contextName: 'a.b', values: ['x'] }, /"a.b" cannot be read/],
    ['an unknown field', { fuzzy: true }, /constraints\[0\]\.fuzzy: the import does not know/],
  ])('leaves the flag out for %s', (_, constraint, reason) => {
    const imported = importConstraint(constraint)
    expect(imported.flags).toEqual({})
    expect(reasonsOf(imported, 'f').join('\n')).toMatch(reason)
  })
})

describe('a strategy of Unleash', () => {
  const rollout = (parameters: object) => ({ name: 'flexibleRollout', parameters })

  it.each<[string, object, object, boolean]>([
    ['default', { name: 'default' }, {}, true],
    ['userWithId', { name: 'userWithId', parameters: { userIds: 'me, visitor' } }, {}, true],
    ['userWithId: another', { name: 'userWithId', parameters: { userIds: 'me' } }, {}, false],
    [
      'remoteAddress',
      { name: 'remoteAddress', parameters: { IPs: '1.1.1.1,2.2.2.2' } },
      { remoteAddress: '2.2.2.2' },
      true,
    ],
    [
      'flexibleRollout of 100 %',
      rollout({ rollout: '100', stickiness: 'default', groupId: 'f' }),
      {},
      true,
    ],
    [
      'flexibleRollout of 0 %',
      rollout({ rollout: 0, stickiness: 'userId', groupId: 'f' }),
      {},
      false,
    ],
    [
      'flexibleRollout of 100 % by something missing',
      rollout({ rollout: '100', stickiness: 'team' }),
      {},
      false,
    ],
    [
      'gradualRolloutUserId',
      { name: 'gradualRolloutUserId', parameters: { percentage: '100', groupId: 'g' } },
      {},
      true,
    ],
    [
      'gradualRolloutSessionId',
      { name: 'gradualRolloutSessionId', parameters: { percentage: '100' } },
      { sessionId: 's' },
      true,
    ],
    [
      'flexibleRollout of 100 % by an empty text',
      rollout({ rollout: '100', stickiness: 'team' }),
      { team: '' },
      false,
    ],
  ])('%s', (_, strategy, context, expected) => {
    const imported = importStrategy(strategy)
    expect(evaluate(imported, 'f', context)).toBe(expected)
    expect(reportOf(imported, 'f')).toMatchObject({ visitorsKeepVariants: true, dealtAnew: [] })
  })

  it('with a percentage deals visitors out anew, and says so', () => {
    const imported = importStrategy(rollout({ rollout: '10', stickiness: 'default', groupId: 'f' }))
    expect(imported.flags.f?.targeting).toEqual({
      if: [
        {
          fractional: [
            [true, 10],
            [false, 90],
          ],
        },
        'on',
      ],
    })
    expect(reportOf(imported, 'f')).toMatchObject({
      visitorsKeepVariants: false,
      dealtAnew: [expect.stringContaining('in 10 %, out 90 % by targetingKey')],
    })
    expect(reportOf(imported, 'f')).toMatchObject({
      dealtAnew: [expect.stringContaining('about 18 %')],
    })
  })

  it('of one group draws one place for all flags of the group', () => {
    const strategy = (name: string, share: string) => ({
      name,
      enabled: true,
      strategies: [rollout({ rollout: share, stickiness: 'userId', groupId: 'g' })],
    })
    const features = [strategy('small', '20'), strategy('large', '60')]
    const imported = read(parseUnleash(JSON.stringify({ features })))
    for (let visitor = 0; visitor < 200; visitor += 1) {
      const context = { targetingKey: String(visitor) }
      if (evaluate(imported, 'small', context))
        expect(evaluate(imported, 'large', context)).toBe(true)
    }
  })

  it('of a group answers whoever has no targeting key', () => {
    const strategy = rollout({ rollout: '50', stickiness: 'userId', groupId: 'g' })
    expect([true, false]).toContain(
      evaluate(importStrategy(strategy), 'f', { targetingKey: undefined }),
    )
  })

  it('is one of several, of which one is enough', () => {
    const imported = importFeature({
      strategies: [
        { name: 'userWithId', parameters: { userIds: 'me' } },
        { name: 'default', constraints: [{ contextName: 'a', operator: 'IN', values: ['x'] }] },
      ],
    })
    expect(evaluate(imported, 'f', { targetingKey: 'me' })).toBe(true)
    expect(evaluate(imported, 'f', { a: 'x' })).toBe(true)
    expect(evaluate(imported, 'f', {})).toBe(false)
  })

  it('has segments, which become shared rules', () => {
    const constraints = [{ contextName: 'a', operator: 'IN', values: ['x'] }]
    const imported = importStrategy({ segments: [7] }, [{ id: 7, name: 'staff', constraints }])
    expect(Object.keys(imported.evaluators)).toEqual(['segment-7'])
    expect([{ a: 'x' }, {}].map((context) => evaluate(imported, 'f', context))).toEqual([
      true,
      false,
    ])
  })

  it.each<[string, object, RegExp]>([
    [
      'lots at each call',
      rollout({ rollout: '50', stickiness: 'random' }),
      /draws lots at each call/,
    ],
    [
      'gradualRolloutRandom',
      { name: 'gradualRolloutRandom', parameters: { percentage: '5' } },
      /draws lots/,
    ],
    ['applicationHostname', { name: 'applicationHostname' }, /host an application runs on/],
    ['a strategy of its own', { name: 'moonPhase' }, /"moonPhase" is a strategy of your own/],
    [
      'ranges of addresses',
      { name: 'remoteAddress', parameters: { IPs: '10.0.0.0/8' } },
      /\(10\.0\.0\.0\/8\)/,
    ],
    ['a percentage that is none', rollout({ rollout: 'half' }), /"half" is no whole percentage/],
    ['a segment without rules', { segments: [9] }, /does not say what segment 9 is/],
    ['disabled strategies alone', { disabled: true }, /disabled strategies alone/],
  ])('leaves the flag out for %s', (_, strategy, reason) => {
    const imported = importStrategy(strategy, [{ id: 9, name: 'staff' }])
    expect(reasonsOf(imported, 'f').join('\n')).toMatch(reason)
  })
})

describe('variants of Unleash', () => {
  const text = (name: string, weight: number, value: string, type = 'string') => ({
    name,
    weight,
    payload: { type, value },
    stickiness: 'default',
  })

  it('answer with their payload, and with the default in code where the feature is not enabled', () => {
    const imported = importFeature({
      strategies: [
        { name: 'userWithId', parameters: { userIds: 'me' }, variants: [text('a', 1000, 'A')] },
        { name: 'userWithId', parameters: { userIds: 'you' } },
      ],
    })
    expect(evaluate(imported, 'f', { targetingKey: 'me' })).toBe('A')
    expect(evaluate(imported, 'f', { targetingKey: 'you' })).toBeUndefined()
    expect(evaluate(imported, 'f', {})).toBeUndefined()
    expect(reportOf(imported, 'f')).toMatchObject({
      visitorsKeepVariants: true,
      notes: [expect.stringContaining('as getVariant does')],
    })
  })

  it('are drawn independently of who is in', () => {
    const parameters = { rollout: '50', stickiness: 'default', groupId: 'f' }
    const variants = [text('a', 500, 'A'), text('b', 500, 'B')]
    const imported = importFeature({
      strategies: [{ name: 'flexibleRollout', parameters, variants }],
    })
    expect(shareOf(imported, 'f', 'A')).toBeCloseTo(0.25, 1)
    expect(shareOf(imported, 'f', 'B')).toBeCloseTo(0.25, 1)
    expect(reportOf(imported, 'f')).toMatchObject({
      dealtAnew: [expect.stringContaining('in 50 %'), expect.stringContaining('"a" 50 %')],
    })
  })

  it('of the feature have overrides before weights', () => {
    const overrides = [{ contextName: 'userId', values: ['me'] }]
    const variants = [text('a', 1000, '1', 'number'), { ...text('b', 0, '2', 'number'), overrides }]
    const imported = importFeature({ variants })
    expect(evaluate(imported, 'f', { targetingKey: 'me' })).toBe(2)
    expect(evaluate(imported, 'f', {})).toBe(1)
  })

  it('without payload are their names', () => {
    const imported = importFeature({ variants: [{ name: 'red', weight: 1000 }] })
    expect(evaluate(imported, 'f', {})).toBe('red')
  })

  it('may be objects', () => {
    const imported = importFeature({ variants: [text('a', 1000, '{"size":5}', 'json')] })
    expect(evaluate(imported, 'f', {})).toEqual({ size: 5 })
  })

  it.each<[string, readonly object[], RegExp]>([
    ['some without payload', [text('a', 500, 'A'), { name: 'b', weight: 500 }], /some have none/],
    [
      'several types',
      [text('a', 500, 'A'), text('b', 500, '1', 'number')],
      /several types \(string, number\)/,
    ],
    ['a number that is none', [text('a', 1000, 'x', 'number')], /is no number: x/],
    ['JSON that is none', [text('a', 1000, '{', 'json')], /is no json/],
    ['JSON that is a list', [text('a', 1000, '[]', 'json')], /JSON of variant "a" is no object/],
    ['an unknown type', [text('a', 1000, 'x', 'xml')], /unknown type "xml"/],
    ['no weight', [text('a', 0, 'x')], /none has a weight/],
    [
      'lots at each call',
      [{ ...text('a', 1, 'x'), stickiness: 'random' }, text('b', 1, 'y')],
      /draws lots/,
    ],
  ])('leave the flag out for %s', (_, variants, reason) => {
    expect(reasonsOf(importFeature({ variants }), 'f').join('\n')).toMatch(reason)
  })
})

describe('a feature of Unleash', () => {
  it('that is off is false for everyone and keeps its strategies', () => {
    const strategies = [{ name: 'userWithId', parameters: { userIds: 'me' } }]
    const imported = importFeature({ enabled: false, strategies })
    expect(evaluate(imported, 'f', { targetingKey: 'me' })).toBe(false)
    expect(JSON.stringify(imported.flags.f?.targeting)).toContain('["me"]')
  })

  it('that is off does not count its percentages as dealt out anew yet', () => {
    const parameters = { rollout: '10', groupId: 'f' }
    const imported = importFeature({
      enabled: false,
      strategies: [{ name: 'flexibleRollout', parameters }],
    })
    expect(reportOf(imported, 'f')).toMatchObject({
      visitorsKeepVariants: true,
      notes: expect.arrayContaining([
        expect.stringContaining('once it is switched on: strategy 1'),
      ]),
    })
  })

  it.each<[string, object, RegExp]>([
    ['dependencies', { dependencies: [{ feature: 'g' }] }, /depends on the flag "g"/],
    ['an archived one', { archived: true }, /is archived/],
    ['strategies that are none', { strategies: 'all' }, /strategies: expected list, not a string/],
  ])('is left out for %s', (_, feature, reason) => {
    expect(reasonsOf(importFeature(feature), 'f').join('\n')).toMatch(reason)
  })
})

describe('an export of Unleash', () => {
  const exported = {
    features: [{ name: 'f', type: 'release' }, { name: 'g' }],
    featureStrategies: [
      { id: '2', featureName: 'f', name: 'default', sortOrder: 2, segments: [1] },
      {
        id: '1',
        featureName: 'g',
        name: 'userWithId',
        parameters: { userIds: 'me' },
        sortOrder: 1,
      },
    ],
    featureEnvironments: [
      { featureName: 'f', name: 'f', environment: 'production', enabled: true },
      { featureName: 'g', name: 'g', environment: 'production', enabled: true, variants: [] },
    ],
    segments: [{ id: 1, name: 'staff' }],
    dependencies: [],
    tagTypes: [],
  }

  it('joins strategies and states, and names segments whose rules it lacks', () => {
    const imported = read(parseUnleash(JSON.stringify(exported)))
    expect(evaluate(imported, 'g', { targetingKey: 'me' })).toBe(true)
    expect(reasonsOf(imported, 'f').join()).toMatch(
      /does not say what segment 1 is; the features that/,
    )
  })

  it('names a flag that depends on another', () => {
    const dependencies = [{ feature: 'g', dependencies: [{ feature: 'f' }] }]
    const imported = read(parseUnleash(JSON.stringify({ ...exported, dependencies })))
    expect(reasonsOf(imported, 'g').join()).toMatch(/depends on the flag "f"/)
  })

  it('is of one environment', () => {
    const other = { featureName: 'f', environment: 'test', enabled: true }
    const featureEnvironments = [...exported.featureEnvironments, other]
    expect(parseUnleash(JSON.stringify({ ...exported, featureEnvironments }))).toMatchObject({
      ok: false,
      error: 'the file has several environments (production, test): export one',
    })
  })
})

it.each<[string, string, RegExp]>([
  ['no JSON', 'features:', /not JSON/],
  ['no features', '{"flags":{}}', /no "features"/],
  [
    'features that are an object',
    '{"features":{}}',
    /"features" is of the type object, not a list/,
  ],
  ['a feature that is a text', '{"features":["f"]}', /features\[0\] is of the type string/],
  ['a feature without a name', '{"features":[{}]}', /features\[0\] has no "name"/],
])('refuses a file with %s', (_, text, message) => {
  expect(parseUnleash(text)).toMatchObject({ ok: false, error: expect.stringMatching(message) })
})
