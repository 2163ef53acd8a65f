// Whatever is forged, malformed or replayed changes nothing, reaches no backend, and is answered 401 or
// 403 without detail.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import {
  CROSS_SITE,
  type Forgery,
  forgeJwts,
  forgeTokens,
  MALFORMED,
  MISPLACED,
} from './forged-credentials.ts'

let edge: AdminEdge
let before: string
beforeAll(async () => {
  edge = await startAdminEdge()
})
afterAll(() => edge.stop())

/** All that could have changed. */
async function takeStock(): Promise<string> {
  const rows = await edge.control.query('SELECT seq, hash FROM audit ORDER BY seq')
  const tokens = await edge.control.query('SELECT id, revoked_at FROM tokens ORDER BY id')
  return JSON.stringify([rows, tokens, edge.reached])
}

const ATTEMPTS = [
  ['GET', '/assignments', undefined],
  ['PUT', '/traffic', { weights: { canary: 100 } }],
  ['POST', '/tokens', { name: 'mine', scopes: ['admin'] }],
] as const

/** Shows it to a question, a change and the making of a token. */
async function show({ headers = {}, query = '' }: Forgery) {
  const answers = []
  for (const [method, path, json] of ATTEMPTS) {
    const answer = await edge.call(method, `/.holo/api${path}${query && `?${query}`}`, {
      ...(json === undefined ? {} : { json }),
      headers: { 'if-match': '"1"', ...headers } as never,
    })
    answers.push(answer)
  }
  return answers
}

async function expectRefused(forgeries: readonly Forgery[], status: 401 | 403) {
  before = await takeStock()
  const refused = []
  for (const forgery of forgeries) {
    for (const answer of await show(forgery)) {
      const { title: _, requestId: __, ...rest } = JSON.parse(answer.body)
      refused.push({ name: forgery.name, ...rest })
    }
  }
  const code = status === 401 ? 'unauthenticated' : 'forbidden'
  const expected = forgeries.flatMap(({ name }) =>
    ATTEMPTS.map(() => ({ name, type: 'about:blank', status, code })),
  )
  expect(refused).toEqual(expected)
  expect(await takeStock()).toBe(before)
}

describe('a forged credential', () => {
  it('is one of more than sixty', async () => {
    const all = [MALFORMED, MISPLACED, await forgeTokens(edge), await forgeJwts(edge), CROSS_SITE]
    const names = all.flat().map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeGreaterThan(80)
  })

  it('that no credential looks like is a 401', () => expectRefused(MALFORMED, 401))
  it('where none is looked for is a 401', () => expectRefused(MISPLACED, 401))
  it('that looks like a token is a 401', async () => expectRefused(await forgeTokens(edge), 401))
  it('that looks like a JWT is a 401', async () => expectRefused(await forgeJwts(edge), 401))

  it('does not fall back on another that counts', async () => {
    const jwt = await edge.team.sign()
    // The platform drops a header without a value: that one shows nothing, and the JWT counts.
    const shown = MALFORMED.filter(({ headers }) => headers?.authorization !== '')
    const forgeries = shown.map(({ name, headers }) => ({
      name,
      headers: { ...headers, 'cf-access-jwt-assertion': jwt },
    }))
    await expectRefused(forgeries, 401)
  })
})

describe('another site', () => {
  it('cannot make a browser change anything with the JWT that it sends by itself', async () => {
    before = await takeStock()
    const jwt = await edge.team.sign()
    for (const { name, headers } of CROSS_SITE) {
      for (const [method, path, json] of ATTEMPTS.slice(1)) {
        const answer = await edge.call(method, `/.holo/api${path}`, {
          json,
          headers: {
            'if-match': '"1"',
            'holo-request': '1',
            'cf-access-jwt-assertion': jwt,
            ...headers,
          } as never,
        })
        const { status, code, problems } = JSON.parse(answer.body)
        expect([name, status, code, problems]).toEqual([name, 403, 'cross_site', undefined])
      }
    }
    expect(await takeStock()).toBe(before)
  })

  it('is not what this site’s own page is, nor a program', async () => {
    const jwt = await edge.team.sign()
    const own = { 'sec-fetch-site': 'same-origin', 'holo-request': '1' }
    for (const headers of [own, { origin: edge.url.origin, 'holo-request': '1' }, {}]) {
      const answer = await edge.call('PUT', '/.holo/api/traffic?dryRun=true', {
        json: { weights: { canary: 100 } },
        headers: { 'if-match': '"1"', 'cf-access-jwt-assertion': jwt, ...headers },
      })
      expect(answer.status).toBe(200)
    }
  })

  it('reads nothing with it', async () => {
    const jwt = await edge.team.sign()
    for (const { name, headers } of CROSS_SITE) {
      const answer = await edge.call('GET', '/.holo/api/assignments', {
        headers: { 'cf-access-jwt-assertion': jwt, ...headers } as never,
      })
      expect([name, answer.status, JSON.parse(answer.body).code]).toEqual([name, 403, 'cross_site'])
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
    }
    const preflight = await edge.call('OPTIONS', '/.holo/api/traffic', {
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'PUT' },
    })
    expect([preflight.status, preflight.headers.allow]).toEqual([405, 'GET, HEAD, PUT'])
  })
})

describe('a credential that counts for less', () => {
  it('gains nothing by headers that claim more', async () => {
    const read = await edge.createToken(['read'])
    before = await takeStock()
    for (const headers of [
      { 'holo-scopes': 'admin' },
      { 'x-http-method-override': 'PUT' },
      { 'cf-access-authenticated-user-email': 'alice@example.com' },
      { 'cf-access-jwt-assertion': await edge.team.sign() },
      { 'holo-actor': 'first token', 'holo-token': FIRST_TOKEN },
    ]) {
      const answer = await edge.call('PUT', '/.holo/api/traffic', {
        token: read,
        json: { weights: { canary: 100 } },
        headers: { 'if-match': '"1"', ...headers },
      })
      expect(JSON.parse(answer.body).code).toBe('forbidden')
    }
    expect(await takeStock()).toBe(before)
  })
})

describe('the log', () => {
  it('tells the operator why, and holds no secret', () => {
    const text = edge.log.join('\n')
    for (const why of ['revoked', 'expired', 'wrong secret', 'unknown', 'ERR_JWT_EXPIRED']) {
      expect(text).toContain(why)
    }
    expect(text).not.toContain(FIRST_TOKEN)
    expect(text).not.toMatch(/holo_[0-9a-f]{16}_/)
    expect(text).not.toMatch(/eyJ[\w-]+\./)
  })
})
