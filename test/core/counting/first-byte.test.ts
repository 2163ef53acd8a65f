import { describe, expect, it } from 'vitest'
import {
  FIRST_BYTE_COUNTS,
  FIRST_BYTE_EDGES_MS,
  fromJudgedIntervals,
  toFirstByteInterval,
  toJudgedInterval,
  toPercentile,
} from '../../../src/core/counting/first-byte.ts'
import { countEdgesBelow, LATENCY_EDGES_MS } from '../../../src/core/counting/metrics.ts'

/** Times that are spread as those of services usually are: log-normal, by their quantiles. */
function toTimes(medianMs: number, sigma: number, count = 10_000): number[] {
  return Array.from({ length: count }, (_, i) => {
    const at = (i + 0.5) / count
    return medianMs * Math.exp(sigma * toNormal(at))
  })
}

/** The quantile of a normal distribution, by bisection of its series (Abramowitz and Stegun 26.2.17). */
function toNormal(share: number): number {
  let [low, high] = [-6, 6]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (toShare(middle) < share) low = middle
    else high = middle
  }
  return low
}

function toShare(x: number): number {
  if (x < 0) return 1 - toShare(-x)
  const t = 1 / (1 + 0.2316419 * x)
  const series =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return 1 - (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * series
}

function toCounts(times: readonly number[]): number[] {
  const counts = new Array<number>(FIRST_BYTE_COUNTS).fill(0)
  for (const ms of times)
    counts[toFirstByteInterval(ms)] = (counts[toFirstByteInterval(ms)] ?? 0) + 1
  return counts
}

describe('the edges of first bytes', () => {
  it('are 24, at most 5/3 apart up to 15 s and twice above', () => {
    expect(FIRST_BYTE_EDGES_MS).toHaveLength(24)
    for (const [i, edge] of FIRST_BYTE_EDGES_MS.slice(1).entries()) {
      const factor = edge / (FIRST_BYTE_EDGES_MS[i] as number)
      expect(factor).toBeLessThanOrEqual(edge <= 15_000 ? 5 / 3 : 2)
    }
  })

  it('hold those of the judge, so that both counts say the same', () => {
    expect(FIRST_BYTE_EDGES_MS).toEqual(expect.arrayContaining([...LATENCY_EDGES_MS]))
    for (const edge of FIRST_BYTE_EDGES_MS) {
      for (const ms of [edge - 0.5, edge, edge + 0.5]) {
        const interval = toFirstByteInterval(ms)
        expect(interval).toBe(countEdgesBelow(FIRST_BYTE_EDGES_MS, ms))
        expect(toJudgedInterval(interval)).toBe(countEdgesBelow(LATENCY_EDGES_MS, ms))
      }
    }
  })
})

describe('counts of an older Holo', () => {
  it('are read as the finer ones, and stay exact at the edges of the judge', () => {
    const older = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    const counts = fromJudgedIntervals(older)
    expect(counts).toHaveLength(FIRST_BYTE_COUNTS)
    const again = new Array<number>(older.length).fill(0)
    for (const [i, count] of counts.entries()) {
      again[toJudgedInterval(i)] = (again[toJudgedInterval(i)] ?? 0) + count
    }
    expect(again).toEqual(older)
  })
})

describe('percentiles', () => {
  it.each([
    [[4], 0.5, { kind: 'below', ms: 5 }],
    [[80, 90], 0.5, { kind: 'about', ms: 70 * (100 / 70) ** 0.5 }],
    [[80, 90], 1, { kind: 'about', ms: 100 }],
    [[70_000], 0.95, { kind: 'above', ms: 60_000 }],
    [[], 0.5, undefined],
  ])('claim no more than the edges show: of %j at %d', (times, share, expected) => {
    expect(toPercentile(toCounts(times), share)).toEqual(expected)
  })

  it('are never further off than their interval is wide, whatever lies in it', () => {
    for (const [i, upper] of FIRST_BYTE_EDGES_MS.slice(1).entries()) {
      const lower = FIRST_BYTE_EDGES_MS[i] as number
      for (const ms of [lower + 0.001, upper]) {
        const found = toPercentile(toCounts([ms, ms, ms]), 0.5)?.ms ?? 0
        expect(Math.max(found / ms, ms / found)).toBeLessThanOrEqual(upper / lower)
      }
    }
  })

  it('are within 10 % where times are spread as they usually are', () => {
    let worst = 0
    for (const median of [12, 25, 40, 60, 90, 130, 240, 400, 650, 1200, 2500]) {
      for (const sigma of [0.4, 0.7, 1]) {
        const times = toTimes(median, sigma)
        for (const share of [0.5, 0.95]) {
          const exact = times[Math.ceil(share * times.length) - 1] as number
          const found = toPercentile(toCounts(times), share)?.ms ?? 0
          worst = Math.max(worst, Math.abs(found / exact - 1))
        }
      }
    }
    expect(worst).toBeLessThan(0.1)
  })
})
