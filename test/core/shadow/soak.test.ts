// A soak with the real judge, against a simulated backend that fails above a known rate.

import { describe, expect, it } from 'vitest'
import { judgeStep, runSoak, type SoakCounts } from '../../../src/core/shadow/soak.ts'

const QUIET: SoakCounts = {
  ...{ copied: 600, repeated: 0, skipped: 0, compared: 600, seconds: 60 },
  ...{ failed: 0, baseFailed: 0, late: 0, baseLate: 0 },
}

function toRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

type Backend = { readonly seed: number; readonly capacity: number; readonly by: 'failed' | 'late' }

/** 40 requests in a second; both sides fail and are late by chance as well. */
function toMeasure({ seed, capacity, by }: Backend) {
  const random = toRandom(seed)
  const draw = (count: number, chance: number) =>
    Array.from({ length: count }).filter(() => random() < chance).length
  return async (percent: number): Promise<SoakCounts> => {
    const seconds = 60
    const times = Math.ceil(percent / 100)
    const copied = draw(40 * seconds, percent / 100 / times)
    const sent = copied * times
    const over = Math.max(0, 1 - capacity / (sent / seconds))
    const of = (kind: Backend['by'], count: number) => draw(count, 0.005 + (by === kind ? over : 0))
    return {
      ...{ copied, repeated: sent - copied, skipped: 0, compared: copied, seconds },
      ...{ failed: of('failed', sent), baseFailed: draw(copied, 0.005) },
      ...{ late: of('late', copied), baseLate: draw(copied, 0.005) },
    }
  }
}

describe('a soak', () => {
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8]
  it.each([
    { capacity: 13, by: 'failed' },
    { capacity: 31, by: 'failed' },
    { capacity: 22, by: 'late' },
    { capacity: 70, by: 'failed' },
  ] as const)('finds within 10 % that a backend has $capacity a second ($by)', async (backend) => {
    for (const seed of seeds) {
      const { outcome, rate } = await runSoak(300, toMeasure({ ...backend, seed }), () => {})
      expect(outcome).toBe('suffers')
      expect(Math.abs((rate ?? 0) / backend.capacity - 1), `${seed}: ${rate}`).toBeLessThan(0.1)
    }
  })

  it('does not blame a backend that has enough, up to the cap', async () => {
    for (const seed of seeds) {
      const backend = { seed, capacity: 1000, by: 'failed' } as const
      const { outcome, steps } = await runSoak(200, toMeasure(backend), () => {})
      expect([outcome, steps.at(-1)?.percent]).toEqual(['sound', 200])
    }
  })

  it('counts a load that was not reached as no pass, and ends', async () => {
    const measure = async () => ({ ...QUIET, skipped: 100 })
    expect(await runSoak(100, measure, () => {})).toMatchObject({ outcome: 'unreached', good: 0 })
    const nothing = async () => ({ ...QUIET, copied: 0, compared: 0 })
    expect(await runSoak(100, nothing, () => {})).toMatchObject({ outcome: 'unknown', rate: null })
  })
})

describe('a step', () => {
  it('is bad by what the base does not have as well', () => {
    expect(judgeStep(QUIET)).toBe('good')
    expect(judgeStep({ ...QUIET, failed: 4 })).toBe('good')
    expect(judgeStep({ ...QUIET, failed: 30 })).toBe('bad')
    expect(judgeStep({ ...QUIET, failed: 30, baseFailed: 30 })).toBe('good')
    expect(judgeStep({ ...QUIET, late: 30, baseLate: 2 })).toBe('bad')
    expect(judgeStep({ ...QUIET, failed: 30, skipped: 500 })).toBe('bad')
  })

  it('with repeated copies expects as many more failures', () => {
    const repeated = { ...QUIET, repeated: 5400, baseFailed: 5 }
    expect(judgeStep({ ...repeated, failed: 50 })).toBe('good')
    expect(judgeStep({ ...repeated, failed: 300 })).toBe('bad')
  })
})
