// The life of a token: shown once, kept as a hash, used, expired, revoked, and told of in the audit log.

import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { MAX_LISTED_TOKENS } from '../../src/control/access/limits.ts'
import { type AdminEdge, FIRST_TOKEN, freshAddress, startAdminEdge } from '../support/api-edge.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

let edge: AdminEdge
beforeAll(async () => {
  edge = await startAdminEdge()
})
afterEach(() => edge.control.setClockAhead(0))
afterAll(() => edge.stop())

const asAdmin = { token: FIRST_TOKEN }
const make = async (json: object) =>
  JSON.parse((await edge.call('POST', '/.holo/api/tokens', { ...asAdmin, json })).body)
const statusFor = async (token: string, address = freshAddress()) => {
  const headers = { 'cf-connecting-ip': address }
  return (await edge.call('GET', '/.holo/api/traffic', { token, headers })).status
}
const toId = (i: number) => i.toString(16).padStart(16, '0')
/** What looks like a token of that id. */
const forge = (id: string, i: number) => `holo_${id}_${`${i}`.padStart(43, 'A')}`
const rowOf = async (id: string) =>
  (await edge.control.query('SELECT * FROM tokens WHERE id = ?', id))[0]

describe('a token', () => {
  it('is shown once and kept as its SHA-256 only', async () => {
    const made = await make({ name: 'ci', scopes: ['shift', 'read', 'shift'] })
    expect(made).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      name: 'ci',
      scopes: ['read', 'shift'],
      createdAt: expect.any(Number),
      createdBy: 'first token',
      token: expect.stringMatching(new RegExp(`^holo_${made.id}_[A-Za-z0-9_-]{43}$`)),
    })
    const { hash, ...row } = (await rowOf(made.id)) ?? {}
    const expected = createHash('sha256').update(made.token).digest()
    expect(Buffer.from(hash as ArrayBuffer)).toEqual(expected)
    expect(JSON.stringify(row)).not.toContain(made.token.slice(-43))
    const { body } = await edge.call('GET', '/.holo/api/tokens', asAdmin)
    expect(body).toContain(made.id)
    expect(body).not.toContain(made.token.slice(-43))
  })

  it('of others is never the same', async () => {
    const secrets = new Set<string>()
    for (let i = 0; i < 20; i++) {
      const { token } = await make({ name: `${i}`, scopes: ['read'] })
      secrets.add(token.slice(-43))
    }
    expect(secrets.size).toBe(20)
  })

  it('counts by every byte of its hash', async () => {
    const { id, token } = await make({ name: 'whole', scopes: ['read'] })
    const hash = createHash('sha256').update(token).digest()
    const setHash = (bytes: Buffer) =>
      edge.control.query(
        'UPDATE tokens SET hash = unhex(?) WHERE id = ?',
        bytes.toString('hex'),
        id,
      )
    for (let at = 0; at < hash.length; at++) {
      const other = Buffer.from(hash)
      other[at] = (other[at] ?? 0) ^ 1
      await setHash(other)
      expect(await statusFor(token), `byte ${at}`).toBe(401)
    }
    await setHash(hash)
    expect(await statusFor(token)).toBe(200)
  })

  it('ends with the next request when it is revoked, and stays in the list', async () => {
    const { id, token } = await make({ name: 'leaked', scopes: ['read'] })
    expect(await statusFor(token)).toBe(200)
    const revoked = await edge.call('DELETE', `/.holo/api/tokens/${id}`, asAdmin)
    expect(JSON.parse(revoked.body)).toMatchObject({ id, revokedAt: expect.any(Number) })
    expect(await statusFor(token)).toBe(401)
    const again = await edge.call('DELETE', `/.holo/api/tokens/${id}`, asAdmin)
    expect(JSON.parse(again.body).revokedAt).toBe(JSON.parse(revoked.body).revokedAt)
    const none = await edge.call('DELETE', `/.holo/api/tokens/${'0'.repeat(16)}`, asAdmin)
    expect(none.status).toBe(404)
  })

  it('may revoke itself', async () => {
    const { id, token } = await make({ name: 'self', scopes: ['admin'] })
    expect((await edge.call('DELETE', `/.holo/api/tokens/${id}`, { token })).status).toBe(200)
    expect(await statusFor(token)).toBe(401)
  })

  it('ends when its days are over', async () => {
    const { token, expiresAt, createdAt } = await make({
      name: 'for a day',
      scopes: ['read'],
      expiresInDays: 1,
    })
    expect(Math.abs(expiresAt - createdAt - DAY)).toBeLessThan(MINUTE)
    await edge.control.setClockAhead(DAY - MINUTE)
    expect(await statusFor(token)).toBe(200)
    await edge.control.setClockAhead(DAY + MINUTE)
    expect(await statusFor(token)).toBe(401)
  })

  it('tells to the minute when it was last used, and writes no row with every use', async () => {
    const { id, token } = await make({ name: 'busy', scopes: ['read'] })
    expect((await rowOf(id))?.last_used_at).toBeNull()
    await statusFor(token)
    const first = Number((await rowOf(id))?.last_used_at)
    expect(first % MINUTE).toBe(0)
    // What a write would overwrite shows whether there was one.
    await edge.control.query('UPDATE tokens SET last_used_at = ? WHERE id = ?', first + DAY, id)
    for (let i = 0; i < 10; i++) await statusFor(token)
    expect((await rowOf(id))?.last_used_at).toBe(first + DAY)
    await edge.control.setClockAhead(2 * DAY)
    await statusFor(token)
    expect(Number((await rowOf(id))?.last_used_at)).toBeGreaterThan(first + DAY)
  })

  it('whose row was damaged lets nobody in and keeps nobody out', async () => {
    const { id, token } = await make({ name: 'damaged', scopes: ['admin'] })
    await edge.control.query("UPDATE tokens SET scopes = 'root, {', hash = x'00' WHERE id = ?", id)
    expect(await statusFor(token)).toBe(401)
    const { status, body } = await edge.call('GET', '/.holo/api/tokens', asAdmin)
    expect(status).toBe(200)
    expect(JSON.parse(body).tokens).toContainEqual(expect.objectContaining({ id, scopes: [] }))
  })

  it.each([
    [{ scopes: ['read'] }],
    [{ name: '', scopes: ['read'] }],
    [{ name: 'two\nlines', scopes: ['read'] }],
    [{ name: 'x'.repeat(101), scopes: ['read'] }],
    [{ name: 'none', scopes: [] }],
    [{ name: 'other', scopes: ['root'] }],
    [{ name: 'past', scopes: ['read'], expiresInDays: 0 }],
    [{ name: 'own', scopes: ['read'], token: 'x'.repeat(64) }],
  ])('is not made of %j', async (json) => {
    const { status, body } = await edge.call('POST', '/.holo/api/tokens', { ...asAdmin, json })
    expect([status, JSON.parse(body).code]).toEqual([400, 'invalid_request'])
  })
})

