// Conditions of rules as fast-check makes them, and requests in which they hold, do not hold, or throw: few texts and
// names, so that they meet often.

import fc from 'fast-check'
import { checkCondition } from '../../src/core/conditions.ts'
import type { RequestFacts, RuleSubject } from '../../src/core/types.ts'
import { makeFacts } from './make-assignments.ts'

const TEXTS = ['', 'a', 'ab', 'abc', '/a/', '/a/b', '1', '__proto__', 'null']
const NAMES = ['x', 'y', '__proto__', 'constructor', 'connect.sid']
const text = fc.constantFrom(...TEXTS)
const pattern = fc.constantFrom('/a/*', '**b', '?', '')
const record = fc.dictionary(fc.constantFrom(...NAMES), text, { maxKeys: 3, noNullPrototype: true })
const variable = fc.oneof(
  fc.constantFrom('method', 'path', 'host', 'visitor', 'country', 'bucket', 'asn'),
  fc
    .tuple(fc.constantFrom('header', 'cookie', 'query'), fc.constantFrom(...NAMES))
    .map(([field, name]) => `${field}.${name}`),
)
const looked = fc.oneof(
  { weight: 8, arbitrary: variable.map((name) => ({ var: name })) },
  { weight: 1, arbitrary: variable.map((name) => ({ var: [name] })) },
  { weight: 1, arbitrary: fc.tuple(variable, text).map((args) => ({ var: args })) },
)
const value = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 3, arbitrary: looked },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(1, 42, null, true, false) },
)

/** Conditions that are looked up, others, such as throw, and all of them inside one another. */
const { condition } = fc.letrec<{ condition: unknown }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    {
      weight: 5,
      arbitrary: fc
        .tuple(fc.constantFrom('==', '==='), looked, text)
        .map(([operator, ...args]) => ({ [operator]: args })),
    },
    {
      weight: 3,
      arbitrary: fc
        .tuple(
          fc.constantFrom('==', '===', '!=', '!=='),
          fc.array(value, { minLength: 2, maxLength: 3 }),
        )
        .map(([operator, args]) => ({ [operator]: args })),
    },
    { weight: 2, arbitrary: fc.tuple(looked, text).map((args) => ({ starts_with: args })) },
    { weight: 1, arbitrary: fc.tuple(value, value).map((args) => ({ starts_with: args })) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(value, fc.oneof(fc.array(value, { maxLength: 3 }), looked))
        .map((args) => ({ in: args })),
    },
    // These throw for some requests.
    {
      weight: 1,
      arbitrary: fc.array(value, { minLength: 1, maxLength: 2 }).map((args) => ({ '+': args })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(value, looked, text).map((args) => ({ sem_ver: args })),
    },
    { weight: 1, arbitrary: fc.tuple(looked, looked).map((args) => ({ cidr: args })) },
    { weight: 1, arbitrary: fc.tuple(value, text).map((args) => ({ ends_with: args })) },
    { weight: 1, arbitrary: fc.tuple(looked, pattern).map((args) => ({ glob: args })) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(looked, fc.constantFrom(0, 50, 100), value)
        .map((args) => ({ percentage: args })),
    },
    {
      weight: 4,
      arbitrary: fc
        .tuple(
          fc.constantFrom('and', 'or'),
          fc.array(tie('condition'), { minLength: 1, maxLength: 3 }),
        )
        .map(([operator, args]) => ({ [operator]: args })),
    },
    { weight: 1, arbitrary: tie('condition').map((inner) => ({ '!': [inner] })) },
    { weight: 1, arbitrary: fc.boolean() },
  ),
}))
export const anyCondition = condition.filter((one) => checkCondition(one).length === 0)

/** Requests that such conditions hold for, or throw for. */
export const anyFacts = fc
  .record({
    method: text,
    path: text,
    host: text,
    visitor: fc.constantFrom('a', 'ab', '1'),
    attributes: fc.record(
      { header: record, cookie: record, query: record, country: text, asn: fc.constantFrom(1, 42) },
      { requiredKeys: ['header', 'cookie', 'query'] },
    ),
    grants: fc.constantFrom(new Set<string>(), new Set(['qa'])),
  })
  .map(makeFacts)

export const toSubject = ({ method, path, host, visitor, attributes }: RequestFacts) =>
  ({ method, path, host, visitor, bucket: 42, ...attributes }) satisfies RuleSubject
