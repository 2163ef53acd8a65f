import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkCondition, compileCondition } from '../../src/core/conditions.ts'
import type { RuleSubject } from '../../src/core/types.ts'
import { anyCondition, anyFacts, toSubject } from './any-condition.ts'
import { holds, SUBJECT } from './subject.ts'

const nest = (depth: number, inner: unknown): unknown =>
  depth === 0 ? inner : { '!': [nest(depth - 1, inner)] }
const names = (count: number) => Array.from({ length: count }, (_, i) => `name-${i}`)

describe('checkCondition', () => {
  it.each([
    [{ matches: ['a', 'b'] }, [], 'there is no operator "matches"'],
    [{ and: [true, { regex: ['a+', 'b'] }] }, ['and', 1], 'there is no operator "regex"'],
    [{ log: 'x' }, [], 'there is no operator "log"'],
    [{ map: [[1], true] }, [], 'there is no operator "map"'],
    [{ reduce: [[1], true, 0] }, [], 'there is no operator "reduce"'],
    [{ val: [[1e12], 'x'] }, [], 'there is no operator "val"'],
    [{ constructor: ['x'] }, [], 'there is no operator "constructor"'],
    [{ toString: [] }, [], 'there is no operator "toString"'],
    [JSON.parse('{ "__proto__": ["x"] }'), [], 'there is no operator "__proto__"'],
    [{ '==': [1, 1], '!=': [1, 2] }, [], 'a condition is an operation'],
    [{ '!': [{ '==': [1, 1], '!=': [1, 2] }] }, ['!', 0], 'exactly one key'],
    [{ '!': [{}] }, ['!', 0], 'exactly one key'],
    ['staff', [], 'a condition is an operation'],
    [[true], [], 'a condition is an operation'],
    [null, [], 'a condition is an operation'],
    [undefined, [], 'a condition is an operation'],
    [{ var: 'cookies.staff' }, [], 'there is no "cookies" to look at'],
    [{ var: 'constructor' }, [], 'there is no "constructor" to look at'],
    [{ var: '__proto__' }, [], 'there is no "__proto__" to look at'],
    [{ var: '' }, [], 'there is no "" to look at'],
    [{ var: 'header' }, [], 'say which header'],
    [{ var: 'cookie.' }, [], 'say which cookie'],
    [{ var: 'path.length' }, [], '"path" has no parts'],
    [{ var: 'header.User-Agent' }, [], 'header names are in lower case'],
    [{ var: { cat: ['cookie.', 'x'] } }, [], 'a var is named by a text'],
    [{ missing: ['cookie.a', 'nothing'] }, [], 'there is no "nothing" to look at'],
    [{ var: '../../path' }, [], 'leads out of one iteration'],
    [{ some: [['a'], { '==': [{ var: 'path' }, 'a'] }] }, ['some', 1, '==', 0], 'here a var is ""'],
    [{ some: [['a'], { var: '__proto__' }] }, ['some', 1], 'here a var is ""'],
    [{ some: [['a'], { var: '../../header' }] }, ['some', 1], 'say which header'],
    [{ some: [{ var: 'path' }, true] }, [], 'a list that is written out'],
    [{ all: [['a']] }, [], 'a list that is written out'],
    [{ '==': ['x'] }, [], 'compares at least two'],
    [{ and: { '!!': 'x' } }, [], 'takes a list'],
    [{ cidr: [{ var: 'ip' }, ['10.0.0.0/8', '10.0.0/40']] }, [], '"10.0.0/40" is no range'],
    [{ sem_ver: [{ var: 'header.v' }, '=>', '1.0.0'] }, [], 'sem_ver compares with one of'],
    [{ sem_ver: [{ var: 'header.v' }, '>=', '1.0'] }, [], 'has three numbers'],
    [{ percentage: [{ var: 'visitor' }, 101] }, [], 'a percentage is 0 to 100'],
    [{ glob: [{ var: 'path' }, '*'.repeat(300)] }, [], 'at most 256 characters'],
    [nest(21, true), Array(20).fill(['!', 0]).flat().concat('!'), 'at most 20 deep'],
    [{ in: [{ var: 'visitor' }, names(6000)] }, [], '5000 are allowed'],
  ])('finds what is wrong with %j', (condition, path, message) => {
    const problems = checkCondition(condition)
    expect(problems).toHaveLength(1)
    expect(problems[0]?.path).toEqual(path)
    expect(problems[0]?.message).toContain(message)
  })

  it('lists everything that is wrong, each with its place', () => {
    const condition = { or: [{ var: 'nope' }, { and: [{ nope: 1 }, { var: 'header' }] }, true] }
    expect(checkCondition(condition).map(({ path }) => path.join('.'))).toEqual([
      'or.0',
      'or.1.and.0',
      'or.1.and.1',
    ])
  })

  it.each([
    [true],
    [false],
    [nest(20, true)],
    [{ in: [{ var: 'visitor' }, names(4900)] }],
    [{ or: names(600).map((name) => ({ '==': [{ var: 'visitor' }, name] })) }],
  ])('accepts what a person may write (%#)', (condition) => {
    expect(checkCondition(condition)).toEqual([])
    expect(holds(condition)).toBe(condition === true || JSON.stringify(condition)[2] === '!')
  })

  it.each([
    ['two lists', (inner: unknown, list: unknown[]) => ({ some: [list, { some: [list, inner] }] })],
    [
      'three lists',
      (inner: unknown, list: unknown[]) => ({
        none: [list, { all: [list, { some: [list, inner] }] }],
      }),
    ],
  ])('refuses %s in one another that would multiply, before running them', (_, make) => {
    const problems = checkCondition(make({ '==': [1, 2] }, names(1000)))
    expect(problems.map(({ message }) => message).join()).toContain('5000 are allowed')
  })

  it('accepts nothing that takes long, on the longest texts that a request can bring', () => {
    const path = 'a'.repeat(16 * 1024)
    const header = { part: `b${'a'.repeat(255)}`, text: 'a'.repeat(60_000) }
    const each = (make: (i: number) => unknown) => ({
      or: Array.from({ length: 90 }, (_, i) => make(i)),
    })
    const globs = each((i) => ({ glob: [{ var: 'path' }, `${'*a'.repeat(100)}${i}`] }))
    const parts = each(() => ({ in: [{ var: 'header.part' }, { var: 'header.text' }] }))
    for (const condition of [globs, parts]) {
      expect(checkCondition(condition)).toEqual([])
      expect(holds(condition, { path, header })).toBe(false)
    }
  })

  it('never throws, and what it accepts never runs away, whatever the JSON', () => {
    const operators = ['var', 'missing', 'some', 'all', 'none', 'in', 'cat', 'glob', 'cidr', '==']
    const more = ['sem_ver', 'percentage', 'substr', 'and', 'if', '<', '+', 'max', '__proto__']
    const { condition } = fc.letrec((tie) => ({
      condition: fc.oneof(
        { maxDepth: 6, withCrossShrink: true },
        fc.oneof(
          fc.constantFrom(
            'path',
            '',
            '../../path',
            '0',
            'header.x',
            '*',
            '10.0.0.0/8',
            '=',
            '1.0.0',
          ),
          fc.constantFrom(null, true, 0, 1e12, -1),
        ),
        fc.array(tie('condition'), { maxLength: 4 }),
        fc
          .tuple(fc.constantFrom(...operators, ...more), tie('condition'))
          .map(([name, args]) => Object.fromEntries([[name, args]])),
        fc
          .tuple(
            fc.constantFrom(...operators, ...more),
            fc.array(tie('condition'), { maxLength: 3 }),
          )
          .map(([name, args]) => Object.fromEntries([[name, args]])),
      ),
    }))
    let accepted = 0
    fc.assert(
      fc.property(condition, (any) => {
        if (checkCondition(any).length > 0) return
        accepted++
        try {
          expect(typeof holds(any)).toBe('boolean')
        } catch (cause) {
          // A condition may throw what JsonLogic throws, and nothing of ours.
          expect(cause).not.toBeInstanceOf(ReferenceError)
        }
      }),
      { numRuns: 20_000 },
    )
    expect(accepted).toBeGreaterThan(100)
    expect(Object.keys(Object.prototype)).toEqual([])
  })
})

