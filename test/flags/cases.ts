// What flagd's evaluator promises, as a table: flags by operator, and for each a context with the value, variant
// or default that it has to give.

import type { FlagDefinition } from '../../src/document/flags.ts'

export type Case = {
  readonly flag: string
  readonly context: Readonly<Record<string, unknown>>
  readonly value?: unknown
  readonly reason: 'STATIC' | 'TARGETING_MATCH' | 'DEFAULT' | 'DISABLED'
}

const enabled = (
  variants: FlagDefinition['variants'],
  defaultVariant?: string | null,
  targeting?: FlagDefinition['targeting'],
): FlagDefinition => ({
  state: 'ENABLED',
  variants,
  ...(defaultVariant === undefined ? {} : { defaultVariant }),
  ...(targeting && { targeting }),
})
const colours = { red: 'r', blue: 'b', none: 'n' }
const chosen = (targeting: FlagDefinition['targeting']) => enabled(colours, 'none', targeting)
const when = (condition: unknown) => chosen({ if: [condition, 'red', 'blue'] })
const semVer = (operator: string, target: string) =>
  chosen({ if: [{ sem_ver: [{ var: 'v' }, operator, target] }, 'red', 'blue'] })

export const EVALUATORS = {
  // flagd puts them into place in their order.
  trusted: { or: [{ $ref: 'staff' }, { '==': [{ var: 'tier' }, 'gold'] }] },
  staff: { ends_with: [{ var: 'email' }, '@example.com'] },
}

export const FLAGS: Readonly<Record<string, FlagDefinition>> = {
  on: enabled({ on: true, off: false }, 'on'),
  off: enabled({ on: true, off: false }, 'off'),
  text: enabled({ hi: 'hi' }, 'hi'),
  empty: enabled({ empty: '' }, 'empty'),
  zero: enabled({ zero: 0 }, 'zero'),
  fraction: enabled({ half: 0.5 }, 'half'),
  object: enabled({ all: { images: 100, titles: ['a', 'b'] } }, 'all'),
  'no-fields': enabled({ none: {} }, 'none'),
  list: enabled({ list: [1, 2] }, 'list'),
  disabled: { ...enabled({ on: true }, 'on'), state: 'DISABLED' },
  'no-default': enabled({ on: true, off: false }),
  'null-default': enabled({ on: true }, null),
  'null-result': enabled({ on: 'x' }, null, { if: [{ '==': [{ var: 'a' }, 1] }, 'on', null] }),
  'empty-targeting': enabled({ on: true }, 'on', {}),
  '🚩 größe/日本': enabled({ on: true }, 'on'),
  starts: when({ starts_with: [{ var: 'id' }, 'abc'] }),
  ends: when({ ends_with: [{ var: 'id' }, 'xyz'] }),
  'starts-alone': chosen({ starts_with: [{ var: 'id' }, 'abc'] }),
  'semver-equal': semVer('=', '1.2.3'),
  'semver-unequal': semVer('!=', '1.2.3'),
  'semver-below': semVer('<', '2.0.0'),
  'semver-at-most': semVer('<=', '2.0.0'),
  'semver-above': semVer('>', '2.0.0'),
  'semver-at-least': semVer('>=', '2.0.0'),
  'semver-major': semVer('^', '3.0.0'),
  'semver-minor': semVer('~', '3.0.0'),
  'semver-alone': chosen({ sem_ver: [{ var: 'v' }, '=', '1.0.0'] }),
  equal: when({ '==': [{ var: 'n' }, 1] }),
  strict: when({ '===': [{ var: 'n' }, 1] }),
  nested: when({ '==': [{ var: 'user.name' }, 'jack'] }),
  in: when({ in: [{ var: 'n' }, [1, 2, 3]] }),
  missing: when({ '!': { missing: ['n'] } }),
  between: when({ '<': [1, { var: 'n' }, 3] }),
  some: when({ some: [{ var: 'tags' }, { '==': [{ var: '' }, 'beta'] }] }),
  'flag-key': when({ '==': [{ var: '$flagd.flagKey' }, 'flag-key'] }),
  time: when({ '>': [{ var: '$flagd.timestamp' }, 1_700_000_000] }),
  targeted: when({ '==': [{ var: 'targetingKey' }, 'anna'] }),
  shared: when({ $ref: 'staff' }),
  'shared-twice': when({ $ref: 'trusted' }),
  one: chosen({ fractional: [['red', 1]] }),
  seeded: chosen({ fractional: [{ var: 'user.name' }, ['red', 50], ['blue', 50]] }),
  short: chosen({ fractional: [['red'], ['blue']] }),
  'zero-weights': chosen({
    fractional: [
      ['red', 0],
      ['blue', 0],
    ],
  }),
  computed: chosen({
    fractional: [[{ if: [{ '==': [{ var: 'tier' }, 'gold'] }, 'red', 'blue'] }, 1]],
  }),
  'computed-weight': chosen({
    fractional: [
      ['red', { if: [{ '==': [{ var: 'tier' }, 'gold'] }, 100, 0] }],
      ['blue', { if: [{ '==': [{ var: 'tier' }, 'gold'] }, 0, 100] }],
    ],
  }),
  'zero-by-rule': enabled({ zero: 0, one: 1 }, 'one', { if: [{ var: 'a' }, 'zero'] }),
  'false-by-rule': enabled({ no: false, yes: true }, 'yes', { if: [{ var: 'a' }, 'no'] }),
}

