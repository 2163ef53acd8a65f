// How many copies an isolate makes.

import { describe, expect, it } from 'vitest'
import { ShadowBudget } from '../../src/proxy/shadow/budget.ts'

const BOUNDS = { perSecond: 4, concurrent: 2, timeoutMs: 1000 }

function start() {
  const clock = { now: 0 }
  const budget = new ShadowBudget(() => clock.now)
  return { clock, begin: (environment = 'main') => budget.begin(environment, BOUNDS) }
}

describe('the budget of a shadow', () => {
  it('bounds how many copies run at a time', () => {
    const { begin } = start()
    const first = begin()
    expect(begin()).toBeDefined()
    expect(begin()).toBeUndefined()
    expect(begin('other')).toBeDefined()
    first?.()
    expect(begin()).toBeDefined()
  })

  it('bounds how many begin in a second, and saves no more than those', () => {
    const { clock, begin } = start()
    const count = (tries: number) =>
      Array.from({ length: tries }, () => {
        const end = begin()
        end?.()
        return end
      }).filter(Boolean).length
    expect(count(10)).toBe(4)
    clock.now = 500
    expect(count(10)).toBe(2)
    clock.now = 60_000
    expect(count(10)).toBe(4)
    // The clock went back.
    clock.now = 100
    expect(count(10)).toBe(0)
    clock.now = 1100
    expect(count(10)).toBe(4)
  })

  it('takes a copy for lost that is never ended', () => {
    const { clock, begin } = start()
    begin()
    begin()
    clock.now = 6000
    expect(begin()).toBeUndefined()
    clock.now = 6001
    expect(begin()).toBeDefined()
  })
})
