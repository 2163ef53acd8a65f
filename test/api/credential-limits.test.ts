// What strangers and people with many tokens can fill of the proof of credentials, over HTTP: a right
// credential counts all the same, and a wrong one is refused. docs/storage.md lists the bounds.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  ACCESS_KEYS_FAILED_PAUSE_MS,
  ACCESS_KEYS_MAX_AGE_MS,
  MAX_ACCESS_KEYS_CHARACTERS,
} from '../../src/control/access/access-keys.ts'
import { MAX_FAILED_ATTEMPTS, MAX_FAILING_ADDRESSES } from '../../src/control/access/attempts.ts'
import { MAX_COUNTING_TOKENS, MAX_LISTED_TOKENS } from '../../src/control/access/limits.ts'
import { type AdminEdge, FIRST_TOKEN, freshAddress, startAdminEdge } from '../support/api-edge.ts'

let edge: AdminEdge
beforeAll(async () => {
  edge = await startAdminEdge()
})
afterAll(() => edge.stop())

const wrong = (i: number) => `${i}`.padStart(64, 'w')
const show = async (token: string, address: string) => {
  const headers = { 'cf-connecting-ip': address }
  return (await edge.call('GET', '/.holo/api/traffic', { token, headers })).status
}
const countTokens = async () => {
  const [row] = await edge.control.query(
    'SELECT count(*) AS count FROM tokens WHERE revoked_at IS NULL',
  )
  return Number(row?.count)
}
/** Makes tokens until so many count. All are made later than those that are there. */
const fillTokens = async (count: number) => {
  await edge.control.query("DELETE FROM tokens WHERE created_by = 'a script'")
  await edge.control.query(
    `WITH RECURSIVE many(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM many WHERE i < ?)
     INSERT INTO tokens (id, name, scopes, hash, created_at, created_by)
     SELECT printf('%016x', i), 'one of many', 'read', randomblob(32), ?, 'a script' FROM many`,
    ...[count - (await countTokens()), Date.now() + 60_000],
  )
  expect(await countTokens()).toBe(count)
}

describe('MAX_COUNTING_TOKENS', () => {
  it.each([0, 1])('tokens and %i more count, also from an address with a flood', async (more) => {
    const token = await edge.createToken(['read'])
    await fillTokens(MAX_COUNTING_TOKENS + more)
    const address = freshAddress()
    for (let i = 0; i < 2 * MAX_FAILED_ATTEMPTS; i++) {
      expect(await show(wrong(i), address)).toBe(i < MAX_FAILED_ATTEMPTS ? 401 : 429)
    }
    for (const right of [token, FIRST_TOKEN]) expect(await show(right, address)).toBe(200)
  })
})

describe('MAX_LISTED_TOKENS', () => {
  it.each([
    ['all are listed', 0],
    ['one more pushes the oldest out of the list', 1],
  ])('%s, and each can be used and revoked', async (_, more) => {
    await edge.control.query('DELETE FROM tokens')
    const made = await edge.call('POST', '/.holo/api/tokens', {
      token: FIRST_TOKEN,
      json: { name: 'the oldest', scopes: ['read'] },
    })
    const { id, token } = JSON.parse(made.body)
    await fillTokens(MAX_LISTED_TOKENS + more)
    const { body } = await edge.call('GET', '/.holo/api/tokens', { token: FIRST_TOKEN })
    const listed = JSON.parse(body).tokens.map((one: { id: string }) => one.id)
    expect([listed.length, listed.includes(id)]).toEqual([MAX_LISTED_TOKENS, more === 0])
    expect(await show(token, freshAddress())).toBe(200)
    await edge.call('DELETE', `/.holo/api/tokens/${id}`, { token: FIRST_TOKEN })
    expect(await show(token, freshAddress())).toBe(401)
  })
})

describe('MAX_FAILING_ADDRESSES', () => {
  it('are filled by strangers, who keep nobody out and are let in nowhere', async () => {
    const first = freshAddress()
    for (let i = 0; i <= MAX_FAILED_ATTEMPTS; i++) await show(wrong(i), first)
    for (let from = 0; from < MAX_FAILING_ADDRESSES; from += 50) {
      const some = Array.from({ length: 50 }, () => show(wrong(from), freshAddress()))
      expect(new Set(await Promise.all(some))).toEqual(new Set([401]))
    }
    // The oldest address was forgotten and begins anew, with what is wrong all the same.
    expect([401, 429]).toContain(await show(wrong(99), first))
    for (const address of [first, freshAddress()]) {
      expect(await show(FIRST_TOKEN, address)).toBe(200)
    }
  })
})

describe('MAX_ACCESS_KEYS_CHARACTERS', () => {
  const readAs = async (ahead: number) => {
    await edge.control.setClockAhead(ahead)
    const jwt = await edge.team.sign({ now: (Date.now() + ahead) / 1000 })
    const headers = { 'cf-access-jwt-assertion': jwt }
    return (await edge.call('GET', '/.holo/api/traffic', { headers })).status
  }

  it('are read; a longer answer is none, and the next one that is not counts', async () => {
    edge.team.characters = MAX_ACCESS_KEYS_CHARACTERS
    expect(await readAs(0)).toBe(200)
    edge.team.characters++
    const later = ACCESS_KEYS_MAX_AGE_MS + 1000
    expect(await readAs(later)).toBe(401)
    expect(edge.log.join('\n')).toContain('the answer is too long')
    edge.team.characters = 0
    expect(await readAs(later + ACCESS_KEYS_FAILED_PAUSE_MS + 1000)).toBe(200)
  })
})