describe('a table of more tokens than are listed', () => {
  const COUNT = 2500

  it('lets every one be used and revoked by its id, and nobody wait for it', async () => {
    const oldest = await make({ name: 'oldest', scopes: ['read', 'shift'] })
    // All made later than the oldest.
    await edge.control.query(
      `WITH RECURSIVE many(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM many WHERE i < ?)
       INSERT INTO tokens (id, name, scopes, hash, created_at, created_by)
       SELECT printf('%016x', i), 'one of many', 'read', randomblob(32), ?, 'a script' FROM many`,
      COUNT,
      Date.now() + MINUTE,
    )
    const { tokens } = JSON.parse((await edge.call('GET', '/.holo/api/tokens', asAdmin)).body)
    expect(tokens).toHaveLength(MAX_LISTED_TOKENS)
    expect(tokens.map(({ id }: { id: string }) => id)).not.toContain(oldest.id)

    // More count than isolates are told of: wrong ones are refused, right ones are not.
    const flood = { 'cf-connecting-ip': '203.0.113.40' }
    const show = async (token: string) =>
      (await edge.call('GET', '/.holo/api/traffic', { token, headers: flood })).status
    for (let i = 0; i < 20; i++) {
      expect(await show(`${i}`.padStart(64, 'z'))).toBe(i < 10 ? 401 : 429)
    }
    expect(await show(oldest.token)).toBe(200)

    const shift = async (token: string, canary: number) => {
      const { headers } = await edge.call('GET', '/.holo/api/traffic', asAdmin)
      return edge.call('PUT', '/.holo/api/traffic', {
        token,
        json: { weights: { canary } },
        headers: { ...flood, 'if-match': `${headers.etag}` },
      })
    }
    expect((await shift(oldest.token, 7)).status).toBe(200)
    const revoked = await edge.call('DELETE', `/.holo/api/tokens/${oldest.id}`, asAdmin)
    expect(JSON.parse(revoked.body)).toMatchObject({ id: oldest.id, revokedAt: expect.any(Number) })
    expect(await statusFor(oldest.token)).toBe(401)
    const made = await make({ name: 'after many', scopes: ['shift'] })
    expect((await shift(made.token, 3)).status).toBe(200)
    await edge.control.query("DELETE FROM tokens WHERE name = 'one of many'")
  })
})

