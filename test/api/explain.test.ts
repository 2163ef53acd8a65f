// `explain` is the edge's own word: whatever it says of a request, the edge does.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'
import { ask, DOCUMENT } from '../support/http-client.ts'

let edge: AdminEdge
beforeAll(async () => {
  edge = await startAdminEdge()
  const rules = [
    { name: 'staff', environment: 'canary', when: { '==': [{ var: 'cookie.staff' }, '1'] } },
    { name: 'Swiss', environment: 'canary', when: { '==': [{ var: 'country' }, 'CH'] } },
    { name: 'office', environment: 'canary', when: { cidr: [{ var: 'ip' }, ['192.0.2.0/24']] } },
    { name: 'hidden', environment: 'secret', when: true },
  ]
  await change('PUT', '/rules', { rules }, 1)
  await change('PUT', '/traffic', { weights: { canary: 50 } }, 2)
  // Until the edge decides with this revision.
  await vi.waitFor(async () => {
    const headers = { ...DOCUMENT, cookie: `holo-visitor=${visitorOf(2)}` }
    expect((await ask(edge.url, '/', { headers })).headers['holo-version']).toBe('v2')
  }, 20_000)
})
afterAll(() => edge.stop())

async function change(method: string, path: string, json: object, revision: number) {
  const headers = { 'if-match': `"${revision}"` }
  const answer = await edge.call(method, `/.holo/api${path}`, { token: FIRST_TOKEN, json, headers })
  if (answer.status !== 200) throw new Error(answer.body)
}

async function explain(json: Record<string, unknown>) {
  const asked = { token: FIRST_TOKEN, json }
  const { body } = await edge.call('POST', '/.holo/api/explain', asked)
  return JSON.parse(body)
}

const URL = 'https://shop.example.com/'
const visitorOf = (n: number) => `${n}`.padStart(22, 'A')

