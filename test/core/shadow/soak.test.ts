// A soak with the real judge, against a simulated backend that fails above a known rate.

import { describe, expect, it } from 'vitest'
import {
  judgeStep,
  runSoak,
  type SoakCounts,
  type SoakStep,
  toLoadFields,
} from '../../../src/core/shadow/soak.ts'

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

async function soak(max: number, measure: (percent: number) => Promise<SoakCounts>) {
  const told: SoakStep[] = []
  const result = await runSoak({ first: 10, max, measure, tell: (step) => told.push(step) })
  expect(told).toEqual(result.steps)
  return result
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
      const { outcome, found } = await soak(300, toMeasure({ ...backend, seed }))
      expect(outcome).toBe('suffers')
      const { load = 0, percent = 0 } = found ?? {}
      expect(Math.abs(load / backend.capacity - 1), `${seed}: ${load}`).toBeLessThan(0.1)
      expect(Math.abs(percent / (backend.capacity / 0.4) - 1), `${percent} %`).toBeLessThan(0.1)
    }
  })

  it('does not blame a backend that has enough, up to the cap', async () => {
    for (const seed of seeds) {
      const backend = { seed, capacity: 1000, by: 'failed' } as const
      const { outcome, steps } = await soak(200, toMeasure(backend))
      expect([outcome, steps.at(-1)?.percent]).toEqual(['sound', 200])
    }
  })

  it('counts a load that was not reached as no pass, and ends', async () => {
    const measure = async () => ({ ...QUIET, skipped: 100 })
    const reached = await soak(100, measure)
    expect(reached).toMatchObject({ outcome: 'unreached' })
    expect([reached.steps.length, reached.found]).toEqual([1, undefined])
  })

  it('makes a load again until enough was compared, and gives up where that takes too long', async () => {
    let times = 0
    const few = (count: number) => async () => {
      times += 1
      return { ...QUIET, copied: count, compared: count }
    }
    const some = await soak(10, few(100))
    expect(some).toMatchObject({ outcome: 'sound', steps: [{ compared: 300, seconds: 180 }] })
    expect([times, some.steps[0]?.load]).toEqual([3, 300 / 180])
    times = 0
    expect(await soak(10, few(29))).toMatchObject({ outcome: 'unknown' })
    expect(times).toBe(1)
    expect(await soak(10, few(0))).toMatchObject({ outcome: 'unknown' })
  })

  it('ends where the base fails, which visitors use', async () => {
    const measure = async (percent: number) => ({ ...QUIET, baseFailed: percent > 20 ? 60 : 0 })
    const { outcome, steps } = await soak(100, measure)
    expect([outcome, ...steps.map(({ verdict }) => verdict)]).toEqual([
      ...['base', 'good', 'good', 'base'],
    ])
  })

  it('narrows down a backend that is bad at any load, and ends', async () => {
    const measure = async () => ({ ...QUIET, failed: 300 })
    const { outcome, steps } = await soak(100, measure)
    expect(outcome).toBe('suffers')
    expect(steps.at(-1)?.percent).toBeLessThanOrEqual(0.6)
    expect(steps.length).toBeLessThan(10)
  })

  it('repeats copies above 100 %, and stays within what the document takes', () => {
    expect([0.5, 100, 100.1, 150, 250.1, 1000].map(toLoadFields)).toEqual([
      { percent: 0.5, repeat: 1 },
      { percent: 100, repeat: 1 },
      { percent: 50.05, repeat: 2 },
      { percent: 75, repeat: 2 },
      { percent: 83.37, repeat: 3 },
      { percent: 100, repeat: 10 },
    ])
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