describe('the audit log', () => {
  it('has who made and revoked which token, without the token, and its chain holds', async () => {
    const { id, token } = await make({ name: 'audited', scopes: ['admin'], expiresInDays: 3 })
    await edge.call('DELETE', `/.holo/api/tokens/${id}`, { token })
    const { body } = await edge.call('GET', '/.holo/api/audit?limit=2', asAdmin)
    const [revoked, made] = JSON.parse(body).rows
    expect(made).toMatchObject({ action: 'token-create', actor: 'first token', token: 'first' })
    expect(made.detail).toMatchObject({ id, name: 'audited', scopes: ['admin'] })
    expect(revoked).toMatchObject({ action: 'token-revoke', actor: 'audited', token: id })
    expect(body).not.toContain(token.slice(-43))
    const verified = await edge.call('POST', '/.holo/api/audit/verify', { ...asAdmin, json: {} })
    expect(JSON.parse(verified.body).problems).toEqual([])
  })
})

describe('an address with ten failures', () => {
  const wrong = (i: number | string) => `${i}`.padStart(64, 'x')

  it('is told to wait a minute with what is wrong, and nobody else is', async () => {
    const address = '203.0.113.7'
    for (let i = 0; i < 10; i++) expect(await statusFor(wrong(1), address)).toBe(401)
    const blocked = await edge.call('GET', '/.holo/api/traffic', {
      token: wrong(2),
      headers: { 'cf-connecting-ip': address },
    })
    expect([blocked.status, JSON.parse(blocked.body).code]).toEqual([429, 'too_many_attempts'])
    expect(blocked.headers['retry-after']).toBe('60')
    expect(blocked.body).not.toContain('mayCount')
    expect(await statusFor(wrong(1), '203.0.113.8')).toBe(401)
    await edge.control.setClockAhead(MINUTE + 1000)
    // The isolate answers for the control a moment longer, by the clock of the machine.
    await vi.waitFor(async () => expect(await statusFor(wrong(1), address)).toBe(401), 30_000)
  })

  it('is not one that lacks a scope, nor one whose keys of Access cannot be had', async () => {
    const { token } = await make({ name: 'reader', scopes: ['read'] })
    const headers = { 'cf-connecting-ip': '203.0.113.9', 'if-match': '"1"' }
    for (let i = 0; i < 15; i++) {
      const json = { weights: {} }
      const answer = await edge.call('PUT', '/.holo/api/traffic', { token, json, headers })
      expect(answer.status).toBe(403)
    }
    edge.team.mode = 'error'
    const jwt = await edge.team.sign()
    for (let i = 0; i < 15; i++) {
      const shown = { ...headers, 'cf-access-jwt-assertion': jwt }
      expect((await edge.call('GET', '/.holo/api/traffic', { headers: shown })).status).toBe(401)
    }
    edge.team.mode = 'well'
    expect(await statusFor(token, '203.0.113.9')).toBe(200)
  })

  // Last, because the keys of Access are in memory from here on.
  it.each([
    ['unknown tokens', '203.0.113.20', (i: number) => ({ token: wrong(i) })],
    ['tokens of unknown ids', '203.0.113.21', (i: number) => ({ token: forge(toId(i), i) })],
    ['the id of the token with wrong secrets', '203.0.113.22', (i: number) => ({ id: i })],
    ['one and the same wrong token', '203.0.113.23', () => ({ token: wrong('same') })],
    ['forged JWTs', '203.0.113.24', (i: number) => ({ jwt: `eyJhbGciOiJSUzI1NiJ9.e30.${i}` })],
    ['another host of its /64', '2001:db8:7:7::1', (i: number) => ({ token: wrong(i) })],
  ] as const)('that shows %s has right ones taken all the same', async (_, address, make_) => {
    // The keys of Access are asked for again.
    await edge.control.setClockAhead(MINUTE / 4)
    const { id, token } = await make({ name: 'right', scopes: ['read'] })
    const jwt = await edge.team.sign()
    const near = address.replace('::1', '::2')
    for (let i = 0; i < 30; i++) {
      const shown: { token?: string; jwt?: string; id?: number } = make_(i)
      const headers = {
        'cf-connecting-ip': address,
        ...(shown.jwt === undefined ? {} : { 'cf-access-jwt-assertion': shown.jwt }),
      }
      const bearer = shown.id === undefined ? shown.token : forge(id, shown.id)
      const answer = await edge.call('GET', '/.holo/api/traffic', {
        headers,
        ...(bearer === undefined ? {} : { token: bearer }),
      })
      expect(answer.status).toBe(i < 10 ? 401 : 429)
      expect(await statusFor(token, near)).toBe(200)
    }
    expect(await statusFor(FIRST_TOKEN, near)).toBe(200)
    const headers = { 'cf-connecting-ip': near, 'cf-access-jwt-assertion': jwt }
    expect((await edge.call('GET', '/.holo/api/traffic', { headers })).status).toBe(200)
    // One that was right a moment ago is no more once it is revoked.
    await edge.call('DELETE', `/.holo/api/tokens/${id}`, asAdmin)
    expect(await statusFor(token, near)).toBe(429)
  })
})
