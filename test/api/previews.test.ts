// Signed preview links as people make, use and revoke them: over the API, with the real control.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  MAX_PREVIEW_KEYS,
  MAX_PREVIEWS,
  MAX_REVOKED_PREVIEWS,
} from '../../src/document/previews.ts'
import { EMAIL } from '../support/access-team.ts'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { ask, DOCUMENT } from '../support/http-client.ts'

let edge: AdminEdge
beforeAll(async () => {
  edge = await startAdminEdge()
})
afterAll(() => edge?.stop())

type Made = {
  readonly id: string
  readonly token: string
  readonly link: string
  readonly hostLinks: string[]
}

const call = (method: string, path: string, json?: unknown, token = FIRST_TOKEN) =>
  edge.call(method, `/.holo/api${path}`, { token, ...(json === undefined ? {} : { json }) })

async function make(json: unknown, token = FIRST_TOKEN): Promise<Made> {
  const made = await call('POST', '/previews', json, token)
  expect(made.status, made.body).toBe(201)
  return JSON.parse(made.body)
}

async function change(method: string, path: string, json: unknown): Promise<number> {
  const { revision } = JSON.parse((await call('GET', '/environments')).body)
  const { status } = await edge.call(method, `/.holo/api${path}`, {
    token: FIRST_TOKEN,
    json,
    headers: { 'if-match': `"${revision}"` },
  })
  return status
}

const shown = async (token: string, headers: Record<string, string> = {}) =>
  (await ask(edge.url, '/', { headers: { ...DOCUMENT, 'holo-preview': token, ...headers } })).body
const eventually = (token: string) => expect.poll(() => shown(token), { timeout: 20_000 })

