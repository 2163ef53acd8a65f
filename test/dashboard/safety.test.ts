// Whether releases may go forward, in the words of the banner.

import { describe, expect, it } from 'vitest'
import { findNextOpening } from '../../src/core/window-times.ts'
import { toQueueText } from '../../src/dashboard/say/queue.ts'
import { toHold } from '../../src/dashboard/say/safety.ts'
import {
  findWindowsFault,
  toAheadMinutes,
  toDaysText,
  toEffectText,
  toReaderText,
} from '../../src/dashboard/say/windows.ts'
import { windows } from '../../src/wire/windows.ts'

/** A Saturday. */
const NOW = Date.parse('2026-11-28T10:00:00Z')
const HOUR_MS = 3_600_000
const WINDOWS = {
  zone: 'Europe/Berlin',
  windows: [{ days: ['mon', 'tue'] as const, from: '09:00', to: '16:00' }],
  open: false,
}
const freeze = { by: 'anna', since: NOW - HOUR_MS, reason: 'incident 42' }

describe('what holds releases', () => {
  it('says who froze them, until when and why, before windows', () => {
    expect(toHold(freeze, WINDOWS, NOW)).toMatchObject({
      kind: 'freeze',
      text: 'Releases are frozen by anna until somebody ends it: incident 42',
    })
    const held = toHold({ ...freeze, until: NOW + HOUR_MS }, undefined, NOW)
    expect(held?.text).toMatch(/^Releases are frozen by anna until .*\d.*.*: incident 42$/)
  })

  it('says when the next window opens, after a freeze that is over too', () => {
    const opening = Date.parse('2026-11-30T08:00:00Z')
    expect(findNextOpening(WINDOWS, NOW)).toBe(opening)
    const held = toHold({ ...freeze, until: NOW }, WINDOWS, NOW)
    expect(held?.text).toContain('only mon tue 09:00-16:00 (Europe/Berlin)')
    expect(held?.more).toMatch(
      /^The next one opens .*\d.* by your clock, Mon 2026-11-30 09:00 there\. Taking a release back works\.$/,
    )
    expect(toHold(undefined, WINDOWS, opening)).toBeUndefined()
  })

  it('believes Holo where this browser does not know the zone', () => {
    const unknown = { ...WINDOWS, zone: 'Mars/Olympus', opensAt: NOW + HOUR_MS }
    expect(toHold(undefined, unknown, NOW)).toMatchObject({
      text: 'Releases wait for a window (Mars/Olympus)',
      more: expect.stringMatching(/^The next one opens .*\d/),
    })
    expect(toHold(undefined, { ...unknown, open: true }, NOW)).toBeUndefined()
  })

  it('finds none where none opens', () => {
    expect(findNextOpening({ zone: 'UTC', windows: [] }, NOW)).toBeUndefined()
  })

  it('holds nothing without a freeze and windows', () => {
    expect(toHold(undefined, { windows: [], open: true }, NOW)).toBeUndefined()
    expect(toHold(undefined, undefined, NOW)).toBeUndefined()
  })
})

describe('windows', () => {
  it('have days in a row as one', () => {
    expect(toDaysText(['mon', 'tue', 'wed', 'thu'])).toBe('Mon to Thu')
    expect(toDaysText(['sat', 'sun'])).toBe('Sat and Sun')
    expect(toDaysText(['mon', 'wed', 'thu', 'fri', 'sun'])).toBe('Mon, Wed to Fri and Sun')
    expect(toDaysText(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).toBe('Every day')
  })

  it('stand in the zone of the reader too, as its clocks are at the time', () => {
    const ahead = (at: string) =>
      toAheadMinutes('America/New_York', 'Europe/Berlin', Date.parse(at))
    expect(ahead('2026-11-28T10:00:00Z')).toBe(-360)
    // America has its summer time three weeks longer than Europe has none.
    expect(ahead('2026-03-20T10:00:00Z')).toBe(-300)
    expect(toReaderText({ from: '09:00', to: '16:00' }, -360)).toBe('03:00–10:00 for you')
    expect(toReaderText({ from: '02:00', to: '09:00' }, -360)).toBe(
      '20:00–03:00 for you, a day earlier',
    )
    expect(toReaderText({ from: '18:00', to: '24:00' }, 570)).toBe(
      '03:30–09:30 for you, a day later',
    )
    expect(toReaderText({ from: '09:00', to: '16:00' }, 0)).toBeUndefined()
  })

  it.each([
    [{ days: [] }, 'needs a day'],
    [{ from: '9:00' }, 'written as in'],
    [{ to: '24:01' }, 'written as in'],
    [{ zone: 'Mars/Olympus' }, 'Choose a zone'],
    [{ zone: '+01:00' }, 'Choose a zone'],
    [{}, undefined],
    [{ to: '24:00' }, undefined],
  ])('are refused by the form as the API refuses them: %j', (changes, fault) => {
    const { zone = 'Europe/Berlin', ...fields } = changes as { zone?: string }
    const [window] = WINDOWS.windows
    const set = { zone, windows: [{ ...window, ...fields }] } as Parameters<typeof toEffectText>[0]
    const said = findWindowsFault(set)
    if (fault === undefined) expect(said).toBeUndefined()
    else expect(said).toContain(fault)
    expect(windows.safeParse(set).success).toBe(fault === undefined)
  })

  it('say what they would mean now', () => {
    expect(toEffectText({ zone: 'UTC', windows: [] }, NOW)).toContain('at any time')
    expect(toEffectText(WINDOWS, NOW)).toBe(
      'Nothing goes forward until Mon 2026-11-30 09:00 (Europe/Berlin).',
    )
    expect(toEffectText(WINDOWS, Date.parse('2026-11-30T08:00:00Z'))).toContain('open now')
  })
})

describe('the queue', () => {
  it('names the releases behind a rollout, a few of many', () => {
    const behind = (...waiting: string[]) => toQueueText({ version: '0.0.6', waiting })
    expect(behind()).toBeUndefined()
    expect(toQueueText({ version: '0.0.6' })).toBeUndefined()
    expect(behind('0.0.7')).toBe('1 release waits behind 0.0.6: 0.0.7.')
    expect(behind('0.0.7', '0.0.8')).toBe('2 releases wait behind 0.0.6: 0.0.7 and 0.0.8.')
    expect(behind('1', '2', '3', '4', '5')).toBe(
      '5 releases wait behind 0.0.6: 1, 2, 3 and 2 others.',
    )
    expect(toQueueText({ version: 'on', flag: 'search', waiting: ['new'] })).toBe(
      '1 release waits behind "on" of search: "new".',
    )
  })
})