describe('what explain says', () => {
  it('is what the edge does, for every bucket, cookie and pin', async () => {
    for (let n = 0; n < 40; n++) {
      const headers = {
        ...(n % 2 ? DOCUMENT : { 'sec-fetch-dest': 'empty' }),
        cookie: `holo-visitor=${visitorOf(n)}${n % 3 ? '' : '; staff=1'}`,
        ...(n % 5 ? {} : { 'holo-pin': 'v2@canary' }),
        ...(n % 7 ? {} : { 'user-agent': 'Googlebot' }),
      }
      const path = n % 4 ? '/' : '/api/x'
      const told = await explain({ url: `${URL}${path.slice(1)}`, headers })
      const done = await ask(edge.url, path, { headers })
      expect([n, told.decision.version, told.decision.environment, told.decision.bucket]).toEqual([
        n,
        done.headers['holo-version'],
        done.headers['holo-environment'],
        Number(done.headers['holo-bucket']),
      ])
    }
  })

  it('tells every step and the words of it', async () => {
    const { request, decision, steps } = await explain({ url: URL, visitor: 'somebody' })
    expect(request).toEqual({
      method: 'GET',
      host: 'shop.example.com',
      path: '/',
      kind: 'document',
      visitor: 'somebody',
      minted: false,
      anonymous: false,
      crawler: false,
    })
    expect(decision).toMatchObject({ reason: 'bucket', revision: 3 })
    expect(steps.map(({ step }: { step: string }) => step)).toEqual([
      ...['pin', 'host', 'crawler', 'rule', 'rule', 'rule', 'rule', 'bucket'],
    ])
    expect(JSON.stringify(steps)).toContain('hidden: secret is restricted, and there is no grant')
  })

  it.each([
    ['curl', { accept: '*/*', 'user-agent': 'curl/8.5.0' }],
    ['a client that says nothing but its language', { 'accept-language': 'de' }],
    ['a monitor', { ...DOCUMENT, 'user-agent': 'UptimeRobot/2.0' }],
  ])('promises %s no more than it gets: no bucket by chance', async (_, headers) => {
    for (let i = 0; i < 5; i++) {
      const told = await explain({ url: `${URL}product/7`, headers })
      const done = await ask(edge.url, '/product/7', { headers })
      expect(told).toMatchObject({ request: { anonymous: true }, decision: { version: 'v1' } })
      expect(done.headers['holo-version']).toBe('v1')
    }
  })

  it('promises no page at the address of a script, and one at an address that could be a page', async () => {
    const answerOf = async (json: object) => (await explain({ ...json, revision: 1 })).answer
    const script = `${URL}assets/gone.js`
    expect(await answerOf({ url: script })).toMatch(/else 404$/)
    expect(await answerOf({ url: script, headers: { cookie: 'a=1' } })).toMatch(/else 404$/)
    expect(await answerOf({ url: script, headers: { accept: '*/*' } })).toMatch(/else 404$/)
    const page = { url: `${URL}product/7`, headers: { accept: '*/*' } }
    expect(await answerOf(page)).toMatch(/else the page/)
    const call = { url: `${URL}product/7`, headers: { accept: 'application/json' } }
    expect(await answerOf(call)).toMatch(/else 404$/)
  })

  it.each([
    [{ headers: { cookie: 'staff=1' } }, 'staff'],
    [{ country: 'CH' }, 'Swiss'],
    [{ ip: '192.0.2.9' }, 'office'],
  ])('goes by %j', async (facts, rule) => {
    expect((await explain({ url: URL, ...facts })).decision).toMatchObject({ reason: 'rule', rule })
  })

  it('may be asked of an earlier revision', async () => {
    const { decision } = await explain({ url: URL, country: 'CH', revision: 1 })
    expect(decision).toMatchObject({ revision: 1, environment: 'main', reason: 'bucket' })
    expect(await explain({ url: URL, revision: 99 })).toMatchObject({ status: 404 })
  })

  it.each([
    ['GET', '/', /^the file of version v1 at \/, if it has one; else the page/],
    [
      'GET',
      '/api/x',
      /^the file of version v1 at \/api\/x, if it has one; else service \/api\/ of version v1 \(http/,
    ],
    ['POST', '/api/x', /^service \/api\/ of version v1/],
    ['POST', '/', /^no service of version v1 has this path: 405/],
    ['GET', '/api/..%2fadmin', /^nothing: /],
    ['GET', '/cdn-cgi/trace', /^nothing: .*404/],
    ['POST', '/CDN-cgi%252ftrace', /^nothing: .*404/],
    ['GET', '/api/..%2f..%2fcdn-cgi/trace', /^nothing: .*404/],
    ['OPTIONS', '*', /^Holo itself, for the whole server: 204/],
    ['GET', '/.holo/api/health', /^Holo itself, before a version is chosen/],
    ['GET', '/.holo/version', /^Holo itself: the current version and environment/],
  ])('names who would answer %s %s', async (method, path, words) => {
    const { answer } = await explain({ url: URL.slice(0, -1) + path, method, revision: 1 })
    expect(answer).toMatch(words)
  })

  it('is of now for the address that tells the version of now, whatever the pin says', async () => {
    const headers = { cookie: 'holo-pin=v2@canary', accept: '*/*' }
    const told = await explain({ url: `${URL}.holo/version`, headers, revision: 1 })
    expect(told.decision).toMatchObject({ environment: 'main', version: 'v1' })
  })

  it.each([
    [{}],
    [{ url: '/x' }],
    [{ url: 'ftp://shop.example.com/' }],
    [{ url: 'javascript:alert(1)' }],
    [{ url: `${URL}%00` }],
    [{ url: `${URL.slice(0, -1)}*` }],
    [{ url: URL, method: 'TRACE' }],
    [{ url: URL, method: 'get' }],
    [{ url: URL, headers: { 'a b': 'x' } }],
    [{ url: URL, headers: { a: 'x\r\ny: z' } }],
    [{ url: URL, headers: { host: 'a/b' } }],
    [{ url: URL, ip: 'localhost' }],
    [{ url: URL, grants: ['secret'] }],
    [{ url: URL, revision: 0 }],
  ])('is nothing about %j', async (json) => {
    expect(await explain(json)).toMatchObject({ status: 400, code: 'invalid_request' })
  })
})

describe('the evaluation of a flag', () => {
  const evaluate = async (json: object) => {
    const asked = { token: FIRST_TOKEN, json }
    const { body } = await edge.call('POST', '/.holo/api/flags/evaluate', asked)
    return JSON.parse(body)
  }
  const flag = {
    state: 'ENABLED',
    variants: { on: true, off: false },
    defaultVariant: 'off',
    defaults: { environments: { canary: 'on' } },
    targeting: { if: [{ '==': [{ var: 'plan' }, 'pro'] }, 'on'] },
  }

  it('has the defaults of the place, the context, and what is wrong with a question', async () => {
    await change('PUT', '/flags', { flags: { wide: flag } }, 3)
    expect(await evaluate({ flag: 'wide' })).toEqual({
      revision: 4,
      key: 'wide',
      environment: 'main',
      version: 'v1',
      value: false,
      variant: 'off',
      reason: 'DEFAULT',
    })
    const canary = await evaluate({ flag: 'wide', environment: 'canary', version: 'v1' })
    expect(canary).toMatchObject({ environment: 'canary', version: 'v1', value: true })
    const context = { plan: 'pro', environment: 'canary' }
    const matched = await evaluate({ flag: 'wide', context })
    expect(matched).toMatchObject({ value: true, reason: 'TARGETING_MATCH', environment: 'main' })
  })

  it.each([
    ['environment', { flag: 'wide', environment: 'nowhere' }],
    ['version', { flag: 'wide', version: 'v9' }],
    ['context', { flag: 'wide', context: { targetingKey: 7 } }],
    ['context', { flag: 'wide', context: { list: Array(1001).fill(0) } }],
  ])('says that the %s cannot be: %j', async (path, json) => {
    expect(await evaluate(json)).toMatchObject({ code: 'invalid_request', problems: [{ path }] })
  })

  it('has no answer about a flag that there is not', async () => {
    expect(await evaluate({ flag: 'none' })).toMatchObject({ status: 404, code: 'not_found' })
  })
})
