import { describe, expect, it } from 'vitest'
import { charge, LONGEST_RETRY_MS, toRetryMs } from '../../src/control/intervals.ts'
import {
  ALARM_BURST,
  ALARM_COST_MS,
  ALARMS,
  dueAt,
  isPublicationDue,
  PUT_SPACING_MS,
  type PublicationState,
} from '../../src/control/publishing/schedule.ts'

const NOW = 1_000_000_000
const FRESH: PublicationState = {
  published: 0,
  putAgain: false,
  lastPutAt: 0,
  failures: 0,
  retryAt: 0,
  alarmDebt: 0,
}

describe('when the next publication is due', () => {
  it('is at once where nothing was put lately', () => {
    expect(dueAt(FRESH, NOW)).toBe(NOW)
    expect(dueAt({ ...FRESH, lastPutAt: NOW - PUT_SPACING_MS }, NOW)).toBe(NOW)
  })

  it('keeps its distance from the last put, and from a failed attempt', () => {
    expect(dueAt({ ...FRESH, lastPutAt: NOW - 100 }, NOW)).toBe(NOW - 100 + PUT_SPACING_MS)
    expect(dueAt({ ...FRESH, retryAt: NOW + 5000 }, NOW)).toBe(NOW + 5000)
  })

  it('slows down to one in ten seconds after many in a row', () => {
    let now = NOW
    let state = FRESH
    const times: number[] = []
    for (let i = 0; i < 400; i++) {
      now = dueAt(state, now)
      times.push(now)
      state = { ...state, lastPutAt: now, alarmDebt: charge(state.alarmDebt, now, ALARMS) }
    }
    const distances = times.slice(1).map((time, i) => time - (times[i] ?? 0))
    expect(Math.min(...distances)).toBe(PUT_SPACING_MS)
    expect(distances.slice(0, ALARM_BURST - 1).every((ms) => ms === PUT_SPACING_MS)).toBe(true)
    expect(distances.slice(-100).every((ms) => ms === ALARM_COST_MS)).toBe(true)
    const firstHour = times.filter((time) => time < NOW + 3_600_000)
    expect(firstHour.length).toBeLessThanOrEqual(ALARM_BURST + 360)
  })

  it('is not held up by a stored time that cannot have been meant', () => {
    for (const name of ['lastPutAt', 'retryAt', 'alarmDebt'] as const) {
      expect(dueAt({ ...FRESH, [name]: NOW + 1e12 }, NOW)).toBe(NOW)
    }
  })
})

describe('a failed publication', () => {
  it('is tried again after twice as long each time, up to a minute', () => {
    expect([1, 2, 3, 4, 5, 6, 100].map(toRetryMs)).toEqual([
      2000,
      4000,
      8000,
      16_000,
      32_000,
      LONGEST_RETRY_MS,
      LONGEST_RETRY_MS,
    ])
  })
})

describe('whether something is due', () => {
  it('is so where KV lacks the newest revision, or has lost it', () => {
    expect(isPublicationDue(FRESH, undefined)).toBe(false)
    expect(isPublicationDue(FRESH, 1)).toBe(true)
    expect(isPublicationDue({ ...FRESH, published: 1 }, 1)).toBe(false)
    expect(isPublicationDue({ ...FRESH, published: 1 }, 2)).toBe(true)
    expect(isPublicationDue({ ...FRESH, published: 1, putAgain: true }, 1)).toBe(true)
  })
})
