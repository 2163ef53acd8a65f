import { describe, expect, it } from 'vitest'
import {
  createPace,
  LONGEST_NEXT_MS,
  Pace,
  SHORTEST_NEXT_MS,
  TARGET_CALLS_PER_SECOND,
} from '../../src/control/pace.ts'
import { readControlRefreshMs } from '../../src/loading/durations.ts'
import { CAPACITY_PER_SECOND, type Second, simulateFleet } from './fleet.ts'

/** A few seconds as text, to be seen where a test fails, and in the log. */
function show(record: readonly Second[]): string {
  return record.map(({ tried, taken }, i) => `${i}: ${tried} tried, ${taken} taken`).join('\n')
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}

/** The first second from which the control never had to turn anybody away. */
function settledAt(record: readonly Second[]): number {
  return record.findLastIndex(({ tried, taken }) => tried > taken) + 1
}

describe('few isolates', () => {
  it.each([1, 10, 100, 900])('%i ask every two seconds', (count) => {
    const record = simulateFleet(new Pace(), count, 60)
    const steady = mean(record.slice(10).map(({ tried }) => tried))
    expect(steady).toBeGreaterThan((count / 2) * 0.9)
    expect(steady).toBeLessThan((count / 2) * 1.1)
    expect(settledAt(record)).toBe(0)
  })
})

describe('many isolates that begin within one second', () => {
  it.each([
    [1000, 5],
    [10_000, 60],
    [100_000, 300],
  ])('%i stay under the limit after %i s at most, and near the target', (count, within) => {
    const record = simulateFleet(new Pace(), count, 1200)
    expect(settledAt(record), show(record.slice(0, within + 10))).toBeLessThanOrEqual(within)
    const steady = record.slice(600).map(({ tried }) => tried)
    expect(Math.max(...steady)).toBeLessThan(CAPACITY_PER_SECOND * 0.75)
    expect(mean(steady)).toBeGreaterThan(TARGET_CALLS_PER_SECOND * 0.9)
    expect(mean(steady)).toBeLessThan(TARGET_CALLS_PER_SECOND * 1.1)
    const told = [0, 1, 2, 5, 10, 30, 60, 120, 240, 300, 600, 1199].map((second) => {
      return `${second} s: ${record[second]?.tried} tried, ${record[second]?.taken} taken`
    })
    console.log(
      `${count} isolates, under the limit from second ${settledAt(record)} on\n${told.join('\n')}`,
    )
  })

  it('ask more often again when most of them are gone', () => {
    const pace = new Pace()
    const record = simulateFleet(pace, 10_000, 300, (i, second) => second < 100 || i < 100)
    const late = mean(record.slice(200).map(({ tried }) => tried))
    expect(late).toBeGreaterThan(45)
    expect(pace.nextMs(300_000)).toBe(SHORTEST_NEXT_MS)
  })
})

describe('what is told', () => {
  it('is never below two seconds or above five minutes', () => {
    const pace = new Pace()
    const told = Array.from({ length: 1_000_000 }, () => pace.record(5000))
    expect(Math.min(...told.slice(0, 1000))).toBe(SHORTEST_NEXT_MS)
    expect(told.at(-1)).toBe(LONGEST_NEXT_MS)
    expect(pace.nextMs(5000)).toBe(LONGEST_NEXT_MS)
  })

  it('is as before after a clock that jumps back', () => {
    const pace = new Pace()
    for (let i = 0; i < 1000; i++) pace.record(1_000_000_000)
    expect(pace.record(1000)).toBe(LONGEST_NEXT_MS)
    expect(pace.record(1000 + LONGEST_NEXT_MS)).toBe(SHORTEST_NEXT_MS)
  })

  it('counts the calls of the last ten seconds', () => {
    const pace = new Pace()
    for (let ms = 0; ms < 60_000; ms += 5) pace.record(ms)
    expect(pace.callsPerSecond(60_000)).toBe(200)
    expect(pace.callsPerSecond(65_000)).toBe(100)
    expect(pace.callsPerSecond(75_000)).toBe(0)
  })

  it('lets the next call be due before a copy is stale, whatever the variables are', () => {
    // A copy's age varies by a fifth, as an isolate's intervals do.
    const JITTERED = 1.2
    for (const STALE_AFTER_MS of ['1000', '2500', '5000', '60000'])
      for (const CONTROL_REFRESH_MS of ['100', '500', '2000', '60000']) {
        const env = { STALE_AFTER_MS, CONTROL_REFRESH_MS }
        const nextMs = Math.max(readControlRefreshMs(env), createPace(env).record(1_000_000))
        expect(nextMs * JITTERED).toBeLessThan(Number(STALE_AFTER_MS))
      }
  })
})
