import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide, explain } from '../../src/core/decide.ts'
import { bucketOf } from '../../src/core/traffic.ts'
import type { RequestFacts } from '../../src/core/types.ts'
import { makeAssignments, makeFacts, type Wish } from './make-assignments.ts'

const yes = () => true
const no = () => false
const fails = () => {
  throw new TypeError('broken')
}
const pin = (version: string, environment?: string): RequestFacts['pin'] => ({
  claim: { version, environment },
  source: 'cookie',
})
const summary = (facts: Partial<RequestFacts>, wish?: Wish) => {
  const { version, environment, reason, rule } = decide(makeFacts(facts), makeAssignments(wish))
  return [reason, environment, version.id, rule].filter(Boolean).join(' ')
}

describe('decide', () => {
  const everything: Wish = {
    traffic: { main: 100 },
    hosts: { 'canary.example.com': 'canary' },
    rules: [{ name: 'all', environment: 'canary', test: yes }],
  }

  it('asks the pin, the host name, the crawler, the rules and the bucket, in this order', () => {
    const host = 'canary.example.com'
    const all = { kind: 'subresource', host, crawler: true, pin: pin('1.0.0', 'main') } as const
    expect(summary(all, everything)).toBe('pin main 1.0.0')
    expect(summary({ ...all, pin: undefined }, everything)).toBe('host canary 3.0.0')
    expect(summary({ crawler: true }, everything)).toBe('crawler main 2.0.0')
    expect(summary({}, everything)).toBe('rule canary 3.0.0 all')
    expect(summary({}, { ...everything, rules: [] })).toBe('bucket main 2.0.0')
  })

  it('goes by the bucket that a browser had before its visitor was identified', () => {
    const assignments = makeAssignments()
    for (let i = 0; i < 50; i++) {
      const facts = makeFacts({ visitor: `anna-${i}`, bucketId: `browser-${i}` })
      const { bucket } = decide(facts, assignments)
      expect(bucket).toBe(bucketOf(assignments.salt, `browser-${i}`))
    }
  })

  it('shows rules who the visitor is, whatever bucket the browser has', () => {
    const rules: Wish['rules'] = [
      { name: 'anna', environment: 'canary', test: ({ visitor }) => visitor === 'anna' },
    ]
    const wish: Wish = { traffic: { main: 100 }, rules }
    expect(summary({ visitor: 'anna', bucketId: 'browser' }, wish)).toBe('rule canary 3.0.0 anna')
  })

  it('gives who carries no identity the first public environment, whatever bucket an id would have', () => {
    for (let i = 0; i < 100; i++) {
      const visitor = `nobody ${i}`
      expect(summary({ anonymous: true, visitor })).toBe('anonymous main 2.0.0')
    }
    const canary = { traffic: { main: 0, canary: 100 } }
    expect(summary({ anonymous: true }, canary)).toBe('anonymous main 2.0.0')
  })

  it('lets documents move with the traffic and keeps everything else on its pin', () => {
    const traffic = { traffic: { canary: 100 } }
    const pinned = { pin: pin('2.0.0', 'main') }
    expect(summary({ kind: 'document', ...pinned }, traffic)).toBe('bucket canary 3.0.0')
    expect(summary({ kind: 'navigation', ...pinned }, traffic)).toBe('pin main 2.0.0')
    expect(summary({ kind: 'subresource', ...pinned }, traffic)).toBe('pin main 2.0.0')
  })

  it('keeps the version of a pin whose environment is gone, in the name of the visitor’s own', () => {
    const traffic = { traffic: { canary: 100 } }
    const facts = { kind: 'subresource', pin: pin('1.0.0', 'gone') } as const
    expect(summary(facts, traffic)).toBe('pin canary 1.0.0')
  })

  it.each(['2.5.0', '4.0.0', '9.9.9'])('ignores a pin to %s and goes on', (version) => {
    expect(summary({ kind: 'subresource', pin: pin(version, 'main') }, everything)).toBe(
      'rule canary 3.0.0 all',
    )
  })

  it('takes the first rule that matches', () => {
    const rules = [
      { name: 'never', environment: 'main', test: no },
      { name: 'first', environment: 'main', test: yes },
      { name: 'second', environment: 'canary', test: yes },
    ] as const
    expect(summary({}, { rules })).toBe('rule main 2.0.0 first')
  })

  it('shows rules the request and its bucket', () => {
    let seen: unknown
    const test = (subject: unknown) => {
      seen = subject
      return false
    }
    const attributes = { header: { a: '1' }, cookie: { b: '2' }, query: { c: '3' }, country: 'IS' }
    decide(
      makeFacts({ path: '/x', attributes }),
      makeAssignments({ rules: [{ name: 'look', environment: 'main', test }] }),
    )
    expect(seen).toEqual({
      method: 'GET',
      path: '/x',
      host: 'shop.example.com',
      visitor: 'ada',
      bucket: bucketOf('shop', 'ada'),
      ...attributes,
    })
  })

  it('skips a rule that throws, says which, and goes on', () => {
    const rules = [
      { name: 'broken', environment: 'canary', test: fails },
      { name: 'works', environment: 'main', test: yes },
    ] as const
    const { decision, steps } = explain(makeFacts(), makeAssignments({ rules }))
    expect(decision).toMatchObject({ reason: 'rule', rule: 'works', skipped: ['broken'] })
    expect(steps).toContainEqual({ step: 'rule', outcome: 'passed', why: 'broken failed: broken' })
  })

  it.each([
    [Number.NaN, 'it compares what is not a number'],
    [{ type: 'Invalid Arguments' }, '{"type":"Invalid Arguments"}'],
    [undefined, 'undefined'],
  ])('survives a rule that throws %j, which is no error', (thrown, why) => {
    const test = () => {
      throw thrown
    }
    const wish = { rules: [{ name: 'odd', environment: 'canary', test }] } as const
    const { decision, steps } = explain(makeFacts(), makeAssignments(wish))
    expect(decision.skipped).toEqual(['odd'])
    expect(steps.map((step) => step.why)).toContain(`odd failed: ${why}`)
  })

  it('never chooses a restricted environment by host or rule without a grant', () => {
    const wish: Wish = {
      traffic: { main: 100 },
      hosts: { 'qa.example.com': 'qa' },
      rules: [{ name: 'staff', environment: 'dev', test: yes }],
    }
    const host = 'qa.example.com'
    expect(summary({ host }, wish)).toBe('bucket main 2.0.0')
    expect(summary({ host, grants: new Set(['qa']) }, wish)).toBe('host qa 4.0.0')
    expect(summary({ host, grants: new Set(['dev']) }, wish)).toBe('rule dev 5.0.0-dev staff')
    expect(summary({ host, grants: new Set(['main', 'QA', '']) }, wish)).toBe('bucket main 2.0.0')
  })

  it('does not even run a rule for an environment that the request may not see', () => {
    const wish = { rules: [{ name: 'staff', environment: 'qa', test: fails }] } as const
    expect(decide(makeFacts(), makeAssignments(wish)).skipped).toEqual([])
  })

  it('gives the same visitor the same version in every isolate, whatever was decided before', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (visitor, others) => {
        const facts = makeFacts({ visitor })
        const first = decide(facts, makeAssignments())
        for (const other of others) decide(makeFacts({ visitor: other }), makeAssignments())
        expect(decide(facts, makeAssignments())).toEqual(first)
      }),
    )
  })
})

