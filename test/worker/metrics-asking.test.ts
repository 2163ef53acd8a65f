// How often the other version is asked about a failure, and what holds where it is not.

import { describe, expect, it } from 'vitest'
import {
  ASKING_WINDOW_MS,
  type AskedAbout,
  Asking,
  LEARNT_FOR_MS,
  MAX_ASKED,
  MAX_ASKED_OF_CLIENT,
  MAX_ASKED_OF_SERVICE,
  MAX_LEARNT,
} from '../../src/metrics/asking.ts'

let sites = 0
/** A failure that a client of its own has met. */
const about = (change: Partial<AskedAbout> = {}): AskedAbout => ({
  site: ++sites,
  metric: 'errors',
  route: 'GET /api/items',
  prefix: '/api/',
  ...change,
})

/** How many of so many failures at once are asked about. */
function countAsked(asking: Asking, make: (i: number) => AskedAbout, now = 0): number {
  return Array.from({ length: 500 }, (_, i) => asking.spend(make(i), now)).filter(Boolean).length
}

describe('the other version is asked', () => {
  it('about few failures of a service in a while, and about as many again after it', () => {
    const asking = new Asking()
    expect(countAsked(asking, () => about())).toBe(MAX_ASKED_OF_SERVICE)
    expect(countAsked(asking, () => about(), ASKING_WINDOW_MS - 1)).toBe(0)
    expect(countAsked(asking, () => about(), ASKING_WINDOW_MS)).toBe(MAX_ASKED_OF_SERVICE)
  })

  it('about few failures in all, however many services there are', () => {
    expect(countAsked(new Asking(), (i) => about({ prefix: `/${i}/` }))).toBe(MAX_ASKED)
  })

  it('about a failure, although there are many 404', () => {
    const asking = new Asking()
    countAsked(asking, (i) => about({ metric: 'notFound', prefix: `/${i % 50}/` }))
    expect(asking.spend(about(), 0)).toBe(true)
  })

  it('by one client no more often than it has a share, whose use takes nothing from others', () => {
    const asking = new Asking()
    expect(countAsked(asking, () => about({ site: 7 }))).toBe(MAX_ASKED_OF_CLIENT)
    const left = MAX_ASKED_OF_SERVICE - MAX_ASKED_OF_CLIENT
    expect(countAsked(asking, () => about())).toBe(left)
    expect(MAX_ASKED_OF_SERVICE / MAX_ASKED_OF_CLIENT).toBeGreaterThanOrEqual(5)
  })

  it('also when the clock has gone back', () => {
    const asking = new Asking()
    countAsked(asking, () => about(), 1_000_000)
    expect(asking.spend(about(), 500_000)).toBe(true)
  })
})

describe('a failure about which it is not asked', () => {
  it('counts where nothing is known', () => {
    expect(new Asking().recall(about(), 0)).toBe(false)
  })

  it('is like the last one of its route, of the same metric', () => {
    const asking = new Asking()
    asking.learn(about(), true, 0)
    expect(asking.recall(about(), 0)).toBe(true)
    asking.learn(about(), false, 0)
    expect(asking.recall(about(), 0)).toBe(false)
  })

  it('is on a route that is not known like one on another route of the service on which both failed', () => {
    const asking = new Asking()
    asking.learn(about({ route: 'GET /api/a' }), true, 0)
    expect(asking.recall(about({ route: 'GET /api/a' }), 0)).toBe(true)
    expect(asking.recall(about({ route: 'GET /api/made-up' }), 0)).toBe(true)
    expect(asking.recall(about({ prefix: '/other/', route: 'GET /other/x' }), 0)).toBe(false)
    expect(asking.recall(about({ metric: 'notFound' }), 0)).toBe(false)
    asking.learn(about({ route: 'GET /api/b' }), false, 0)
    expect(asking.recall(about({ route: 'GET /api/a' }), 0)).toBe(true)
    expect(asking.recall(about({ route: 'GET /api/b' }), 0)).toBe(false)
    expect(asking.recall(about({ route: 'GET /api/made-up' }), 0)).toBe(true)
  })

  it('counts again when that was long ago, or the clock has gone back', () => {
    const asking = new Asking()
    const at = 1_000_000
    asking.learn(about(), true, at)
    expect(asking.recall(about(), at + LEARNT_FOR_MS - 1)).toBe(true)
    expect(asking.recall(about(), at + LEARNT_FOR_MS)).toBe(false)
    expect(asking.recall(about(), at - 1)).toBe(false)
  })

  it('counts when so many routes were met that all is forgotten', () => {
    const asking = new Asking()
    asking.learn(about(), true, 0)
    for (let i = 0; i <= MAX_LEARNT; i++) {
      asking.learn(about({ route: `GET /${i}/x`, prefix: `/${i}/` }), true, 0)
    }
    expect(asking.recall(about(), 0)).toBe(false)
  })
})
