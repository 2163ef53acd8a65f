// The index of rules: whatever the rules and the request, the decision is that of trying every rule in its order, and
// few rules are tried.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileCondition } from '../../src/core/conditions.ts'
import { decide, explain } from '../../src/core/decide.ts'
import { indexRules } from '../../src/core/rule-index.ts'
import type { Assignments, Rule, RuleSubject } from '../../src/core/types.ts'
import { anyCondition, anyFacts, toSubject } from './any-condition.ts'
import { makeAssignments, makeFacts } from './make-assignments.ts'

type Written = { readonly when: unknown; readonly environment: 'canary' | 'qa' | 'main' }

function toAssignments(written: readonly Written[]): Assignments {
  const wish = written.map(({ when, environment }, place) => ({
    name: `rule ${place}`,
    environment,
    test: compileCondition(when, `rule ${place}`),
  }))
  const plain = makeAssignments({ rules: wish })
  return {
    ...plain,
    candidates: indexRules(
      plain.rules,
      written.map(({ when }) => when),
    ),
  }
}

const isSilent = ({ test }: Rule, subject: RuleSubject) => {
  try {
    return !test(subject)
  } catch {
    return false
  }
}

describe('the index of rules', () => {
  const rules = fc.array(
    fc.record({ when: anyCondition, environment: fc.constantFrom('canary', 'qa', 'main') }),
    { minLength: 1, maxLength: 8 },
  )

  it('decides as trying every rule does, and leaves the explanation as it is', () => {
    fc.assert(
      fc.property(
        rules,
        fc.array(anyFacts, { minLength: 1, maxLength: 4 }),
        (written, requests) => {
          const indexed = toAssignments(written)
          const plain = { ...indexed, candidates: undefined }
          for (const request of requests) {
            const decision = decide(request, plain)
            expect(decide(request, indexed)).toEqual(decision)
            expect(explain(request, indexed)).toEqual(explain(request, plain))
            expect(explain(request, indexed).decision).toEqual(decision)
          }
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('leaves out only rules that neither match nor throw, and keeps the order of the others', () => {
    fc.assert(
      fc.property(rules, anyFacts, (written, request) => {
        const { rules: all, candidates } = toAssignments(written)
        const subject = toSubject(request)
        const found = candidates?.(subject) ?? all
        const places = found.map((rule) => all.indexOf(rule))
        expect(places).toEqual([...new Set(places)].sort((a, b) => a - b))
        for (const rule of all)
          if (!found.includes(rule)) expect(isSilent(rule, subject)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  /** How many of these rules are tried for this request. */
  function countTried(conditions: readonly unknown[], request: Partial<RuleSubject>): number {
    const { rules: all, candidates } = toAssignments(
      conditions.map((when) => ({ when, environment: 'canary' })),
    )
    const subject = { ...toSubject(makeFacts()), ...request }
    return (candidates?.(subject) ?? all).length
  }
  const many = (make: (n: number) => unknown) => Array.from({ length: 100 }, (_, n) => make(n))

  it.each([
    ['a host', (n: number) => ({ '==': [{ var: 'host' }, `h${n}`] }), { host: 'h7' }],
    ['a cookie', (n: number) => ({ '===': [`${n}`, { var: 'cookie.x' }] }), { cookie: { x: '7' } }],
    ['a header', (n: number) => ({ '==': [{ var: 'header.x' }, `${n}`] }), { header: { x: '7' } }],
    [
      'a cookie each',
      (n: number) => ({ '==': [{ var: `cookie.c${n}` }, '1'] }),
      { cookie: { c7: '1' } },
    ],
    [
      'a path prefix',
      (n: number) => ({ starts_with: [{ var: 'path' }, `/${n}/`] }),
      { path: '/7/x' },
    ],
    [
      'a country',
      (n: number) => ({ in: [{ var: 'country' }, [`C${n}`, `D${n}`]] }),
      { country: 'D7' },
    ],
    [
      'a long path prefix',
      (n: number) => ({ starts_with: [{ var: 'path' }, `/${n}/${'x'.repeat(n)}`] }),
      { path: `/7/${'x'.repeat(99)}` },
    ],
    [
      'one of two',
      (n: number) => ({
        or: [{ '==': [{ var: 'host' }, `h${n}`] }, { '==': [{ var: 'cookie.x' }, `${n}`] }],
      }),
      { host: 'h7', cookie: { x: '7' } },
    ],
    [
      'the rarest of several',
      (n: number) => ({
        and: [
          { '==': [{ var: 'method' }, 'GET'] },
          { '!': [{ var: 'cookie.x' }] },
          { '==': [{ var: 'host' }, `h${n}`] },
          { glob: [{ var: 'path' }, '/**'] },
        ],
      }),
      { host: 'h7' },
    ],
  ])('tries one of a hundred rules that need %s', (_, make, request) => {
    expect(countTried(many(make), request)).toBe(1)
    expect(countTried(many(make), {})).toBe(0)
  })

  it('tries a rule that may throw before what it needs is looked at', () => {
    const throws = { sem_ver: [{ var: 'host' }, { var: 'path' }, '1.0.0'] }
    const needs = { '==': [{ var: 'host' }, 'h1'] }
    expect(countTried([{ and: [throws, needs] }], {})).toBe(1)
    expect(countTried([{ and: [needs, throws] }], {})).toBe(0)
    expect(countTried([{ or: [needs, throws] }], {})).toBe(1)
  })

  it.each([
    [{ '==': [{ var: 'bucket' }, '42'] }],
    [{ '==': [{ var: ['cookie.x', '1'] }, '1'] }],
    [{ '==': [{ var: 'cookie.x' }, null] }],
    [{ '!': [{ '==': [{ var: 'cookie.x' }, '1'] }] }],
    [{ in: [{ var: 'cookie.x' }, ['a', null]] }],
    [true],
  ])('tries %j for every request', (when) => {
    expect(countTried([when], {})).toBe(1)
  })

  it('is no larger than the conditions', () => {
    const conditions = many((n) => ({ in: [{ var: 'host' }, Array(30).fill(`h${n % 3}`)] }))
    expect(countTried(conditions, { host: 'h1' })).toBe(33)
  })
})
