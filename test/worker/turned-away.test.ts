// What an isolate keeps of addresses that the control has turned away, filled as far as it goes: the oldest
// is forgotten, which sends its wrong credentials to the control again and keeps out nobody who is right.

import { describe, expect, it } from 'vitest'
import {
  MAX_TURNED_AWAY,
  MAX_WRONG_PER_ADDRESS,
  TURNED_AWAY_MS,
  TurnedAway,
} from '../../src/api/http/turned-away.ts'
import { hashToken, toFingerprint } from '../../src/control/access/token-text.ts'
import type { Caller, DeniedResult } from '../../src/control/contract.ts'

const NOW = 1_764_000_000_000
const RIGHT = 'right'.padEnd(64, 'r')
const wrong = (i: number) => `${i}`.padStart(64, 'w')
const toAddress = (i: number) => `198.51.${i >> 8}.${i & 255}`

const show = (token: string, address: string): Caller => ({
  credential: { kind: 'token', token },
  address,
  requestId: 'r1',
})

/** What the control answers, with the tokens that count where there are not too many of them. */
const denied = (tokens: readonly string[] | undefined): DeniedResult => ({
  kind: 'denied',
  denial: 'too_many_attempts',
  mayCount: { tokens, jwts: false },
})

describe('MAX_TURNED_AWAY', () => {
  it('addresses are known, and for another one the oldest is forgotten', async () => {
    const known = [toFingerprint(await hashToken(RIGHT))]
    const turnedAway = new TurnedAway()
    const flood = async (i: number) =>
      turnedAway.record(show(wrong(0), toAddress(i)), denied(known), NOW)
    const isRefused = (token: string, i: number) => turnedAway.has(show(token, toAddress(i)), NOW)
    for (let i = 0; i < MAX_TURNED_AWAY; i++) await flood(i)
    for (const i of [0, 1, MAX_TURNED_AWAY - 1]) expect(await isRefused(wrong(7), i)).toBe(true)
    await flood(MAX_TURNED_AWAY)
    expect(await isRefused(wrong(7), 0)).toBe(false)
    for (const i of [1, MAX_TURNED_AWAY]) expect(await isRefused(wrong(7), i)).toBe(true)
    // A right one is never kept from the control, wherever it comes from.
    for (let i = 0; i <= MAX_TURNED_AWAY; i++) expect(await isRefused(RIGHT, i)).toBe(false)
  })

  it('an address that comes again takes the place of no other', async () => {
    const turnedAway = new TurnedAway()
    for (let i = 0; i < MAX_TURNED_AWAY; i++) {
      await turnedAway.record(show(wrong(0), toAddress(i)), denied([]), NOW)
    }
    for (let i = 0; i < 100; i++) {
      await turnedAway.record(show(wrong(i), toAddress(5)), denied([]), NOW + i)
    }
    for (const i of [0, 5]) {
      expect(await turnedAway.has(show(wrong(7), toAddress(i)), NOW)).toBe(true)
    }
    const later = NOW + TURNED_AWAY_MS
    expect(await turnedAway.has(show(wrong(7), toAddress(0)), later)).toBe(false)
  })
})

describe('MAX_WRONG_PER_ADDRESS', () => {
  it('credentials of one address are known by themselves where more tokens count than are told', async () => {
    const turnedAway = new TurnedAway()
    const address = toAddress(0)
    const isRefused = (token: string) => turnedAway.has(show(token, address), NOW)
    for (let i = 0; i < MAX_WRONG_PER_ADDRESS; i++) {
      await turnedAway.record(show(wrong(i), address), denied(undefined), NOW)
    }
    for (let i = 0; i < MAX_WRONG_PER_ADDRESS; i++) expect(await isRefused(wrong(i))).toBe(true)
    await turnedAway.record(show(wrong(MAX_WRONG_PER_ADDRESS), address), denied(undefined), NOW)
    // The oldest is looked at by the control again, which refuses it.
    expect(await isRefused(wrong(0))).toBe(false)
    for (const i of [1, MAX_WRONG_PER_ADDRESS]) expect(await isRefused(wrong(i))).toBe(true)
    expect(await isRefused(RIGHT)).toBe(false)
  })
})