describe('compileCondition', () => {
  it('uses no dynamic code', () => {
    const before = globalThis.Function
    const refuse = () => {
      throw new Error('dynamic code')
    }
    globalThis.Function = Object.assign(refuse, { prototype: before.prototype }) as never
    try {
      for (let i = 0; i < 10; i++) {
        expect(holds({ and: [{ '==': [{ var: 'country' }, 'IS'] }, { '!!': [1] }] })).toBe(true)
      }
    } finally {
      globalThis.Function = before
    }
  })

  it('throws on a comparison with what is no number', () => {
    expect(() => holds({ '>': [{ var: 'country' }, 3] })).toThrow()
  })

  it('sees each request anew', () => {
    const test = compileCondition({ and: [{ '==': [{ var: 'country' }, 'IS'] }, true] })
    const answers = ['IS', 'NO', 'IS'].map((country) => test({ ...SUBJECT, country }))
    expect(answers).toEqual([true, false, true])
  })

  it('sees the request from within a list, however often it is asked', () => {
    const isOneOf = { '==': [{ var: '' }, { var: '../../country' }] }
    const test = compileCondition({ some: [['IS', 'NO'], isOneOf] })
    const answers = ['IS', 'SE', 'NO', 'SE'].map((country) => test({ ...SUBJECT, country }))
    expect(answers).toEqual([true, false, true, false])
  })

  it('throws for the requests that it cannot judge, before and after others', () => {
    const test = compileCondition({ '>': [{ var: 'header.x-count' }, 3] })
    const judge = (count: string) => () => test({ ...SUBJECT, header: { 'x-count': count } })
    for (let time = 0; time < 3; time++) {
      expect(judge('many')).toThrow()
      expect(judge('7')()).toBe(true)
      expect(judge('2')()).toBe(false)
    }
  })

  it('takes what JsonLogic takes for true', () => {
    const test = compileCondition({ var: 'cookie.empty' })
    const all = compileCondition({ var: 'cookie.staff' })
    for (let time = 0; time < 3; time++)
      expect([test(SUBJECT), all(SUBJECT)]).toEqual([false, true])
  })

  it('is the same in a simple form, which needs no engine, as within another operation', () => {
    const toOutcome = (condition: unknown, subject: RuleSubject) => {
      try {
        return compileCondition(condition, 'rule')(subject)
      } catch (cause) {
        return `throws ${cause}`
      }
    }
    fc.assert(
      fc.property(anyCondition, anyFacts, (condition, facts) => {
        const subject = toSubject(facts)
        const wrapped = { '!!': [condition] }
        expect(toOutcome(condition, subject)).toBe(toOutcome(wrapped, subject))
      }),
      { numRuns: 3000 },
    )
  })
})
