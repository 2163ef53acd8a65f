// What counts as a difference between two answers, and what an example of it shows.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareAnswers, type ShadowAnswer } from '../../../src/core/shadow/compare.ts'
import {
  compareJson,
  compilePlace,
  type JsonRules,
  MAX_DIFFERENT_PLACES,
} from '../../../src/core/shadow/compare-json.ts'
import type { Comparison } from '../../../src/core/shadow/plan.ts'
import { redactHeader, redactValue } from '../../../src/core/shadow/redact.ts'

const EXACT: Comparison = {
  headers: ['content-type', 'cache-control'],
  ignore: [],
  unordered: [],
  numbers: 0,
  timesMs: 0,
  slowerMs: 250,
}

const places = (base: unknown, shadow: unknown, rules: Partial<JsonRules> = {}) =>
  compareJson(base, shadow, { ...EXACT, ...rules })?.map(({ place }) => place)

describe('two JSON documents', () => {
  it('differ at places, each named once, whatever its index', () => {
    const base = { items: [{ price: 1 }, { price: 2 }], total: 3 }
    const shadow = { items: [{ price: 9 }, { price: 8 }], total: 3, more: null }
    expect(places(base, shadow)).toEqual(['items[].price', 'more'])
    expect(places([1], { 0: 1 })).toEqual(['$'])
    expect(places({ a: [1, 2] }, { a: [1] })).toEqual(['a[]'])
  })

  it('do not differ where nothing matters', () => {
    const base = { id: 1, items: [{ id: 'a', at: { ms: 1 } }] }
    const shadow = { id: 2, items: [{ id: 'b', at: { ms: 2 } }] }
    expect(
      places(base, shadow, { ignore: ['id', 'items.*.id', '**.at'].map(compilePlace) }),
    ).toEqual([])
    expect(places(base, shadow, { ignore: [compilePlace('**id')] })).toEqual(['items[].at.ms'])
  })

  it('may be of another order where it is said, with a changed element named by its place', () => {
    const list = (...prices: number[]) => prices.map((price) => ({ name: `n${price % 10}`, price }))
    const unordered = [compilePlace('items'), compilePlace('$')]
    expect(places({ items: list(1, 2, 3) }, { items: list(3, 1, 2) }, { unordered })).toEqual([])
    expect(places(list(1, 2), list(2, 1), { unordered })).toEqual([])
    expect(places({ items: list(1, 2, 3) }, { items: list(13, 1, 2) }, { unordered })).toEqual([
      'items[].price',
    ])
    expect(places({ items: list(1, 2) }, { items: list(2, 1) })).toEqual([
      'items[].name',
      'items[].price',
    ])
    expect(places([1.0001, 5], [5.0001, 1], { unordered, numbers: 0.001 })).toEqual([])
  })

  it('may have other numbers and times within the tolerances', () => {
    expect(places({ a: 100, b: 100 }, { a: 100.09, b: 100.2 }, { numbers: 0.001 })).toEqual(['b'])
    const base = { at: '2026-11-27T10:00:00Z', on: '2026-11-27' }
    const shadow = { at: '2026-11-27T10:00:01.000Z', on: '2026-11-28' }
    expect(places(base, shadow, { timesMs: 1000 })).toEqual(['on'])
    expect(places(base, shadow)).toEqual(['at', 'on'])
  })

  it('are equal to themselves and to any order of their fields, and comparing always ends', () => {
    const unordered = [compilePlace('**')]
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 4 }), (one, other) => {
        expect(places(one, structuredClone(one))).toEqual([])
        const there = places(one, other, { unordered }) ?? []
        expect(there.length).toBeLessThanOrEqual(MAX_DIFFERENT_PLACES)
        expect(places(one, other, { ignore: [compilePlace('$')] })).toEqual([])
      }),
      { numRuns: 50 },
    )
  })

  it('are compared however deep they are, and whatever numbers they hold', () => {
    const nest = (open: string, inside: string, close: string, times: number) =>
      JSON.parse(open.repeat(times) + inside + close.repeat(times))
    for (const rules of [{}, { unordered: [compilePlace('**')], numbers: 0.1 }]) {
      const deepest = () => nest('[', '1', ']', 50_000)
      expect(places(deepest(), deepest(), rules)).toEqual([])
      const deep = (inside: string) => nest('{"a":[', inside, ']}', 100)
      expect(places(deep('{"b":1,"c":2}'), deep('{"c":2,"b":1}'), rules)).toEqual([])
      const infinite = (sign = '') => JSON.parse(`[${sign}1e999]`)
      expect(places(infinite(), infinite(), rules)).toEqual([])
      expect(places(infinite(), infinite('-'), rules)).toEqual(['[]'])
      expect(places(infinite(), [1], rules)).toEqual(['[]'])
    }
    const deep = (inside: number) => nest('{"a":[', String(inside), ']}', 100)
    expect(places(deep(1), deep(2))).toHaveLength(1)
    // Each list without order is looked at several times for each list that it is in.
    expect(places(deep(1), deep(2), { unordered: [compilePlace('**')] })).toBeUndefined()
  })

  it('are not compared if they are huge, and folded keys that are ids make one place', () => {
    const huge = Array.from({ length: 30_000 }, (_, i) => i)
    expect(
      places(
        huge,
        huge.map((i) => -i - 1),
      ),
    ).toEqual(['[]'])
    expect(places(huge, [...huge.slice(0, -1), 7])).toBeUndefined()
    expect(places({ u1: { u9f3: 1 }, 'a b': 2 }, { u1: { u9f3: 2 }, 'a b': 3 })).toEqual([
      'u1.*',
      '*',
    ])
  })
})

