import { describe, expect, it } from 'vitest'
import { parseZonedTime } from '../../src/cli/zoned-time.ts'

describe('a time that somebody writes', () => {
  it.each([
    ['2026-12-24T18:00Z', '2026-12-24T18:00:00.000Z'],
    ['2026-12-24T18:00:30.5+01:00', '2026-12-24T17:00:30.500Z'],
    ['2028-02-29T00:00-03:30', '2028-02-29T03:30:00.000Z'],
    ['2026-12-31T24:00Z', '2027-01-01T00:00:00.000Z'],
  ])('%s is %s', (text, time) => {
    expect(new Date(parseZonedTime(text) ?? 0).toISOString()).toBe(time)
  })

  it.each([
    '2026-02-30T10:00Z',
    '2026-02-29T10:00Z',
    '2026-04-31T10:00+01:00',
    '2026-13-01T10:00Z',
    '2026-00-10T10:00Z',
    '2026-01-00T10:00Z',
    '2026-01-01T25:00Z',
    '2026-01-01T10:60Z',
    '2026-01-01T10:00+99:00',
    '2026-01-01T10:00',
    '2026-01-01',
    'tomorrow',
    '',
  ])('%j is none', (text) => {
    expect(parseZonedTime(text)).toBeUndefined()
  })
})