describe('a preview link', () => {
  it('shows a version that nobody else gets, in a browser, over https', async () => {
    const { token, link, hostLinks } = await make({
      versions: ['v3'],
      path: '/a?b=1',
      note: 'for Ada',
    })
    expect(link).toBe(`${edge.url.origin}/a?b=1&holo-preview=${token}`)
    expect(hostLinks).toEqual([])
    await eventually(token).toMatch(/^<h1>v3<\/h1><script src="\/\.holo\/preview\.js" data-holo="/)
    const opened = await edge.callSecurely('GET', `/?holo-preview=${token}`, { headers: DOCUMENT })
    expect(opened.status).toBe(302)
    const [line = ''] = opened.headers['set-cookie'] ?? []
    expect(line).toMatch(
      /^__Host-holo-preview=[^;]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/,
    )
    const headers = { ...DOCUMENT, cookie: line.split(';')[0] }
    const page = await edge.callSecurely('GET', '/', { headers })
    expect(page.body).toContain('<h1>v3</h1>')
    expect((await edge.callSecurely('GET', '/', { headers: DOCUMENT })).body).toBe('<h1>v1</h1>')
  })

  it('leaves a pin that tells nothing once it is over: it is as one of a version that there is not', async () => {
    const open = (pin: string) =>
      edge.callSecurely('GET', '/', { headers: { ...DOCUMENT, cookie: `__Host-holo-pin=${pin}` } })
    const [hidden, unknown] = [await open('v3@secret'), await open('9.9.9@secret')]
    expect(hidden.headers['clear-site-data']).toBe(unknown.headers['clear-site-data'])
    expect(hidden.headers['clear-site-data']).toContain('prefetchCache')
    expect((await open('v1@main')).headers).not.toHaveProperty('clear-site-data')
  })

  it('reaches the services of its version, and no backend gets the link', async () => {
    const { token } = await make({ versions: ['v3'] })
    await eventually(token).toContain('v3')
    const { body, headers } = await ask(edge.url, '/api/x?a=1&holo-preview=x', {
      headers: { 'holo-preview': token, cookie: `a=b; holo-preview=${token}` },
    })
    const received = JSON.parse(body).headers
    expect(received['holo-version']).toBe('v3')
    expect(received.cookie).toBe('a=b')
    expect(JSON.stringify(received)).not.toContain(token)
    expect(edge.reached.at(-1)).toBe('/api/x?a=1')
    expect(headers['cache-control']).toBe('private, no-store')
  })

  it('is listed without its secret, and stands in the audit log and among the events', async () => {
    const { id, token } = await make({ versions: ['v2'], environments: ['secret'] })
    const listed = await call('GET', '/previews')
    expect(JSON.parse(listed.body).previews[0]).toMatchObject({ id, versions: ['v2'] })
    const audit = await call('GET', '/audit')
    expect(JSON.parse(audit.body).rows[0]).toMatchObject({
      action: 'preview-create',
      detail: { id },
    })
    const events = await call('GET', '/events?after=0')
    expect(events.body).toContain('"kind":"preview.created"')
    for (const { body } of [listed, audit, events]) {
      expect(body).not.toContain(token)
      expect(body).not.toContain(token.split('.')[1])
    }
  })

  it('counts in no statistic', async () => {
    const sum = async () => {
      const { body } = await call('GET', '/metrics/openmetrics')
      return body.split('\n').filter((line) => /^holo_requests.*v3|environment="secret"/.test(line))
    }
    expect(await sum()).toEqual([])
  })

  it.each([
    [{}, 400],
    [{ versions: [] }, 400],
    [{ versions: ['v1'], forSeconds: 10 }, 400],
    [{ versions: ['v1'], forSeconds: 91 * 86_400 }, 400],
    [{ versions: ['v1'], path: '//evil.example' }, 400],
    [{ versions: ['v1'], path: 'https://evil.example' }, 400],
    [{ versions: ['v9'] }, 422],
    [{ environments: ['gone'] }, 422],
  ])('is refused for %j', async (json, status) => {
    expect((await call('POST', '/previews', json)).status).toBe(status)
  })

  it('is refused by the name of what there is not, and how to find what there is', async () => {
    const { body } = await call('POST', '/previews', { versions: ['v9'] })
    expect(JSON.parse(body)).toMatchObject({
      code: 'invalid_preview',
      problems: [
        { path: 'versions[0]', message: 'there is no version "v9": "holo versions" lists them' },
      ],
    })
  })

  it('is made and revoked within the limits of a token', async () => {
    const json = {
      name: 'prs',
      scopes: ['publish', 'shift'],
      versions: ['v2'],
      environments: ['pr-*'],
    }
    const limited = JSON.parse((await call('POST', '/tokens', json)).body).token
    await make({ versions: ['v2'] }, limited)
    expect((await call('POST', '/previews', { versions: ['v3'] }, limited)).status).toBe(403)
    expect((await call('POST', '/previews', { environments: ['secret'] }, limited)).status).toBe(
      403,
    )
    const { id } = await make({ versions: ['v3'] })
    expect((await call('DELETE', `/previews/${id}`, undefined, limited)).status).toBe(403)
    expect((await call('POST', '/preview-keys', {}, limited)).status).toBe(403)
    const own = await make({ versions: ['v2'] }, limited)
    expect((await call('DELETE', `/previews/${own.id}`, undefined, limited)).status).toBe(200)
  })
})

describe('a link that was revoked', () => {
  it('shows nothing more, and neither a rollback nor a hand edit brings it back', async () => {
    const before = JSON.parse((await call('GET', '/assignments')).body)
    const { id, token } = await make({ versions: ['v3'] })
    await eventually(token).toContain('v3')
    const revoked = await call('DELETE', `/previews/${id}`)
    expect(JSON.parse(revoked.body).revokedAt).toBeGreaterThan(0)
    await eventually(token).toBe('<h1>v1</h1>')
    expect(await change('POST', '/rollback', { to: before.revision ?? 1 })).toBe(200)
    expect(await change('PUT', '/assignments', before.document ?? before)).toBe(200)
    const { body } = await call('GET', '/assignments')
    expect(body).toContain(id)
    await expect.poll(async () => JSON.parse((await call('GET', '/health')).body).published)
    expect(await shown(token)).toBe('<h1>v1</h1>')
    const again = await call('DELETE', `/previews/${id}`)
    expect(again.body).toBe(revoked.body)
    expect((await call('DELETE', '/previews/aaaaaaaaaaaa')).status).toBe(404)
  })

  it('ends with all others when the keys are changed and the old ones removed', async () => {
    const old = await make({ versions: ['v3'] })
    await eventually(old.token).toContain('v3')
    expect(JSON.parse((await call('POST', '/preview-keys', {})).body)).toMatchObject({ keys: 2 })
    const young = await make({ versions: ['v3'] })
    await eventually(young.token).toContain('v3')
    expect(await shown(old.token)).toContain('v3')
    const { status, body } = await call('POST', '/preview-keys', { revokeAll: true })
    expect(status).toBe(200)
    expect(JSON.parse(body)).toMatchObject({ keys: 1 })
    await eventually(old.token).toBe('<h1>v1</h1>')
    await eventually(young.token).toBe('<h1>v1</h1>')
    const { previews } = JSON.parse((await call('GET', '/previews')).body)
    expect(previews.every(({ revokedAt }: { revokedAt?: number }) => revokedAt)).toBe(true)
    const next = await make({ versions: ['v3'] })
    await eventually(next.token).toContain('v3')
  })
})

describe('a restricted environment', () => {
  const host = 'secret.example.com'
  const look = async (headers: Record<string, string>) =>
    (await ask(edge.url, '/', { headers: { ...DOCUMENT, host, ...headers } })).body

  it('admits identities of Access by address, verified, under its host name', async () => {
    const json = { hosts: [host], admit: { emails: ['*@example.com'] } }
    expect(await change('PUT', '/environments/secret', json)).toBe(200)
    const jwt = await edge.team.sign()
    await expect
      .poll(() => look({ 'cf-access-jwt-assertion': jwt }), { timeout: 20_000 })
      .toBe('<h1>v3</h1>')
    expect(await look({ cookie: `CF_Authorization=${jwt}` })).toBe('<h1>v3</h1>')
    expect(await look({})).toBe('<h1>v1</h1>')
    const stranger = await edge.team.sign({ claims: { email: `${EMAIL}.evil.org` } })
    expect(await look({ 'cf-access-jwt-assertion': stranger })).toBe('<h1>v1</h1>')
    const other = await edge.team.sign({ claims: { aud: ['b'.repeat(64)] } })
    expect(await look({ 'cf-access-jwt-assertion': other })).toBe('<h1>v1</h1>')
    const old = await edge.team.sign({ now: Date.now() / 1000 - 7200 })
    expect(await look({ 'cf-access-jwt-assertion': old })).toBe('<h1>v1</h1>')
    const last = jwt.at(-5) === 'A' ? 'B' : 'A'
    const forged = jwt.slice(0, -5) + last + jwt.slice(-4)
    expect(await look({ cookie: `CF_Authorization=${forged}` })).toBe('<h1>v1</h1>')
  })

  it('is chosen by who is admitted on the usual address, and by nobody else', async () => {
    const jwt = await edge.team.sign()
    const choose = (headers: Record<string, string>) =>
      ask(edge.url, '/?holo-preview=@secret', { headers: { ...DOCUMENT, ...headers } })
    expect((await choose({})).cookies).toEqual({})
    const access = `CF_Authorization=${jwt}`
    const { cookies, status } = await choose({ cookie: access })
    expect(status).toBe(302)
    const chosen = `holo-preview=${cookies['holo-preview']?.split(';')[0]}`
    const page = (cookie: string) => ask(edge.url, '/', { headers: { ...DOCUMENT, cookie } })
    expect((await page(`${access}; ${chosen}`)).body).toContain('<h1>v3</h1>')
    expect((await page(chosen)).body).toBe('<h1>v1</h1>')
  })

  it('admits nobody any more once that is taken back, after a rollback too', async () => {
    const jwt = await edge.team.sign()
    const { revision } = JSON.parse((await call('GET', '/environments')).body)
    expect(await change('PUT', '/environments/secret', { admit: null })).toBe(200)
    await expect
      .poll(() => look({ 'cf-access-jwt-assertion': jwt }), { timeout: 20_000 })
      .toBe('<h1>v1</h1>')
    expect(await change('POST', '/rollback', { to: revision })).toBe(200)
    const { body } = await call('GET', '/environments/secret')
    expect(JSON.parse(body).admit).toBeUndefined()
  })
})

describe('room for links', () => {
  /** Rows of links that were made elsewhere. */
  const fill = (prefix: string, count: number, revokedAt: number | null) =>
    edge.control.query(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
       INSERT INTO previews
       SELECT printf('${prefix}%010d', i), 'gone', '["v2"]', '[]', NULL, 1, 'x', 9999999999999, ${revokedAt}, NULL FROM n`,
    )

  it('has few keys, however often they are changed', async () => {
    for (let i = 0; i <= MAX_PREVIEW_KEYS; i++) {
      await make({ versions: ['v2'] })
      const { body } = await call('POST', '/preview-keys', {})
      expect(JSON.parse(body).keys).toBeLessThanOrEqual(MAX_PREVIEW_KEYS)
    }
  })

  it('ends with a refusal that says what to do, and new keys make room', async () => {
    const { id } = await make({ versions: ['v2'] })
    await fill('r-', MAX_REVOKED_PREVIEWS, 1)
    const refused = await call('DELETE', `/previews/${id}`)
    expect(refused.status).toBe(422)
    expect(refused.body).toContain('holo previews rotate --revoke-all')
    await fill('v-', MAX_PREVIEWS, null)
    expect((await call('POST', '/previews', { versions: ['v2'] })).status).toBe(422)
    expect((await call('POST', '/preview-keys', { revokeAll: true })).status).toBe(200)
    await make({ versions: ['v2'] })
  })
})
