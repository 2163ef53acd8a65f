import { describe, expect, it } from 'vitest'
import { addCount, isSlotCounts, NO_COUNTS, readCounts } from '../../src/control/errors/slots.ts'

const START = 1_700_006_400_000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

describe('counts that forget', () => {
  it('know how often something happened in the last hour and day', () => {
    let counts = addCount(NO_COUNTS, 2, START)
    expect(readCounts(counts, START)).toEqual({ count: 2, lastHour: 2, lastDay: 2 })
    counts = addCount(counts, 3, START + 30 * MINUTE_MS)
    expect(readCounts(counts, START + 59 * MINUTE_MS)).toMatchObject({ lastHour: 5 })
    expect(readCounts(counts, START + 61 * MINUTE_MS)).toMatchObject({ lastHour: 3, lastDay: 5 })
    expect(readCounts(counts, START + 25 * HOUR_MS)).toEqual({ count: 5, lastHour: 0, lastDay: 0 })
    expect(counts.lastAt).toBe(START + 30 * MINUTE_MS)
  })

  it('stay small however long it goes on, and survive storage', () => {
    let counts = NO_COUNTS
    for (let i = 0; i < 3000; i++) counts = addCount(counts, 1, START + i * MINUTE_MS)
    expect([counts.recent.length, counts.hours.length]).toEqual([12, 24])
    const now = START + 2999 * MINUTE_MS
    const { count, lastHour, lastDay } = readCounts(counts, now)
    expect(count).toBe(3000)
    expect(lastHour).toBeGreaterThan(50)
    expect(lastDay).toBeGreaterThan(23 * 60)
    const stored = JSON.parse(JSON.stringify(counts))
    expect(stored).toEqual(counts)
    expect(isSlotCounts(stored)).toBe(true)
    for (const wrong of [null, {}, { ...counts, hours: [[1]] }, { ...counts, total: 'many' }]) {
      expect(isSlotCounts(wrong)).toBe(false)
    }
  })

  it('drop what lies ahead when the clock went back', () => {
    const ahead = addCount(NO_COUNTS, 5, START + 10 * HOUR_MS)
    const counts = addCount(ahead, 1, START)
    expect(readCounts(counts, START)).toEqual({ count: 6, lastHour: 1, lastDay: 1 })
  })
})