describe('two answers', () => {
  const answer = (changed: Partial<ShadowAnswer> = {}): ShadowAnswer => ({
    status: 200,
    failure: undefined,
    headers: { 'content-type': 'application/json' },
    body: { kind: 'json', value: { price: 10 } },
    waitedMs: 20,
    ...changed,
  })
  const compare = (changed: Partial<ShadowAnswer>, base: Partial<ShadowAnswer> = {}) =>
    compareAnswers(answer(base), answer(changed), EXACT)

  it('that are the same have no differences', () => {
    expect(compare({ waitedMs: 269 })).toEqual([])
  })

  it('differ in a header, a price and the time', () => {
    const headers = { 'content-type': 'application/json', 'cache-control': 'max-age=60' }
    const body = { kind: 'json', value: { price: 11 } } as const
    expect(compare({ headers, body, waitedMs: 270 })).toEqual([
      { kind: 'header', place: 'cache-control', base: 'absent', shadow: 'max-age=60' },
      { kind: 'json', place: 'price', base: '10', shadow: '11' },
      { kind: 'latency', place: '', base: '20 ms', shadow: '270 ms' },
    ])
  })

  it('of different statuses differ in nothing else', () => {
    const body = { kind: 'other', hash: 'a', bytes: 3, isCut: false } as const
    expect(compare({ status: 500, body })).toEqual([
      { kind: 'status', place: '200 → 500', base: '200', shadow: '500' },
    ])
    const none = { status: undefined, failure: 'origin_timeout' }
    expect(compare(none)).toMatchObject([{ kind: 'failure', place: 'origin_timeout' }])
    expect(compare({}, none)).toBeUndefined()
  })

  it('of other types are compared by their hash, and not at all where they were not read', () => {
    const body = (hash: string) => ({ kind: 'other', hash, bytes: 9, isCut: false }) as const
    expect(compare({ body: body('a') }, { body: body('a') })).toEqual([])
    expect(compare({ body: body('a') }, { body: body('b') })).toMatchObject([{ kind: 'body' }])
    expect(compare({ body: body('a') })).toMatchObject([{ kind: 'body', base: 'JSON' }])
    expect(compare({ body: { kind: 'unread' } })).toEqual([])
  })
})

describe('an example', () => {
  it('shows kinds, amounts and times, and nothing that a person has written', () => {
    expect(redactValue('Anna Müller, +49 170 1234567')).toBe('"xxxx xxxxxx, +00 000 0000000"')
    expect(redactValue(4111111111111111)).toBe('0000000000000000')
    expect([19.99, -3, true, null, undefined].map(redactValue)).toEqual([
      '19.99',
      '-3',
      'true',
      'null',
      'absent',
    ])
    expect(redactValue('2026-11-27T10:00:00Z')).toBe('"2026-11-27T10:00:00Z"')
    expect(redactValue([1, 2])).toBe('a list of 2')
    expect(redactValue({ a: 1 })).toBe('an object of 1 fields')
    expect(redactValue('x'.repeat(5000)).length).toBeLessThanOrEqual(122)
  })

  it('shows words of headers, and neither values of cookies nor what looks like an id', () => {
    expect(redactHeader('content-type', 'text/html; charset=utf-8')).toBe(
      'text/html; charset=utf-8',
    )
    expect(redactHeader('set-cookie', 'sid12=abc; Path=/')).toBe('sid00=…')
    expect(redactHeader('etag', '"5d8c72a5edda8d6a"')).toBe('"0x0x00x0xxxx0x0x"')
  })

  it.each([
    [
      'location',
      'https://shop.test/login?name=secretive',
      'https://shop.test/login?name=xxxxxxxxx',
    ],
    ['location', '/a?b=secretive&secretive', '/a?b=xxxxxxxxx&xxxxxxxxx'],
    ['location', '/a?secretive', '/a?xxxxxxxxx'],
    ['location', '/cb#token=secretive&type=bearer', '/cb#token=xxxxxxxxx&type=xxxxxx'],
    [
      'location',
      'https://secretive:secretive@shop.test/',
      'https://xxxxxxxxx:xxxxxxxxx@xxxx.test/',
    ],
    ['link', '</next?cursor=secretive>; rel=next', '</next?cursor=xxxxxxxxx>; xxx=xxxx'],
    ['x-session-token', 'secretive', 'xxxxxxxxx'],
  ])('shows no secret of %s: %s', (name, value, shown) => {
    expect(redactHeader(name, value)).toBe(shown)
  })
})
