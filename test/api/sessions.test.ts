// The life of a session: a browser signs in with a token or a one-time code, may what the token may, and
// is signed out by itself, by its token, or by time.

import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { MAX_CODES_PER_TOKEN, MAX_SESSIONS_PER_TOKEN } from '../../src/control/access/limits.ts'
import { CODE_MS, SESSION_MS } from '../../src/wire/sessions.ts'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import type { Answer } from '../support/http-client.ts'
import { codeOf, DashboardBrowser } from '../support/sign-in.ts'

const MINUTE = 60_000
const SHIFT = { json: { weights: { canary: 7 } }, headers: { 'if-match': '"1"' } }

let edge: AdminEdge
beforeAll(async () => {
  edge = await startAdminEdge()
})
afterEach(() => edge.control.setClockAhead(0))
afterAll(() => edge.stop())

const bodyOf = ({ body }: Answer) => JSON.parse(body)
const idOf = (token: string) => token.split('_')[1] ?? ''
const statusOf = async (browser: DashboardBrowser) => (await browser.call('GET', '/whoami')).status

async function signIn(credential: object, call = edge.call): Promise<DashboardBrowser> {
  const browser = new DashboardBrowser(call)
  const answer = await browser.signIn(credential)
  expect([answer.status, answer.body]).toEqual([200, expect.any(String)])
  return browser
}

async function makeCode(token: string): Promise<string> {
  const made = await edge.call('POST', '/.holo/api/session/code', { token })
  expect(made.status).toBe(201)
  return bodyOf(made).code
}

const countSessions = async () =>
  Number((await edge.control.query('SELECT count(*) AS n FROM sessions'))[0]?.n)

