// How often the other version is asked about a failure, and what holds where it is not.

import { describe, expect, it } from 'vitest'
import {
  COPIES_WINDOW_MS,
  Copies,
  type CopyAbout,
  LEARNT_FOR_MS,
  MAX_COPIES,
  MAX_COPIES_OF_CLIENT,
  MAX_COPIES_OF_SERVICE,
  MAX_LEARNT,
} from '../../src/metrics/copies.ts'

let sites = 0
/** A failure that a client of its own has met. */
const about = (change: Partial<CopyAbout> = {}): CopyAbout => ({
  site: ++sites,
  metric: 'errors',
  route: 'GET /api/items',
  prefix: '/api/',
  ...change,
})

/** How many of so many failures at once are asked about. */
function countAsked(copies: Copies, make: (i: number) => CopyAbout, now = 0): number {
  return Array.from({ length: 500 }, (_, i) => copies.spend(make(i), now)).filter(Boolean).length
}

describe('the other version is asked', () => {
  it('about few failures of a service in a while, and about as many again after it', () => {
    const copies = new Copies()
    expect(countAsked(copies, () => about())).toBe(MAX_COPIES_OF_SERVICE)
    expect(countAsked(copies, () => about(), COPIES_WINDOW_MS - 1)).toBe(0)
    expect(countAsked(copies, () => about(), COPIES_WINDOW_MS)).toBe(MAX_COPIES_OF_SERVICE)
  })

  it('about few failures in all, however many services there are', () => {
    expect(countAsked(new Copies(), (i) => about({ prefix: `/${i}/` }))).toBe(MAX_COPIES)
  })

  it('about a failure, although there are many 404', () => {
    const copies = new Copies()
    countAsked(copies, (i) => about({ metric: 'notFound', prefix: `/${i % 50}/` }))
    expect(copies.spend(about(), 0)).toBe(true)
  })

  it('by one client no more often than it has a share, whose use takes nothing from others', () => {
    const copies = new Copies()
    expect(countAsked(copies, () => about({ site: 7 }))).toBe(MAX_COPIES_OF_CLIENT)
    const left = MAX_COPIES_OF_SERVICE - MAX_COPIES_OF_CLIENT
    expect(countAsked(copies, () => about())).toBe(left)
    expect(MAX_COPIES_OF_SERVICE / MAX_COPIES_OF_CLIENT).toBeGreaterThanOrEqual(5)
  })

  it('also when the clock has gone back', () => {
    const copies = new Copies()
    countAsked(copies, () => about(), 1_000_000)
    expect(copies.spend(about(), 500_000)).toBe(true)
  })
})

describe('a failure about which it is not asked', () => {
  it('counts where nothing is known', () => {
    expect(new Copies().recall(about(), 0)).toBe(false)
  })

  it('is like the last one of its route, of the same metric', () => {
    const copies = new Copies()
    copies.learn(about(), true, 0)
    expect(copies.recall(about(), 0)).toBe(true)
    copies.learn(about(), false, 0)
    expect(copies.recall(about(), 0)).toBe(false)
  })

  it('is on a route that is not known like one on another route of the service on which both failed', () => {
    const copies = new Copies()
    copies.learn(about({ route: 'GET /api/a' }), true, 0)
    expect(copies.recall(about({ route: 'GET /api/a' }), 0)).toBe(true)
    expect(copies.recall(about({ route: 'GET /api/made-up' }), 0)).toBe(true)
    expect(copies.recall(about({ prefix: '/other/', route: 'GET /other/x' }), 0)).toBe(false)
    expect(copies.recall(about({ metric: 'notFound' }), 0)).toBe(false)
    copies.learn(about({ route: 'GET /api/b' }), false, 0)
    expect(copies.recall(about({ route: 'GET /api/a' }), 0)).toBe(true)
    expect(copies.recall(about({ route: 'GET /api/b' }), 0)).toBe(false)
    expect(copies.recall(about({ route: 'GET /api/made-up' }), 0)).toBe(true)
  })

  it('counts again when that was long ago, or the clock has gone back', () => {
    const copies = new Copies()
    const at = 1_000_000
    copies.learn(about(), true, at)
    expect(copies.recall(about(), at + LEARNT_FOR_MS - 1)).toBe(true)
    expect(copies.recall(about(), at + LEARNT_FOR_MS)).toBe(false)
    expect(copies.recall(about(), at - 1)).toBe(false)
  })

  it('counts when so many routes were met that all is forgotten', () => {
    const copies = new Copies()
    copies.learn(about(), true, 0)
    for (let i = 0; i <= MAX_LEARNT; i++) {
      copies.learn(about({ route: `GET /${i}/x`, prefix: `/${i}/` }), true, 0)
    }
    expect(copies.recall(about(), 0)).toBe(false)
  })
})
