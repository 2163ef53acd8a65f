import { describe, expect, it } from 'vitest'
import { MAX_VISITORS_PER_CLIENT } from '../../../src/core/counting/limits.ts'
import {
  type From,
  MAX_CLIENTS_OF_OPERATOR,
  Visitors,
} from '../../../src/core/counting/visitors.ts'

/** How much the visitors of a set count, one after the other. */
type Partly = Omit<From, 'operator'> & Partial<From>

function weigh(from: readonly Partly[], visitors = new Visitors()): number[] {
  return from.map((one, hash) => visitors.meet(hash, 0, { operator: 0, ...one }))
}

const total = (weights: readonly number[]) => weights.reduce((sum, weight) => sum + weight, 0)

describe('how much the visitors of one client count', () => {
  it('as many as they are, where no address means anything', () => {
    expect(total(weigh(Array.from({ length: 50 }, () => ({ site: 0, network: 0 }))))).toBe(50)
  })

  it('of one IPv4 address a half, a third and so on: never more than for three clients', () => {
    const ofAddress = Array.from({ length: 5000 }, () => ({ site: 7, network: 7 }))
    const weights = weigh(ofAddress)
    expect(weights.slice(0, 3)).toEqual([1, 1 / 2, 1 / 3])
    expect(total(weights)).toBeGreaterThan(3)
    expect(total(weights)).toBeLessThan(3.1)
  })

  it('of a /48 of IPv6 three count as independent: never more than four and a half', () => {
    const weights = weigh(
      Array.from({ length: 5000 }, (_, i) => ({ site: i + 1, network: 0xff_ff_ff })),
    )
    expect(weights.slice(0, 4)).toEqual([1, 1, 1, 1 / 2])
    expect(total(weights)).toBe(4.5)
  })

  it('of a /56 of IPv6 no more than of one IPv4 address', () => {
    const weights = weigh(Array.from({ length: 5000 }, () => ({ site: 5, network: 9 })))
    expect(total(weights)).toBeLessThan(3.1)
  })
})

it('a client that is a crowd drives nobody out', () => {
  const visitors = new Visitors()
  const admitted = Array.from({ length: MAX_VISITORS_PER_CLIENT + 1 }, (_, i) =>
    visitors.admit(i, 3),
  )
  expect(admitted.slice(-2)).toEqual([true, false])
  expect(visitors.admit(10_000, 4)).toBe(true)
  expect(visitors.largestClient).toBe(MAX_VISITORS_PER_CLIENT)
})

describe('how much the visitors of one network operator count', () => {
  const rented = Array.from({ length: 200 }, (_, i) => ({
    site: i + 1,
    network: i + 1,
    operator: 3,
  }))
  /** So many visitors of each operator opened a page. */
  const attended = (counts: Readonly<Record<number, number>>) => {
    const visitors = new Visitors()
    let hash = 1000
    for (const [operator, count] of Object.entries(counts)) {
      for (let i = 0; i < count; i++) {
        visitors.admit(++hash, hash)
        visitors.assign(hash, 0, Number(operator))
      }
    }
    return visitors
  }
  const others = Array.from({ length: 100 }, (_, i) => ({
    site: 5000 + i,
    network: 5000 + i,
    operator: 1 + (i % 2),
  }))

  it('never as much as the five clients that a decision needs, if its customers open no pages', () => {
    const visitors = attended({ 1: 50, 2: 50 })
    expect(total(weigh([...others, ...rented], visitors))).toBe(100 + MAX_CLIENTS_OF_OPERATOR)
  })

  it('as much as they are, where they are no larger a part of those who met it than of all', () => {
    const visitors = attended({ 1: 25, 2: 25, 3: 50 })
    const mixed = rented.slice(0, 100).flatMap((one, i) => [one, others[i] ?? one])
    expect(total(weigh(mixed, visitors))).toBe(200)
  })

  it('as much as they are, where all visitors are its customers', () => {
    expect(total(weigh(rented, attended({ 3: 51 })))).toBe(200)
  })

  it('as much as they are, where the operator is not known', () => {
    expect(total(weigh(rented.map((one) => ({ ...one, operator: 0 }))))).toBe(200)
  })

  it('the same after a restart', () => {
    const lasting = attended({ 1: 50, 3: 5 })
    lasting.beginStratum(0)
    weigh(rented.slice(0, 3), lasting)
    const fresh = new Visitors()
    fresh.restore(lasting.takeChanges())
    const next = (visitors: Visitors) =>
      rented.slice(3, 40).map((one, i) => visitors.meet(3 + i, 0, one))
    expect(next(fresh)).toEqual(next(lasting))
  })
})

const SAME = { site: 7, network: 7, operator: 0 }

it('weighs on after a restart as if there had been none', () => {
  const lasting = new Visitors()
  for (let hash = 0; hash < 4; hash++) lasting.meet(hash, 2, SAME)
  const fresh = new Visitors()
  fresh.restore(lasting.takeChanges())
  expect(fresh.hasMet(3, 2)).toBe(true)
  expect(fresh.meet(4, 2, SAME)).toBe(1 / 5)
})
