import { describe, expect, it } from 'vitest'
import {
  Attempts,
  MAX_FAILED_ATTEMPTS,
  MAX_FAILING_ADDRESSES,
} from '../../src/control/access/attempts.ts'

const NOW = 1_764_000_000_000

function failing(address: string, times: number, attempts = new Attempts(), now = NOW): Attempts {
  for (let i = 0; i < times; i++) attempts.recordFailure(address, now)
  return attempts
}

describe('failed attempts', () => {
  it('are forgiven until there are too many', () => {
    expect(failing('192.0.2.1', MAX_FAILED_ATTEMPTS - 1).isBlocked('192.0.2.1', NOW)).toBe(false)
    expect(failing('192.0.2.1', MAX_FAILED_ATTEMPTS).isBlocked('192.0.2.1', NOW)).toBe(true)
  })

  it('of one address are no other address’ fault', () => {
    const attempts = failing('192.0.2.1', 100)
    expect(attempts.isBlocked('192.0.2.2', NOW)).toBe(false)
    expect(attempts.isBlocked('', NOW)).toBe(false)
  })

  it('are forgotten a minute after the first', () => {
    const attempts = failing('192.0.2.1', 100)
    expect(attempts.isBlocked('192.0.2.1', NOW + 59_999)).toBe(true)
    expect(attempts.isBlocked('192.0.2.1', NOW + 60_000)).toBe(false)
    failing('192.0.2.1', 1, attempts, NOW + 60_000)
    expect(attempts.isBlocked('192.0.2.1', NOW + 60_000)).toBe(false)
  })

  it.each([
    ['another host of the same /64', '2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
    ['another /64', '2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['the same IPv4 address, mapped', '192.0.2.1', '::ffff:192.0.2.1', true],
    ['no address at all', '', '', true],
    ['something that is no address', 'unknown', 'unknown', true],
  ])('count for %s: %s and %s is %s', (_, failed, asking, isBlocked) => {
    expect(failing(failed, MAX_FAILED_ATTEMPTS).isBlocked(asking, NOW)).toBe(isBlocked)
  })

  it('take a bounded memory, whatever number of addresses there is', () => {
    const attempts = new Attempts()
    for (let i = 0; i < MAX_FAILING_ADDRESSES * 3; i++) {
      attempts.recordFailure(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, NOW + i)
    }
    expect(attempts.size).toBe(MAX_FAILING_ADDRESSES)
    failing('192.0.2.1', MAX_FAILED_ATTEMPTS, attempts, NOW + 10_000)
    expect(attempts.isBlocked('192.0.2.1', NOW + 10_000)).toBe(true)
  })

  it('that are over make room before any that still counts', () => {
    const attempts = new Attempts()
    for (let i = 1; i < MAX_FAILING_ADDRESSES; i++) attempts.recordFailure(`old ${i}`, NOW)
    failing('192.0.2.1', MAX_FAILED_ATTEMPTS, attempts, NOW + 50_000)
    attempts.recordFailure('new', NOW + 100_000)
    expect(attempts.isBlocked('192.0.2.1', NOW + 100_000)).toBe(true)
  })
})
