import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  allocate,
  countBuckets,
  markSpent,
  type Range,
  type Traffic,
  toOwners,
  toRanges,
} from '../../src/core/traffic.ts'

describe('spent buckets', () => {
  const rollOut = (traffic: Traffic, percent: number, spent = none) =>
    allocate(traffic, { main: 100 - percent, canary: percent }, 'main', spent)
  const none: readonly Range[] = []

  it('are not the ones that the next canary takes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 5000 }), (a, b) => {
        const first = rollOut(toRanges({ main: 100 }), a / 100)
        const spent = markSpent([], first.canary ?? [])
        const second = rollOut(rollOut(first, 0, spent), b / 100, spent)
        const owners = toOwners(second)
        for (const [from, to] of first.canary ?? []) {
          expect(owners.slice(from, to)).not.toContain('canary')
        }
      }),
      { numRuns: 300 },
    )
  })

  it('are given when there are no others, those that suffered longest ago first', () => {
    let traffic = toRanges({ main: 100 })
    let spent = none
    const suffered: string[] = []
    for (let i = 0; i < 25; i++) {
      traffic = rollOut(traffic, 10, spent)
      suffered.push(JSON.stringify(traffic.canary))
      spent = markSpent(spent, traffic.canary ?? [])
      traffic = rollOut(traffic, 0, spent)
    }
    expect(new Set(suffered.slice(0, 10)).size).toBe(10)
    expect(suffered.slice(10, 20)).toEqual(suffered.slice(0, 10))
    expect(suffered.slice(20)).toEqual(suffered.slice(0, 5))
  })

  it('stay in the order in which they suffered when they touch', () => {
    const spent = markSpent(markSpent([], [[8000, 9000]]), [[9000, 10_000]])
    const traffic = allocate(
      { main: [[8000, 10_000]], other: [[0, 8000]] },
      { main: 10, other: 80, canary: 10 },
      'main',
      spent,
    )
    expect(traffic.canary).toEqual([[8000, 9000]])
  })

  it('count once when they are written twice', () => {
    const twice = [
      [3000, 10_000],
      [0, 6000],
    ] as const
    const traffic = rollOut(toRanges({ main: 100 }), 90, twice)
    expect(countBuckets(traffic.canary)).toBe(9000)
    expect(toOwners(traffic)).not.toContain(undefined)
  })

  it('leave a table of few ranges after a hundred rolled-back ramps', () => {
    let traffic = toRanges({ main: 100 })
    let spent = none
    for (let i = 0; i < 100; i++) {
      for (const percent of [1, 5, 10, 25].slice(0, 1 + (i % 4))) {
        traffic = rollOut(traffic, percent, spent)
      }
      spent = markSpent(spent, traffic.canary ?? [])
      traffic = rollOut(traffic, 0, spent)
    }
    expect(Object.values(traffic).flat().length).toBeLessThan(300)
    expect(spent.length).toBeLessThan(300)
  })
})
