// Whether releases may go forward, in the words of the banner.

import { describe, expect, it } from 'vitest'
import { findNextOpening } from '../../src/core/window-times.ts'
import { toHold, toTimesText } from '../../src/dashboard/say/safety.ts'

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
    expect(held?.more).toMatch(/^The next one opens .*\d.* Taking a release back works\.$/)
    expect(toHold(undefined, WINDOWS, opening)).toBeUndefined()
  })

  it('finds none where none opens', () => {
    expect(findNextOpening({ zone: 'UTC', windows: [] }, NOW)).toBeUndefined()
  })

  it('holds nothing without a freeze and windows', () => {
    expect(toHold(undefined, { windows: [], open: true }, NOW)).toBeUndefined()
    expect(toHold(undefined, undefined, NOW)).toBeUndefined()
    expect(toTimesText({ windows: [], open: true })).toBe('Releases may go forward at any time.')
    expect(toTimesText(WINDOWS)).toContain('mon tue 09:00-16:00')
  })
})
