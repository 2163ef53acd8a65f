import { describe, expect, it } from 'vitest'
import { MAX_VISITORS_PER_CLIENT } from '../../../src/core/counting/limits.ts'
import { Visitors } from '../../../src/core/counting/visitors.ts'

/** How much the visitors of a set count, one after the other. */
function weigh(from: readonly { readonly site: number; readonly network: number }[]): number[] {
  const visitors = new Visitors()
  return from.map((one, hash) => visitors.meet(hash, 0, one))
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

it('weighs on after a restart as if there had been none', () => {
  const lasting = new Visitors()
  for (let hash = 0; hash < 4; hash++) lasting.meet(hash, 2, { site: 7, network: 7 })
  const fresh = new Visitors()
  fresh.restore(lasting.takeChanges())
  expect(fresh.hasMet(3, 2)).toBe(true)
  expect(fresh.meet(4, 2, { site: 7, network: 7 })).toBe(1 / 5)
})
