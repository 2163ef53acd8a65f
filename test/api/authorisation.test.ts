// Every route with every kind of credential, over HTTP against the real control.

import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HOLO_VERSION } from '../../src/core/holo-version.ts'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import type { Answer } from '../support/http-client.ts'
import { type ApiRoute, readRoutes, toAsk } from './api-routes.ts'

const SCOPES = ['read', 'publish', 'shift', 'admin']
/** Which scopes include which. */
const ENOUGH: Readonly<Record<string, readonly string[]>> = {
  read: SCOPES,
  publish: ['publish', 'admin'],
  shift: ['shift', 'admin'],
  admin: ['admin'],
}

let edge: AdminEdge
let routes: readonly ApiRoute[]
let revision: number
const tokens: Record<string, string> = {}
/** Every reply of this file, for the search of secrets. */
const seen: { readonly ask: string; readonly answer: Answer }[] = []

beforeAll(async () => {
  edge = await startAdminEdge()
  routes = await readRoutes(edge)
  for (const scope of SCOPES) tokens[scope] = await edge.createToken([scope])
  tokens.revoked = await edge.createToken(['admin'], 'revoked')
  tokens.expired = await edge.createToken(['admin'], 'expired')
  await edge.call('DELETE', `/.holo/api/tokens/${idOf(tokens.revoked)}`, { token: FIRST_TOKEN })
  await edge.control.query('UPDATE tokens SET expires_at = 1 WHERE id = ?', idOf(tokens.expired))
  tokens.unknown = `holo_${'0'.repeat(16)}_${randomBytes(32).toString('base64url')}`
  tokens.wrong = `${(tokens.admin ?? '').slice(0, -43)}${randomBytes(32).toString('base64url')}`
  tokens.first = FIRST_TOKEN
  revision = await currentRevision()
})
afterAll(() => edge.stop())

const idOf = (token: string) => token.split('_')[1] ?? ''
async function currentRevision(): Promise<number> {
  const { body } = await edge.call('GET', '/.holo/api/health', { token: FIRST_TOKEN })
  return JSON.parse(body).control.revision
}

async function askAll(
  credential: { token?: string; headers?: Record<string, string> },
  among: readonly ApiRoute[] = routes,
) {
  const answers = []
  for (const route of among) {
    const { method, path, asked } = toAsk(route, revision)
    const answer = await edge.call(method, path, {
      ...asked,
      ...credential,
      headers: { ...asked.headers, ...credential.headers },
    })
    const ask = `${method} ${path}`
    seen.push({ ask, answer })
    answers.push({ ask, route, answer })
  }
  return answers
}

/** The request is of the right shape; what it asks for may not exist, and /live wants a WebSocket. */
const ANSWERED: readonly number[] = [200, 201, 404, 409, 422, 426]

const codeOf = ({ body }: Answer): unknown => (body === '' ? undefined : JSON.parse(body).code)

describe('a route', () => {
  it('is one of more than twenty', () => {
    expect(routes.length).toBeGreaterThan(20)
    expect(routes.filter(({ scope }) => scope === undefined).map(({ path }) => path)).toEqual([
      '/.holo/api/health',
      '/.holo/api/openapi.json',
    ])
  })

  it('answers 401 to whoever shows nothing, but for the two that strangers may ask', async () => {
    for (const { ask, route, answer } of await askAll({})) {
      expect([ask, answer.status]).toEqual([ask, route.scope === undefined ? 200 : 401])
    }
    const health = await edge.call('GET', '/.holo/api/health')
    expect(JSON.parse(health.body)).toEqual({ status: 'ok' })
    const told = await edge.call('GET', '/.holo/api/health', { token: FIRST_TOKEN })
    expect(JSON.parse(told.body).holoVersion).toBe(HOLO_VERSION)
  })

  it.each(['unknown', 'wrong', 'revoked', 'expired'])(
    'answers 401 without detail to a token that is %s, even where strangers may ask',
    async (kind) => {
      for (const { ask, answer } of await askAll({ token: tokens[kind] ?? '' })) {
        expect([ask, answer.status]).toEqual([ask, 401])
        expect(answer.headers['www-authenticate']).toBe('Bearer realm="holo"')
        expect(JSON.parse(answer.body)).toEqual({
          type: 'about:blank',
          title: 'Send a valid credential.',
          status: 401,
          code: 'unauthenticated',
          requestId: expect.any(String),
        })
      }
    },
  )

  it.each(SCOPES)(
    'lets the scope %s do what it says, and answers 403 to the rest',
    async (scope) => {
      for (const { ask, route, answer } of await askAll({ token: tokens[scope] ?? '' })) {
        const mayAsk = route.scope === undefined || ENOUGH[route.scope]?.includes(scope)
        if (mayAsk) {
          expect([ask, ANSWERED.includes(answer.status)], answer.body).toEqual([ask, true])
        } else {
          expect([ask, answer.status, codeOf(answer)]).toEqual([ask, 403, 'forbidden'])
          expect(Object.keys(JSON.parse(answer.body)).sort()).toEqual([
            ...['code', 'requestId', 'status', 'title', 'type'],
          ])
        }
      }
    },
  )

  it('lets the first token do all', async () => {
    for (const { ask, answer } of await askAll({ token: FIRST_TOKEN })) {
      expect([ask, ANSWERED.includes(answer.status)], answer.body).toEqual([ask, true])
    }
  })

  it('gives an Access identity the scopes of the setting', async () => {
    const headers = { 'cf-access-jwt-assertion': await edge.team.sign() }
    for (const { ask, route, answer } of await askAll({ headers })) {
      const isForTokens = route.path === '/.holo/api/session/code'
      const mayAsk =
        route.scope === undefined || (['read', 'shift'].includes(route.scope) && !isForTokens)
      expect([ask, answer.status !== 403], answer.body).toEqual([ask, mayAsk])
      expect(answer.status).not.toBe(401)
    }
  })

  it('changes nothing by any of this', async () => {
    expect(await currentRevision()).toBe(revision)
  })
})

describe('no reply', () => {
  it('of any route holds a token, its secret, its hash or a secret of the Worker', async () => {
    const rows = await edge.control.query('SELECT hex(hash) AS hash, hash AS bytes FROM tokens')
    const secrets = [
      FIRST_TOKEN,
      ...Object.values(tokens).flatMap((token) => [token, token.slice(-43)]),
      ...rows.flatMap(({ hash, bytes }) => [
        String(hash),
        String(hash).toLowerCase(),
        Buffer.from(bytes as ArrayBuffer).toString('base64'),
        Buffer.from(bytes as ArrayBuffer).toString('base64url'),
      ]),
    ]
    expect(seen.length).toBeGreaterThan(200)
    for (const { ask, answer } of seen) {
      const text = `${JSON.stringify(answer.headers)}${answer.body}`
      for (const secret of secrets) expect(text.includes(secret), ask).toBe(false)
    }
  })

  it('is kept by a cache or guessed at by a browser', () => {
    for (const { ask, answer } of seen) {
      expect([ask, answer.headers['cache-control']]).toEqual([ask, 'no-store'])
      expect(answer.headers['x-content-type-options']).toBe('nosniff')
      expect(answer.headers['access-control-allow-origin']).toBeUndefined()
      expect(answer.headers['set-cookie']).toBeUndefined()
    }
  })
})
