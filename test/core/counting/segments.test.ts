import { describe, expect, it } from 'vitest'
import { COUNTING_FORM, isBatch } from '../../../src/core/counting/batch.ts'
import { toCollected } from '../../../src/core/counting/counted.ts'
import { RolloutCounter } from '../../../src/core/counting/rollout-counter.ts'
import { MIN_COUNTRY_VISITORS } from '../../../src/core/counting/segment-counter.ts'
import {
  BROWSERS,
  DEVICES,
  MAX_JUDGED_COUNTRIES,
  MAX_SEGMENTS,
  type SegmentValues,
} from '../../../src/core/counting/segments.ts'
import { MIN_SEGMENT_VISITORS } from '../../../src/core/judge/segments.ts'
import type { Window } from '../../../src/core/rollout/events.ts'
import { NOW, toGroup, type Visit } from './groups.ts'

const SAFARI: SegmentValues = { browser: 'Safari', device: 'phone', country: 'DE' }
const CHROME: SegmentValues = { browser: 'Chrome', device: 'other', country: 'DE' }

const ASKED = {
  rollout: 'r1',
  generation: 1,
  control: { environment: 'main', version: '1' },
  canary: { environment: 'canary', version: '2' },
  metrics: ['errors', 'latency', 'asks'].map((name) => ({ name, tolerance: 1 })),
  warmUpMs: 0,
  segments: true,
}

function begin(): RolloutCounter {
  const counter = RolloutCounter.begin(ASKED, 'key')
  counter.beginStratum({ id: 1, shares: [0.5, 0.5], since: 0 })
  return counter
}

function count(
  counter: RolloutCounter,
  side: 'control' | 'canary',
  visits: readonly Visit[],
): Window | undefined {
  counter.receive(toGroup({ side, visits }), NOW)
  return counter.peek(0)
}

const setOf = (window: Window | undefined, segment: string, metric = 'errors') =>
  window?.sets.find((set) => set.segment === segment && set.metric === metric)

/** So many visitors of one client each. */
const many = (from: number, count: number, more: Partial<Visit> = {}): Visit[] =>
  Array.from({ length: count }, (_, i) => ({ hash: from + i, network: from + i + 1, ...more }))

describe('a visitor who met something', () => {
  it('counts in the set of all and in one for its browser, its device and its country', () => {
    const counter = begin()
    count(counter, 'control', [{ hash: 1, failed: 'GET /a', values: CHROME }])
    const window = count(counter, 'canary', [
      { hash: 2, failed: 'GET /a', values: SAFARI },
      { hash: 3, failed: 'GET /b', values: SAFARI },
    ])
    expect(setOf(window, 'browser:Safari')).toMatchObject({
      route: '',
      visitors: [0, 2],
      weights: [0, 2],
      codes: { 503: 2 },
      routes: { 'GET /a': 1, 'GET /b': 1 },
    })
    expect(setOf(window, 'browser:Chrome')?.visitors).toEqual([1, 0])
    expect(setOf(window, 'device:phone')?.visitors).toEqual([0, 2])
    expect(setOf(window, 'country:other')?.visitors).toEqual([1, 2])
    expect(window?.sets.find(({ route, segment }) => route === '' && !segment)?.visitors).toEqual([
      1, 2,
    ])
  })

  it('counts once, whatever its browser says the second time', () => {
    const counter = begin()
    count(counter, 'canary', [{ hash: 2, failed: 'GET /a', values: SAFARI }])
    const window = count(counter, 'canary', [{ hash: 2, failed: 'GET /b', values: CHROME }])
    expect(setOf(window, 'browser:Safari')?.visitors).toEqual([0, 1])
    expect(setOf(window, 'browser:Chrome')).toBeUndefined()
  })

  it('weighs less where many are one client, as everywhere', () => {
    const visits = many(10, 4, { failed: 'GET /a', values: SAFARI, client: 7, site: 7, network: 7 })
    const window = count(begin(), 'canary', visits)
    expect(setOf(window, 'browser:Safari')?.weights[1]).toBeCloseTo(1 + 1 / 2 + 1 / 3 + 1 / 4)
  })

  it('counts in no segment if an older isolate told of it, and for latency in none at all', () => {
    const counter = begin()
    count(counter, 'canary', [{ hash: 1, failed: 'GET /a' }])
    const window = count(counter, 'canary', [{ hash: 2, edgesBelow: 3, values: SAFARI }])
    expect(window?.sets.length).toBeGreaterThan(0)
    expect(window?.sets.filter(({ segment }) => segment !== undefined)).toEqual([])
  })

  it('counts in its segments also where it is told before the page that it opened', () => {
    const counter = begin()
    count(counter, 'canary', [{ hash: 1, met: 'asks', values: SAFARI }])
    const window = count(counter, 'canary', [{ hash: 1, assigned: true, values: SAFARI }])
    expect(setOf(window, 'browser:Safari', 'asks')?.visitors).toEqual([0, 1])
  })

  it('is one of the others where its isolate knows a browser that this control does not', () => {
    const values = { ...SAFARI, browser: 'Ladybird' }
    const window = count(begin(), 'canary', [{ hash: 1, failed: 'GET /a', values }])
    expect(setOf(window, 'browser:other')?.visitors).toEqual([0, 1])
  })
})

