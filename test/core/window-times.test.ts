import { describe, expect, it } from 'vitest'
import { findNextOpening, isOpenAt, toZoneText } from '../../src/core/window-times.ts'
import { type Windows, windows } from '../../src/wire/windows.ts'

type Window = Windows['windows'][number]

function isOpen(window: Partial<Window>, time: string, zone = 'Europe/Berlin'): boolean {
  const whole: Window = { days: ['mon'], from: '09:00', to: '17:00', ...window }
  return isOpenAt({ zone, windows: [whole] }, Date.parse(time))
}

describe('a window', () => {
  it('is open from its first minute on, and not in the last', () => {
    // Mondays, in winter and in summer.
    expect(isOpen({}, '2026-01-05T07:59:59Z')).toBe(false)
    expect(isOpen({}, '2026-01-05T08:00:00Z')).toBe(true)
    expect(isOpen({}, '2026-01-05T15:59:59Z')).toBe(true)
    expect(isOpen({}, '2026-01-05T16:00:00Z')).toBe(false)
    expect(isOpen({}, '2026-07-06T07:00:00Z')).toBe(true)
    expect(isOpen({}, '2026-07-06T15:00:00Z')).toBe(false)
    expect(isOpen({}, '2026-01-06T10:00:00Z')).toBe(false)
  })

  it('is on the day of its zone, whatever day it is elsewhere', () => {
    const all = { from: '00:00', to: '24:00' }
    expect(isOpen(all, '2026-01-04T11:30:00Z', 'Pacific/Auckland')).toBe(true)
    expect(isOpen(all, '2026-01-05T11:30:00Z', 'Pacific/Auckland')).toBe(false)
    expect(isOpen(all, '2026-01-05T00:00:00Z', 'UTC')).toBe(true)
    expect(isOpen(all, '2026-01-04T23:59:59Z', 'UTC')).toBe(false)
  })

  it('goes over midnight into a day that it does not name', () => {
    const night = { days: ['sun' as const], from: '22:00', to: '02:00' }
    expect(isOpen(night, '2026-01-04T22:00:00Z', 'UTC')).toBe(true)
    expect(isOpen(night, '2026-01-05T01:59:00Z', 'UTC')).toBe(true)
    expect(isOpen(night, '2026-01-05T02:00:00Z', 'UTC')).toBe(false)
    expect(isOpen(night, '2026-01-04T01:00:00Z', 'UTC')).toBe(false)
  })

  it('in the hour that summer time skips is open for what clocks show of it', () => {
    // On 29 March 2026 the clocks of Berlin go from 02:00 to 03:00 at 01:00 UTC.
    const early = { days: ['sun' as const], from: '02:30', to: '03:30' }
    expect(isOpen(early, '2026-03-29T00:59:00Z')).toBe(false)
    expect(isOpen(early, '2026-03-29T01:00:00Z')).toBe(true)
    expect(isOpen(early, '2026-03-29T01:30:00Z')).toBe(false)
    const skipped = { ...early, from: '02:00', to: '03:00' }
    for (const minute of ['00:59', '01:00', '01:30']) {
      expect(isOpen(skipped, `2026-03-29T${minute}:00Z`)).toBe(false)
    }
  })

  it('in the hour that comes twice is open twice', () => {
    // On 25 October 2026 the clocks of Berlin go from 03:00 to 02:00 at 01:00 UTC.
    const twice = { days: ['sun' as const], from: '02:15', to: '02:45' }
    const times = ['00:14', '00:15', '00:45', '01:15', '01:45']
    expect(times.map((time) => isOpen(twice, `2026-10-25T${time}:00Z`))).toEqual([
      ...[false, true, false, true, false],
    ])
  })

  it('has a zone with its summer times, days and times of day', () => {
    const mistakes = [
      { zone: '+01:00', windows: [] },
      { zone: 'Europe/Nowhere', windows: [] },
      { zone: '', windows: [] },
      { zone: 'UTC', windows: [{ days: [], from: '09:00', to: '10:00' }] },
      { zone: 'UTC', windows: [{ days: ['mon'], from: '9:00', to: '10:00' }] },
      { zone: 'UTC', windows: [{ days: ['mon'], from: '09:00', to: '25:00' }] },
    ]
    for (const one of mistakes)
      expect(windows.safeParse(one).success, JSON.stringify(one)).toBe(false)
    expect(windows.safeParse({ zone: 'America/Argentina/Ushuaia', windows: [] }).success).toBe(true)
  })
})

describe('the next opening', () => {
  const weekdays: Window = { days: ['mon', 'tue', 'wed', 'thu'], from: '09:00', to: '16:00' }
  const friday: Window = { days: ['fri'], from: '09:30', to: '12:00' }
  const next = (time: string, windows = [weekdays, friday], zone = 'Europe/Berlin') => {
    const at = findNextOpening({ zone, windows }, Date.parse(time))
    return at === undefined ? undefined : toZoneText(zone, at)
  }

  it.each([
    ['2026-11-27T05:00:10Z', 'Fri 2026-11-27 09:30'],
    ['2026-11-27T11:00:00Z', 'Mon 2026-11-30 09:00'],
    ['2026-11-30T07:59:59.999Z', 'Mon 2026-11-30 09:00'],
    // Over the Sundays on which the clocks of Berlin change.
    ['2026-03-27T12:00:00Z', 'Mon 2026-03-30 09:00'],
    ['2026-10-23T12:00:00Z', 'Mon 2026-10-26 09:00'],
  ])('after %s is on %s', (time, text) => {
    expect(next(time)).toBe(text)
  })

  it('of a window that is closed for the rest of its only day is in a week', () => {
    expect(next('2026-11-27T12:00:00Z', [friday])).toBe('Fri 2026-12-04 09:30')
  })

  it('in the hour that clocks skip is when they show a time of the window', () => {
    const early: Window = { days: ['sun'], from: '02:30', to: '03:30' }
    expect(next('2026-03-28T12:00:00Z', [early])).toBe('Sun 2026-03-29 03:00')
    const skipped: Window = { days: ['sun'], from: '02:00', to: '03:00' }
    expect(next('2026-03-28T12:00:00Z', [skipped])).toBe('Sun 2026-04-05 02:00')
    expect(next('2026-03-28T12:00:00Z', [skipped, friday])).toBe('Fri 2026-04-03 09:30')
  })

  it('of no windows is none', () => {
    expect(next('2026-11-27T12:00:00Z', [])).toBeUndefined()
  })
})
