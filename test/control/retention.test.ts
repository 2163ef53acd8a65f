import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  decideRetention,
  readRetentionSettings,
  type Use,
} from '../../src/control/releases/retention.ts'

const DAY = 86_400_000
const NOW = 1_000 * DAY
const use = (version: string, more: Partial<Use> = {}): Use => ({
  version,
  isPointedAt: false,
  seenAt: NOW - 500 * DAY,
  leftAt: undefined,
  ...more,
})

afterEach(() => vi.restoreAllMocks())

describe('what stays', () => {
  it('is said with its reason, and how long', () => {
    const uses = [
      use('old'),
      use('lately', { leftAt: NOW - 10 * DAY }),
      use('fresh', { seenAt: NOW - DAY / 2 }),
      use('last', { leftAt: NOW - DAY / 4 }),
      use('live', { isPointedAt: true }),
    ]
    expect(Object.fromEntries(decideRetention(uses, { versions: 2, ms: 30 * DAY }, NOW))).toEqual({
      old: { why: 'nothing', until: undefined },
      lately: { why: 'lately-pointed-at', until: NOW + 20 * DAY },
      fresh: { why: 'new', until: NOW + DAY / 2 },
      last: { why: 'latest', until: undefined },
      live: { why: 'pointed-at', until: undefined },
    })
  })

  it('is always what is pointed at, whatever the settings', () => {
    const uses = [use('live', { isPointedAt: true }), use('old', { leftAt: NOW - 2 * DAY })]
    const decided = decideRetention(uses, { versions: 0, ms: 0 }, NOW)
    expect(decided.get('live')?.why).toBe('pointed-at')
    expect(decided.get('old')?.why).toBe('nothing')
  })

  it('ends to the millisecond', () => {
    const left = [use('v', { leftAt: NOW - 30 * DAY })]
    const settings = { versions: 0, ms: 30 * DAY }
    expect(decideRetention(left, settings, NOW - 1).get('v')?.why).toBe('lately-pointed-at')
    expect(decideRetention(left, settings, NOW).get('v')?.why).toBe('nothing')
  })

  it('is of two that came at the same time the later one of the document', () => {
    const decided = decideRetention([use('a'), use('b')], { versions: 1, ms: 0 }, NOW)
    expect([decided.get('a')?.why, decided.get('b')?.why]).toEqual(['nothing', 'latest'])
  })
})

describe('the settings', () => {
  it('are whole numbers, or their defaults with a word in the log', () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    expect(readRetentionSettings({})).toEqual({ versions: 10, ms: 30 * DAY })
    const some = { RETAIN_VERSIONS: '3', RETAIN_DAYS: '0' }
    expect(readRetentionSettings(some)).toEqual({ versions: 3, ms: 0 })
    expect(log).not.toHaveBeenCalled()
    for (const bad of ['', '-1', '1.5', 'ten', '1e3', '12345678']) {
      expect(readRetentionSettings({ RETAIN_VERSIONS: bad }).versions).toBe(10)
    }
    expect(log).toHaveBeenCalledTimes(6)
  })
})
