import { describe, expect, it } from 'vitest'
import {
  addVisitor,
  DISTINCT_ERROR,
  estimateVisitors,
  isPackedSketch,
  mergeSketch,
  newSketch,
  packSketch,
} from '../../../src/core/counting/distinct.ts'

const DAY = 20_000

function sketchOf(from: number, to: number, day = DAY) {
  const sketch = newSketch()
  for (let i = from; i < to; i++) addVisitor(sketch, `visitor${i}`, day)
  return sketch
}

describe('an estimate of visitors', () => {
  it('is 0 without any, and right for a few nearly always', () => {
    expect(estimateVisitors(newSketch())).toBe(0)
    let wrong = 0
    for (let day = 0; day < 100; day++) {
      for (const count of [1, 2, 5]) {
        if (estimateVisitors(sketchOf(0, count, day)) !== count) wrong += 1
      }
    }
    expect(wrong).toBeLessThan(10)
  })

  it.each([10, 50, 200, 800, 2000, 10_000, 100_000])(
    'has the error that is documented for %d',
    (count) => {
      const runs = count > 10_000 ? 20 : 40
      const errors = Array.from(
        { length: runs },
        (_, day) => estimateVisitors(sketchOf(0, count, day)) / count - 1,
      )
      const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / runs)
      expect(deviation).toBeLessThan(1.5 * DISTINCT_ERROR)
      expect(Math.abs(errors.reduce((sum, error) => sum + error, 0) / runs)).toBeLessThan(0.05)
    },
  )

  it('counts nobody twice, in whatever isolate and window, and however often', () => {
    const [one, other] = [sketchOf(0, 300), sketchOf(200, 500)]
    const all = newSketch()
    for (let i = 0; i < 3; i++) {
      mergeSketch(all, packSketch(one))
      mergeSketch(all, packSketch(other))
    }
    expect(all).toEqual(sketchOf(0, 500))
  })

  it('has other hashes of the same visitors on another day', () => {
    expect(packSketch(sketchOf(0, 20, DAY))).not.toEqual(packSketch(sketchOf(0, 20, DAY + 1)))
  })

  it('never names more than the registers hold, however large the site', () => {
    const full = newSketch().fill(24)
    expect(packSketch(full)).toHaveLength(512)
    expect(estimateVisitors(full)).toBeGreaterThan(1e9)
  })
})

describe('a packed sketch', () => {
  it.each([
    ['what an isolate packs', packSketch(sketchOf(0, 5000)), true],
    ['none', new Uint16Array(), true],
    ['a list', [1, 2], false],
    ['bytes', new Uint8Array([33]), false],
    ['too many entries', new Uint16Array(513).fill(33), false],
    ['a rank of 0', new Uint16Array([32]), false],
    ['a rank that no hash has', new Uint16Array([25]), false],
    ['a register that there is none of', new Uint16Array([(512 << 5) | 1]), false],
  ])('is told from something else: %s', (_, value, expected) => {
    expect(isPackedSketch(value)).toBe(expected)
  })
})