describe('the visitors of a segment', () => {
  it('are told, and those of the canary who have met no failure yet', () => {
    const counter = begin()
    count(counter, 'control', many(0, 3, { values: CHROME }))
    const window = count(counter, 'canary', many(10, 2, { values: SAFARI }))
    expect(window?.segments).toMatchObject({
      'browser:Chrome': { visitors: [3, 0], known: [3, 0], atRisk: 0 },
      'browser:Safari': { visitors: [0, 2], known: [0, 2], atRisk: 2 },
      'country:other': { visitors: [3, 2], atRisk: 2 },
    })
  })

  it('of one network open its floor with three at most', () => {
    const [base, canary] = MIN_SEGMENT_VISITORS
    expect(Math.min(base, canary)).toBeGreaterThan(3)
    const visits = many(0, 50, { values: SAFARI })
    const window = count(
      begin(),
      'canary',
      visits.map((visit, i) => ({ ...visit, client: i + 1, network: 9 })),
    )
    expect(window?.segments?.['browser:Safari']).toMatchObject({
      visitors: [0, 50],
      known: [0, 3],
    })
  })
})

describe('a country', () => {
  it('is told apart from its twentieth visitor on, and then has all who came before', () => {
    const counter = begin()
    count(counter, 'control', many(0, MIN_COUNTRY_VISITORS - 1, { values: SAFARI }))
    expect(counter.counted.countries).toBeUndefined()
    const window = count(counter, 'canary', many(100, 1, { values: SAFARI }))
    expect(counter.counted.countries).toEqual(['DE'])
    expect(window?.segments?.['country:DE']).toMatchObject({
      visitors: [MIN_COUNTRY_VISITORS - 1, 1],
      known: [MIN_COUNTRY_VISITORS - 1, 1],
    })
    const later = count(counter, 'canary', [{ hash: 500, failed: 'GET /a', values: SAFARI }])
    expect(setOf(later, 'country:DE')?.visitors).toEqual([0, 1])
  })

  it('is not told apart for the visitors of one network', () => {
    const counter = begin()
    const visits = many(0, 500, { values: SAFARI }).map((visit) => ({ ...visit, network: 9 }))
    count(counter, 'control', visits)
    expect(counter.counted.countries).toBeUndefined()
  })

  it(`stays so in a control that starts anew, and no more than ${MAX_JUDGED_COUNTRIES} are`, () => {
    const counter = begin()
    for (let i = 0; i < MAX_JUDGED_COUNTRIES + 3; i++) {
      const country = `A${String.fromCharCode(65 + i)}`
      count(
        counter,
        'control',
        many(1000 * i, MIN_COUNTRY_VISITORS, { values: { ...SAFARI, country } }),
      )
    }
    expect(counter.counted.countries).toHaveLength(MAX_JUDGED_COUNTRIES)
    const fresh = new RolloutCounter(structuredClone(counter.counted))
    const values = { ...SAFARI, country: 'AA' }
    const window = count(fresh, 'canary', [{ hash: 90_000, failed: 'GET /a', values }])
    expect(setOf(window, 'country:AA')?.visitors).toEqual([0, 1])
    expect(window?.segments?.['country:AA']?.visitors).toEqual([0, 1])
  })
})

it('there are no more segments than their weights are made for', () => {
  expect(BROWSERS.length + DEVICES.length + MAX_JUDGED_COUNTRIES + 1).toBe(MAX_SEGMENTS)
})

it('isolates report segments for rollouts whose plan wants them, and for no others', () => {
  const { counted } = begin()
  expect(toCollected([counted])?.canary?.segments).toBe(true)
  const { segments: _, ...older } = ASKED
  expect(toCollected([RolloutCounter.begin(older, 'key').counted])?.canary).not.toHaveProperty(
    'segments',
  )
})

describe('a batch', () => {
  const toBatch = (group: object) => ({
    ...{ form: COUNTING_FORM, isolate: 'one', sequence: 1, dropped: 0 },
    windows: [{ window: 1, groups: [group] }],
  })
  const whole = toGroup({ side: 'canary', visits: [{ hash: 1, failed: 'GET /a', values: SAFARI }] })

  it('of an older isolate, without segments, is understood', () => {
    const { segments: _, visitorSegments: __, ...older } = whole
    expect(isBatch(toBatch(whole))).toBe(true)
    expect(isBatch(toBatch(older))).toBe(true)
  })

  it.each([
    ['a list that is none', { segments: 'Safari' }],
    ['a list that is too long', { segments: Array.from({ length: 256 }, () => SAFARI) }],
    ['values that are too long', { segments: [{ ...SAFARI, browser: 'x'.repeat(33) }] }],
    ['fewer places than visitors', { visitorSegments: new Uint32Array(0) }],
  ])('with %s is refused', (_, wrong) => {
    expect(isBatch(toBatch({ ...whole, ...wrong }))).toBe(false)
  })
})