describe('explain', () => {
  const anyFacts = fc.record({
    kind: fc.constantFrom<RequestFacts['kind']>('document', 'navigation', 'subresource'),
    host: fc.constantFrom('shop.example.com', 'canary.example.com', 'qa.example.com'),
    visitor: fc.string(),
    crawler: fc.boolean(),
    pin: fc.option(
      fc.tuple(
        fc.constantFrom('1.0.0', '2.0.0', '2.5.0', '4.0.0', '6.0.0', '9.9.9', '__proto__'),
        fc.constantFrom(undefined, 'main', 'qa', 'gone', 'constructor'),
      ),
      { nil: undefined },
    ),
    grants: fc.uniqueArray(fc.constantFrom('qa', 'dev', 'gone')),
  })
  const anyRules = fc.array(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      environment: fc.constantFrom('main', 'canary', 'qa', 'dev'),
      test: fc.constantFrom(yes, no, fails),
    }),
    { maxLength: 5 },
  )

  it('ends in the decision that decide takes, for any request, and in exactly one choice', () => {
    fc.assert(
      fc.property(anyFacts, anyRules, (any, rules) => {
        const facts = makeFacts({
          ...any,
          pin: any.pin && pin(...any.pin),
          grants: new Set(any.grants),
        })
        const assignments = makeAssignments({
          hosts: { 'canary.example.com': 'canary', 'qa.example.com': 'qa' },
          rules: rules as NonNullable<Wish['rules']>,
        })
        const { decision, steps } = explain(facts, assignments)
        expect(decision).toEqual(decide(facts, assignments))
        expect(steps.filter(({ outcome }) => outcome === 'chosen')).toEqual(steps.slice(-1))
        expect(steps.at(-1)?.step).toBe(decision.reason)
        expect(steps.filter(({ why }) => why.includes('failed'))).toHaveLength(
          decision.skipped.length,
        )
        const { version, environment } = decision
        expect(version.withdrawn).toBe(false)
        const restricted = assignments.environments.get(environment)?.restricted
        if (restricted || !version.open) expect(any.grants.length).toBeGreaterThan(0)
      }),
      { numRuns: 2000 },
    )
  })

  it('tells every step it took and why', () => {
    const wish: Wish = {
      traffic: { main: 100 },
      hosts: { 'qa.example.com': 'qa' },
      rules: [
        { name: 'staff first', environment: 'qa', test: yes },
        { name: 'iceland', environment: 'canary', test: no },
      ],
    }
    const facts = makeFacts({ kind: 'subresource', host: 'qa.example.com', pin: pin('6.0.0') })
    expect(explain(facts, makeAssignments(wish)).steps.map(({ why }) => why)).toEqual([
      'cookie pin ignored: visitors of this host never had the version, and there is no grant',
      'qa is restricted, and there is no grant',
      'no known crawler',
      'staff first: qa is restricted, and there is no grant',
      'iceland does not match',
      `bucket ${bucketOf('shop', 'ada')} belongs to main`,
    ])
  })
})
