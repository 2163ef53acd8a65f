import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  allocate,
  BUCKETS,
  completeWeights,
  countBuckets,
  countMoved,
  toOwners,
  toRanges,
} from '../../src/core/traffic.ts'
import { anyTraffic, anyWeights, NAMES } from './any-traffic.ts'

const RUNS = { numRuns: 1000 }
const BASE = 'main'

describe('allocate', () => {
  it('gives every environment its weight and every bucket one owner', () => {
    fc.assert(
      fc.property(anyTraffic, anyWeights, (before, weights) => {
        const after = allocate(before, weights, BASE)
        for (const name of new Set([...Object.keys(before), ...Object.keys(weights)])) {
          expect(countBuckets(after[name])).toBe(Math.round((weights[name] ?? 0) * 100))
        }
        expect(countBuckets(Object.values(after).flat())).toBe(BUCKETS)
        expect(toOwners(after).includes(undefined)).toBe(false)
      }),
      RUNS,
    )
  })

  it('moves exactly the theoretical minimum of buckets', () => {
    fc.assert(
      fc.property(anyTraffic, anyWeights, (before, weights) => {
        const changes = NAMES.map((name) =>
          Math.abs(Math.round((weights[name] ?? 0) * 100) - countBuckets(before[name])),
        )
        const minimum = changes.reduce((sum, change) => sum + change, 0) / 2
        expect(countMoved(before, allocate(before, weights, BASE))).toBe(minimum)
      }),
      RUNS,
    )
  })

  it('moves buckets only from shrinking environments to growing ones', () => {
    fc.assert(
      fc.property(anyTraffic, anyWeights, (before, weights) => {
        const after = allocate(before, weights, BASE)
        const change = (name = '') => countBuckets(after[name]) - countBuckets(before[name])
        const owners = toOwners(after)
        const moves = new Set(toOwners(before).map((owner, i) => `${owner} ${owners[i]}`))
        for (const [from, to] of [...moves].map((move) => move.split(' '))) {
          if (from === to) continue
          expect(change(from)).toBeLessThan(0)
          expect(change(to)).toBeGreaterThan(0)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('moves nobody when no weight changes, whatever is spent', () => {
    fc.assert(
      fc.property(anyTraffic, anyTraffic, (traffic, other) => {
        const weights = toWeights(traffic)
        const spent = Object.values(other)[0] ?? []
        expect(allocate(traffic, weights, BASE, spent)).toEqual(traffic)
      }),
      RUNS,
    )
  })

  it('keeps everybody in a growing environment in it, on every step of a ramp', () => {
    fc.assert(
      fc.property(
        anyTraffic,
        fc.array(fc.nat(BUCKETS), { minLength: 2, maxLength: 8 }),
        (start, steps) => {
          let before = allocate(start, { main: 100 }, BASE)
          for (const count of steps.toSorted((a, b) => a - b)) {
            const after = allocate(
              before,
              { main: (BUCKETS - count) / 100, canary: count / 100 },
              BASE,
            )
            const owners = toOwners(after)
            const left = toOwners(before).filter(
              (owner, i) => owner === 'canary' && owners[i] !== owner,
            )
            expect(left).toEqual([])
            before = after
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  it('restores the earlier table exactly when one environment went up and down, in any steps', () => {
    const steps = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 })
    fc.assert(
      fc.property(anyTraffic, steps, steps, (start, ups, downs) => {
        const low = countBuckets(start.canary)
        const high = low + countBuckets(start.main)
        const set = (traffic: typeof start, count: number) =>
          allocate(traffic, complete(traffic, { canary: count / 100 }), BASE)
        const between = (share: number) => Math.round(low + share * (high - low))
        let traffic = start
        for (const share of ups.toSorted((a, b) => a - b)) traffic = set(traffic, between(share))
        const top = countBuckets(traffic.canary)
        for (const share of downs.toSorted((a, b) => b - a)) {
          if (between(share) < top) traffic = set(traffic, between(share))
        }
        expect(set(traffic, low)).toEqual({ canary: [], ...start })
      }),
      RUNS,
    )
  })

  it('takes back the last buckets given first', () => {
    const one = allocate({ main: [[0, 10_000]] }, { main: 95, canary: 5 }, BASE)
    expect(one).toEqual({ main: [[0, 9500]], canary: [[9500, 10_000]] })
    const two = allocate(one, { main: 90, canary: 5, blue: 5 }, BASE)
    const three = allocate(two, { main: 85, canary: 10, blue: 5 }, BASE)
    expect(three.canary).toEqual([
      [9500, 10_000],
      [8500, 9000],
    ])
    const four = allocate(three, { main: 88, canary: 7, blue: 5 }, BASE)
    expect(four.canary).toEqual([
      [9500, 10_000],
      [8800, 9000],
    ])
  })

  it('undoes a move between any environments by the opposite move', () => {
    fc.assert(
      fc.property(anyTraffic, anyWeights, (before, weights) => {
        const there = allocate(before, weights, BASE)
        const back = allocate(there, toWeights(before), BASE)
        expect(toOwners(back)).toEqual(toOwners(before))
      }),
      { numRuns: 1000 },
    )
  })

  it.each([
    ['weights below 100', { main: [[0, 10_000]] }, { main: 99.99 }, 'sum to 100'],
    ['weights above 100', { main: [[0, 10_000]] }, { main: 100, canary: 0.01 }, 'sum to 100'],
    ['a negative weight', { main: [[0, 10_000]] }, { main: 110, canary: -10 }, 'sum to 100'],
    ['no number', { main: [[0, 10_000]] }, { main: Number.NaN }, 'sum to 100'],
    ['a bucket without owner', { main: [[0, 9999]] }, { main: 100 }, 'one owner'],
    [
      'a gap and an overlap',
      { main: [[0, 9000]], canary: [[8000, 9000]] },
      { main: 100 },
      'one owner',
    ],
    ['buckets that do not exist', { main: [[500, 10_500]] }, { main: 100 }, 'one owner'],
  ] as const)('refuses %s with a TypeError', (_, current, weights, message) => {
    expect(() => allocate(current, weights, BASE)).toThrow(TypeError)
    expect(() => allocate(current, weights, BASE)).toThrow(message)
  })

  it('takes environments named like parts of every object for what they are', () => {
    const after = allocate({ main: [[0, 10_000]] }, { main: 90, constructor: 10 }, BASE)
    expect(after).toEqual({ main: [[0, 9000]], constructor: [[9000, 10_000]] })
    expect(complete(after, { constructor: 20 })).toEqual({ main: 80, constructor: 20 })
  })
})

describe('toRanges', () => {
  it('reads percentages as contiguous ranges in the order written', () => {
    expect(toRanges({ main: 66.67, blue: 0, canary: 33.33 })).toEqual({
      main: [[0, 6667]],
      blue: [],
      canary: [[6667, 10_000]],
    })
  })

  it('covers every bucket once for any percentages of two decimals that sum to 100', () => {
    fc.assert(
      fc.property(anyWeights, (weights) => {
        expect(toOwners(toRanges(weights))).not.toContain(undefined)
        expect(countBuckets(Object.values(toRanges(weights)).flat())).toBe(BUCKETS)
      }),
      RUNS,
    )
  })
})

describe('completeWeights', () => {
  const current = toRanges({ main: 85.1, canary: 4.9, blue: 10 })

  it('keeps those that are not named, and lets the base take up the difference', () => {
    expect(complete(current, { canary: 10 })).toEqual({ main: 80, canary: 10, blue: 10 })
    expect(complete(current, { green: 0.01 })).toEqual({
      main: 85.09,
      canary: 4.9,
      blue: 10,
      green: 0.01,
    })
    expect(complete(current, {})).toEqual({ main: 85.1, canary: 4.9, blue: 10 })
  })

  it('takes a base that is named and leaves nothing over', () => {
    expect(complete(current, { main: 75, canary: 15 })).toEqual({ main: 75, canary: 15, blue: 10 })
  })

  it.each([
    [{ canary: 10.001 }, 'canary: a weight is 0 to 100 with at most two decimals, not 10.001'],
    [{ canary: -1 }, 'canary: a weight is 0 to 100 with at most two decimals, not -1'],
    [{ canary: 101 }, 'canary: a weight is 0 to 100 with at most two decimals, not 101'],
    [{ canary: Number.NaN }, 'canary: a weight is 0 to 100 with at most two decimals, not NaN'],
    [{ main: -5 }, 'main: a weight is 0 to 100 with at most two decimals, not -5'],
    [{ canary: 95 }, 'the others would have 5 % too much: lower one of them'],
    [{ main: 96.1 }, 'the weights sum to 111, not 100: leave main out, or change one of them'],
    [{ main: 0.1 }, 'the weights sum to 15, not 100: leave main out, or change one of them'],
  ])('says what is wrong with %j', (wish, error) => {
    expect(completeWeights(current, wish, BASE)).toEqual({ ok: false, error })
  })
})

function complete(current: ReturnType<typeof toRanges>, wish: Record<string, number>) {
  const result = completeWeights(current, wish, BASE)
  if (!result.ok) throw new Error(result.error)
  return result.value
}

function toWeights(traffic: ReturnType<typeof toRanges>) {
  return Object.fromEntries(
    Object.entries(traffic).map(([name, ranges]) => [name, countBuckets(ranges) / 100]),
  )
}