describe('signing in', () => {
  it('says who it is, as whoami does afterwards, and until when', async () => {
    const token = await edge.createToken(['shift'], 'alice')
    const browser = new DashboardBrowser(edge.call)
    const signedIn = await browser.signIn({ token })
    expect(bodyOf(signedIn)).toEqual({
      actor: 'alice',
      kind: 'session',
      token: idOf(token),
      scopes: ['shift'],
      expiresAt: expect.any(Number),
    })
    expect(Math.abs(bodyOf(signedIn).expiresAt - Date.now() - SESSION_MS)).toBeLessThan(MINUTE)
    expect(bodyOf(await browser.call('GET', '/whoami'))).toEqual(bodyOf(signedIn))
  })

  it('tells the limits of the token', async () => {
    const json = { name: 'previews', scopes: ['shift'], environments: ['pr-*'] }
    const made = await edge.call('POST', '/.holo/api/tokens', { token: FIRST_TOKEN, json })
    const answer = await new DashboardBrowser(edge.call).signIn({ token: bodyOf(made).token })
    expect(bodyOf(answer)).toMatchObject({ environments: ['pr-*'] })
  })

  it('sets a cookie that only this host can set and no script can read', async () => {
    const token = await edge.createToken(['read'])
    const secure = await new DashboardBrowser(edge.callSecurely).signIn({ token })
    expect(secure.headers['set-cookie']).toEqual([
      expect.stringMatching(
        /^__Host-holo-session=holo-session_[\w-]{43}; Path=\/; Max-Age=43\d{3}; HttpOnly; SameSite=Strict; Secure$/,
      ),
    ])
    const local = await new DashboardBrowser(edge.call).signIn({ token })
    expect(local.headers['set-cookie']).toEqual([
      expect.stringMatching(
        /^holo-session=holo-session_[\w-]{43}; Path=\/; Max-Age=43\d{3}; HttpOnly; SameSite=Strict$/,
      ),
    ])
  })

  it('is refused over http but on this machine', async () => {
    const token = await edge.createToken(['read'])
    const answer = await new DashboardBrowser(edge.call).call('POST', '/session', {
      json: { token },
      headers: { host: 'shop.example.com' },
    })
    expect([answer.status, bodyOf(answer).detail]).toEqual([403, expect.stringContaining('https')])
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  it('stores the SHA-256 of the session and of the code, and neither of them', async () => {
    const token = await edge.createToken(['read'])
    const code = await makeCode(token)
    const browser = await signIn({ token })
    const session = browser.cookies['holo-session'] ?? ''
    const rows = await edge.control.query(
      'SELECT kind, lower(hex(hash)) AS hash, token, basis FROM sessions WHERE token = ?',
      idOf(token),
    )
    const hash = (text: string) => createHash('sha256').update(text).digest('hex')
    expect(Object.fromEntries(rows.map((row) => [row.kind, row.hash]))).toEqual({
      session: hash(session),
      code: hash(code),
    })
    const text = JSON.stringify(rows)
    for (const secret of [session, code, token]) expect(text).not.toContain(secret.slice(-43))
  })

  it('over https works with the session alone', async () => {
    const browser = await signIn({ token: await edge.createToken(['read']) }, edge.callSecurely)
    expect(await statusOf(browser)).toBe(200)
  })

  it('shows in the list of tokens that the token was used', async () => {
    const token = await edge.createToken(['read'])
    await signIn({ code: await makeCode(token) })
    const { body } = await edge.call('GET', '/.holo/api/tokens', { token: FIRST_TOKEN })
    const listed = JSON.parse(body).tokens.find(({ id }: { id: string }) => id === idOf(token))
    expect(listed.lastUsedAt).toEqual(expect.any(Number))
  })

  it.each([
    ['nothing', {}],
    ['both', { token: FIRST_TOKEN, code: 'x' }],
    ['another field', { token: FIRST_TOKEN, scopes: ['admin'] }],
    ['a number', { token: 1 }],
  ])('is not done with %s', async (_, json) => {
    const answer = await new DashboardBrowser(edge.call).signIn(json)
    expect([answer.status, codeOf(answer)]).toEqual([400, 'invalid_request'])
    expect(answer.body).not.toContain(FIRST_TOKEN)
  })

  it('does not read a body that is long', async () => {
    const answer = await new DashboardBrowser(edge.call).signIn({ token: 'x'.repeat(20_000) })
    expect([answer.status, codeOf(answer)]).toEqual([413, 'body_too_large'])
  })

  it('with a token that has no scope is refused', async () => {
    const token = await edge.createToken(['read'])
    await edge.control.query("UPDATE tokens SET scopes = 'root' WHERE id = ?", idOf(token))
    const answer = await new DashboardBrowser(edge.call).signIn({ token })
    expect([answer.status, answer.cookies]).toEqual([403, {}])
  })
})

describe('a one-time code', () => {
  it('signs in once', async () => {
    const code = await makeCode(await edge.createToken(['read'], 'bob'))
    const browser = await signIn({ code })
    expect(bodyOf(await browser.call('GET', '/whoami'))).toMatchObject({ actor: 'bob' })
    const again = await new DashboardBrowser(edge.call).signIn({ code })
    expect([again.status, again.cookies]).toEqual([401, {}])
    expect(await statusOf(browser)).toBe(200)
  })

  it('signs in one of many who come at the same time', async () => {
    const code = await makeCode(await edge.createToken(['read']))
    const tries = Array.from({ length: 20 }, () => new DashboardBrowser(edge.call).signIn({ code }))
    const statuses = (await Promise.all(tries)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(new Set(statuses)).toEqual(new Set([200, 401]))
  })

  it('is over after five minutes', async () => {
    const token = await edge.createToken(['read'])
    const [one, other] = [await makeCode(token), await makeCode(token)]
    await edge.control.setClockAhead(CODE_MS - MINUTE)
    await signIn({ code: one })
    await edge.control.setClockAhead(CODE_MS + 1000)
    expect((await new DashboardBrowser(edge.call).signIn({ code: other })).status).toBe(401)
  })

  it('is no credential for anything else, and is not used up by that', async () => {
    const code = await makeCode(await edge.createToken(['read']))
    expect((await edge.call('GET', '/.holo/api/traffic', { token: code })).status).toBe(401)
    const headers = { cookie: `holo-session=${code}` }
    expect((await edge.call('GET', '/.holo/api/traffic', { headers })).status).toBe(401)
    await signIn({ code })
  })

  it('is made with a token only: neither a session nor Access makes one', async () => {
    const browser = await signIn({ token: FIRST_TOKEN })
    const jwt = await edge.team.sign()
    for (const answer of [
      await browser.call('POST', '/session/code'),
      await edge.call('POST', '/.holo/api/session/code', {
        headers: { 'cf-access-jwt-assertion': jwt },
      }),
    ]) {
      expect([answer.status, bodyOf(answer).detail]).toEqual([
        403,
        'a one-time code is made with a token, not with a session or through Access',
      ])
    }
  })

  it('ends with its token', async () => {
    const token = await edge.createToken(['read'])
    const code = await makeCode(token)
    await edge.call('DELETE', `/.holo/api/tokens/${idOf(token)}`, { token: FIRST_TOKEN })
    expect((await new DashboardBrowser(edge.call).signIn({ code })).status).toBe(401)
  })
})

describe('a session', () => {
  it.each([
    ['viewer', 'read', [200, 403, 403]],
    ['operator', 'shift', [200, 200, 403]],
    ['admin', 'admin', [200, 200, 200]],
  ] as const)('of a %s may what its token may', async (_, scope, expected) => {
    const browser = await signIn({ token: await edge.createToken([scope]) })
    const statuses = [
      await browser.call('GET', '/assignments'),
      await browser.call('PUT', '/traffic?dryRun=true', SHIFT),
      await browser.call('GET', '/tokens'),
    ].map(({ status }) => status)
    expect(statuses).toEqual(expected)
  })

  it('stands in the audit log as its token', async () => {
    const token = await edge.createToken(['shift'], 'carol')
    const browser = await signIn({ token })
    const document = await browser.call('GET', '/assignments')
    const headers = { 'if-match': String(document.headers.etag) }
    const json = { weights: { canary: 11 } }
    expect((await browser.call('PUT', '/traffic', { json, headers })).status).toBe(200)
    const { rows } = bodyOf(await browser.call('GET', '/audit?limit=1'))
    expect(rows[0]).toMatchObject({ actor: 'carol', token: idOf(token), action: 'shift' })
  })

  it('has the scopes of its token in a token that it makes, and no end of its own', async () => {
    const browser = await signIn({ token: FIRST_TOKEN })
    const json = { name: 'made by a session', scopes: ['read'] }
    const made = await browser.call('POST', '/tokens', { json })
    expect([made.status, bodyOf(made).expiresAt]).toEqual([201, undefined])
  })

  it('ends when it signs out, and only it', async () => {
    const token = await edge.createToken(['read'])
    const [one, other] = [await signIn({ token }), await signIn({ token })]
    const stolen = one.cookie
    const answer = await one.call('DELETE', '/session')
    expect([bodyOf(answer), one.cookies]).toEqual([{ ended: 1 }, {}])
    expect(answer.headers['set-cookie']).toEqual([expect.stringContaining('Max-Age=0')])
    const again = await edge.call('GET', '/.holo/api/whoami', { headers: { cookie: stolen } })
    expect(again.status).toBe(401)
    expect(await statusOf(other)).toBe(200)
  })

  it('signs out everywhere: all sessions and codes of its token, and of no other', async () => {
    const token = await edge.createToken(['read'])
    const browsers = [await signIn({ token }), await signIn({ token }), await signIn({ token })]
    const code = await makeCode(token)
    const stranger = await signIn({ token: await edge.createToken(['read']) })
    const answer = await browsers[0]?.call('DELETE', '/sessions')
    expect(answer && bodyOf(answer)).toEqual({ ended: 4 })
    for (const browser of browsers) expect(await statusOf(browser)).toBe(401)
    expect((await new DashboardBrowser(edge.call).signIn({ code })).status).toBe(401)
    expect(await statusOf(stranger)).toBe(200)
    expect((await edge.call('GET', '/.holo/api/whoami', { token })).status).toBe(200)
  })

  it('is ended by its token as well, which somebody else may have', async () => {
    const token = await edge.createToken(['read'])
    const browser = await signIn({ token })
    const answer = await edge.call('DELETE', '/.holo/api/sessions', { token })
    expect(bodyOf(answer)).toEqual({ ended: 1 })
    expect(await statusOf(browser)).toBe(401)
  })

  it('ends after twelve hours', async () => {
    const browser = await signIn({ token: await edge.createToken(['read']) })
    await edge.control.setClockAhead(SESSION_MS - MINUTE)
    expect(await statusOf(browser)).toBe(200)
    await edge.control.setClockAhead(SESSION_MS + 1000)
    expect(await statusOf(browser)).toBe(401)
  })

  it('ends with its token when that expires, and says so from the beginning', async () => {
    const token = await edge.createToken(['read'])
    const end = Date.now() + 30 * MINUTE
    await edge.control.query('UPDATE tokens SET expires_at = ? WHERE id = ?', end, idOf(token))
    const browser = new DashboardBrowser(edge.call)
    const answer = await browser.signIn({ token })
    expect(bodyOf(answer).expiresAt).toBe(end)
    expect(answer.headers['set-cookie']).toEqual([expect.stringMatching(/Max-Age=1[78]\d\d;/)])
    await edge.control.setClockAhead(31 * MINUTE)
    expect(await statusOf(browser)).toBe(401)
  })

  it.each([
    ['is revoked', 'UPDATE tokens SET revoked_at = 1 WHERE id = ?'],
    ['is limited', `UPDATE tokens SET limits = '{"environments":["pr-*"]}' WHERE id = ?`],
    ['loses a scope', "UPDATE tokens SET scopes = 'read' WHERE id = ?"],
    ['gets another secret', "UPDATE tokens SET hash = x'00' WHERE id = ?"],
    ['is gone', 'DELETE FROM tokens WHERE id = ?'],
  ])('ends when its token %s', async (_, sql) => {
    const token = await edge.createToken(['read', 'shift'])
    const browser = await signIn({ token })
    await edge.control.query(sql, idOf(token))
    expect(await statusOf(browser)).toBe(401)
    expect(browser.cookies).toEqual({})
  })

  it('of the first token ends when that is replaced', async () => {
    const browser = await signIn({ token: FIRST_TOKEN })
    await edge.control.query(
      "UPDATE sessions SET basis = 'of another first token' WHERE token = 'first'",
    )
    expect(await statusOf(browser)).toBe(401)
  })

  it('that is over deletes its cookie, so that Access or a new sign-in counts', async () => {
    const token = await edge.createToken(['read'])
    const browser = await signIn({ token })
    await edge.call('DELETE', '/.holo/api/sessions', { token })
    const headers = { 'cf-access-jwt-assertion': await edge.team.sign() }
    expect((await browser.call('GET', '/whoami', { headers })).status).toBe(401)
    const next = await browser.call('GET', '/whoami', { headers })
    expect(bodyOf(next)).toMatchObject({ kind: 'access', actor: 'alice@example.com' })
  })

  it('costs no call of its own, and one call of the control for each request', async () => {
    const browser = await signIn({ token: await edge.createToken(['read']) })
    await edge.control.takeCalls()
    await browser.call('GET', '/assignments')
    await browser.call('GET', '/whoami')
    expect(await edge.control.takeCalls()).toEqual(['document', 'authenticate'])
  })
})

describe('MAX_SESSIONS_PER_TOKEN', () => {
  it('sessions are there, and for another one the oldest of the token ends', async () => {
    const token = await edge.createToken(['read'])
    const stranger = await signIn({ token: await edge.createToken(['read']) })
    const browsers: DashboardBrowser[] = []
    for (let i = 0; i < MAX_SESSIONS_PER_TOKEN; i++) {
      await edge.control.setClockAhead(i * 1000)
      browsers.push(await signIn({ token }))
    }
    for (const browser of browsers) expect(await statusOf(browser)).toBe(200)
    await edge.control.setClockAhead(MINUTE)
    await signIn({ token })
    const statuses = await Promise.all(browsers.map(statusOf))
    expect(statuses).toEqual([401, ...Array(MAX_SESSIONS_PER_TOKEN - 1).fill(200)])
    expect(await statusOf(stranger)).toBe(200)
  })

  it('and those that are over are deleted at the next sign-in', async () => {
    await edge.control.setClockAhead(SESSION_MS + 10 * MINUTE)
    await signIn({ token: FIRST_TOKEN })
    expect(await countSessions()).toBe(1)
  })
})

describe('MAX_CODES_PER_TOKEN', () => {
  it('codes are there, and another one takes the place of the oldest', async () => {
    const token = await edge.createToken(['read'])
    const codes: string[] = []
    for (let i = 0; i <= MAX_CODES_PER_TOKEN; i++) {
      await edge.control.setClockAhead(i * 1000)
      codes.push(await makeCode(token))
    }
    const [oldest, ...others] = codes
    expect((await new DashboardBrowser(edge.call).signIn({ code: oldest })).status).toBe(401)
    for (const code of others) await signIn({ code })
  })
})