const red = (flag: string, context: Case['context']): Case => hit(flag, context, 'r')
const blue = (flag: string, context: Case['context']): Case => hit(flag, context, 'b')
const hit = (flag: string, context: Case['context'], value: unknown): Case => ({
  flag,
  context,
  value,
  reason: 'TARGETING_MATCH',
})
const fallen = (flag: string, context: Case['context'], value: unknown = 'n'): Case => ({
  flag,
  context,
  value,
  reason: 'DEFAULT',
})
const still = (flag: string, value: unknown): Case => ({
  flag,
  context: {},
  value,
  reason: 'STATIC',
})

export const CASES: readonly Case[] = [
  still('on', true),
  still('off', false),
  still('text', 'hi'),
  still('empty', ''),
  still('zero', 0),
  still('fraction', 0.5),
  still('object', { images: 100, titles: ['a', 'b'] }),
  still('no-fields', {}),
  still('list', [1, 2]),
  still('empty-targeting', true),
  still('🚩 größe/日本', true),
  { flag: 'disabled', context: {}, reason: 'DISABLED' },
  { flag: 'no-default', context: {}, reason: 'DEFAULT' },
  { flag: 'null-default', context: {}, reason: 'DEFAULT' },
  { flag: 'null-result', context: { a: 2 }, reason: 'DEFAULT' },
  hit('null-result', { a: 1 }, 'x'),
  red('starts', { id: 'abcdef' }),
  blue('starts', { id: 'xabc' }),
  blue('starts', { id: 5 }),
  fallen('starts-alone', { id: 5 }),
  fallen('starts-alone', {}),
  red('ends', { id: 'uvwxyz' }),
  blue('ends', { id: 'xyzu' }),
  red('semver-equal', { v: '1.2.3' }),
  red('semver-equal', { v: 'v1.2.3' }),
  red('semver-equal', { v: '1.2.3+build' }),
  blue('semver-equal', { v: '1.2.4' }),
  red('semver-unequal', { v: '1.2.4' }),
  red('semver-below', { v: '2.0.0-alpha' }),
  red('semver-below', { v: '1' }),
  red('semver-below', { v: 1.5 }),
  red('semver-at-most', { v: '2.0.0' }),
  red('semver-above', { v: '2.0.1' }),
  red('semver-at-least', { v: '2' }),
  red('semver-major', { v: '3.9.1' }),
  blue('semver-major', { v: '4.0.0' }),
  red('semver-minor', { v: '3.0.9' }),
  blue('semver-minor', { v: '3.1.0' }),
  fallen('semver-alone', { v: 'not-a-version' }),
  fallen('semver-alone', { v: '2.0.0.0' }),
  fallen('semver-alone', {}),
  red('equal', { n: 1 }),
  red('equal', { n: '1' }),
  blue('equal', {}),
  red('strict', { n: 1 }),
  blue('strict', { n: '1' }),
  red('nested', { user: { name: 'jack' } }),
  blue('nested', { user: 'jack' }),
  red('in', { n: 2 }),
  blue('in', { n: 4 }),
  red('missing', { n: 0 }),
  red('between', { n: 2 }),
  blue('between', { n: 3 }),
  red('some', { tags: ['a', 'beta'] }),
  blue('some', { tags: ['a'] }),
  red('flag-key', {}),
  red('flag-key', { $flagd: { flagKey: 'forged' } }),
  red('time', {}),
  red('targeted', { targetingKey: 'anna' }),
  blue('targeted', { targetingKey: 'ben' }),
  red('shared', { email: 'a@example.com' }),
  blue('shared', { email: 'a@example.org' }),
  red('shared-twice', { tier: 'gold' }),
  red('shared-twice', { email: 'a@example.com' }),
  blue('shared-twice', {}),
  red('one', { targetingKey: 'anybody' }),
  fallen('one', {}),
  fallen('seeded', { targetingKey: 'x' }),
  fallen('zero-weights', { targetingKey: 'anybody' }),
  red('computed', { targetingKey: 'x', tier: 'gold' }),
  blue('computed', { targetingKey: 'x' }),
  red('computed-weight', { targetingKey: 'x', tier: 'gold' }),
  blue('computed-weight', { targetingKey: 'x' }),
  hit('zero-by-rule', { a: true }, 0),
  fallen('zero-by-rule', {}, 1),
  hit('false-by-rule', { a: true }, false),
]
