// OFREP through the whole edge: every form of a reply, the official provider in Node, and streams that tell
// of changes. The provider of browsers is tried in test/e2e.

import { createHash, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { OFREPProvider } from '@openfeature/ofrep-provider'
import { ErrorCode, OpenFeature } from '@openfeature/server-sdk'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Ask, ask, Profile } from '../support/http-client.ts'
import { startTwoVersions, type TwoVersions } from '../support/two-versions.ts'
import { CASES, EVALUATORS, FLAGS } from './cases.ts'

const TOKEN = randomBytes(32).toString('hex')
const KEY = 'a-key-of-a-backend'
const BULK = '/ofrep/v1/evaluate/flags'
const EVENTS = '/ofrep/v1/events'
const ORIGIN = 'https://app.example.com'
/** Beside much other work; alone, streams are told within two seconds. */
const WAIT = { timeout: 20_000, interval: 50 }

const SETTINGS = {
  $evaluators: EVALUATORS,
  metadata: { team: 'shop' },
  origins: [ORIGIN],
  keys: [{ name: 'backend', sha256: createHash('sha256').update(KEY).digest('hex') }],
  perMinute: 1000,
}
const flags = {
  ...FLAGS,
  banner: {
    state: 'ENABLED' as const,
    variants: { on: true, off: false },
    defaultVariant: 'off',
    public: true,
    defaults: { environments: { canary: 'on' } },
  },
  who: {
    state: 'ENABLED' as const,
    variants: { anna: 'anna', other: 'other' },
    defaultVariant: 'other',
    public: true,
    targeting: {
      if: [
        { and: [{ '==': [{ var: 'targetingKey' }, 'anna'] }, { '!': { var: 'country' } }] },
        'anna',
      ],
    },
  },
  place: {
    state: 'ENABLED' as const,
    variants: { v1: 'v1', v2: 'v2' },
    public: true,
    targeting: { var: 'version' },
  },
  closed: {
    state: 'DISABLED' as const,
    variants: { on: true },
    defaultVariant: 'on',
    public: true,
  },
}

let holo: TwoVersions
beforeAll(async () => {
  const variables = {
    CONTROL_REFRESH_MS: '200',
    COUNTS_FLUSH_MS: '300',
    HOLO_ADMIN_TOKEN: TOKEN,
  }
  holo = await startTwoVersions(variables, { flags, flagSettings: SETTINGS })
})
afterAll(() => holo.stop())

const post = (path: string, body: unknown, headers: Ask['headers'] = {}, url = holo.url) =>
  ask(url, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
const WITH_KEY = { 'x-api-key': KEY }
const context = (told: object = {}) => ({ context: { targetingKey: 'anna', ...told } })
const one = (key: string) => `${BULK}/${encodeURIComponent(key)}`

type Told = { key: string; value?: unknown; reason?: string; errorCode?: string }
const toFlags = (body: string) =>
  new Map((JSON.parse(body).flags as Told[]).map((flag) => [flag.key, flag]))

describe('a single evaluation', () => {
  it('answers value, variant, reason and metadata', async () => {
    const answer = await post(one('banner'), context())
    expect(answer.status).toBe(200)
    expect(answer.headers['content-type']).toMatch(/^application\/json/)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(JSON.parse(answer.body)).toEqual({
      key: 'banner',
      value: false,
      variant: 'off',
      reason: 'STATIC',
      metadata: { team: 'shop' },
    })
  })

  it.each([
    ['no JSON', BULK, '{', 400, 'PARSE_ERROR'],
    ['no context', one('banner'), '{}', 400, 'INVALID_CONTEXT'],
    ['a context that is a list', BULK, '{"context":[]}', 400, 'INVALID_CONTEXT'],
    ['a key that is no text', BULK, '{"context":{"targetingKey":5}}', 400, 'INVALID_CONTEXT'],
    [
      'a long list',
      BULK,
      JSON.stringify(context({ a: Array(1001).fill(0) })),
      400,
      'INVALID_CONTEXT',
    ],
    [
      'a large context',
      BULK,
      JSON.stringify(context({ a: 'x'.repeat(70_000) })),
      413,
      'INVALID_CONTEXT',
    ],
    ['no such flag', one('nowhere'), JSON.stringify(context()), 404, 'FLAG_NOT_FOUND'],
  ])('says what is wrong: %s', async (_, path, body, status, errorCode) => {
    const answer = await post(path, body)
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.body)).toMatchObject({ errorCode })
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  it('knows no other methods and addresses', async () => {
    const got = await ask(holo.url, one('banner'))
    expect(got.status).toBe(405)
    expect(got.headers.allow).toBe('POST, OPTIONS')
    expect((await post('/ofrep/v1/other', context())).status).toBe(404)
  })

  it('takes names in any characters', async () => {
    const answer = await post(one('🚩 größe/日本'), context(), WITH_KEY)
    expect(JSON.parse(answer.body)).toMatchObject({ key: '🚩 größe/日本', value: true })
  })

  it('has no value for a disabled flag, so that the default of the code counts', async () => {
    const answer = await post(one('closed'), context())
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).toEqual({
      key: 'closed',
      reason: 'DISABLED',
      metadata: { team: 'shop' },
    })
  })
})

describe('who sees what', () => {
  it('is hidden from browsers, unless the flag is public', async () => {
    const { body } = await post(BULK, context())
    expect([...toFlags(body).keys()]).toEqual(['banner', 'who', 'place', 'closed'])
    expect((await post(one('text'), context())).status).toBe(404)
  })

  it('is everything with a key, in either header', async () => {
    const { body } = await post(BULK, context(), WITH_KEY)
    expect([...toFlags(body).keys()]).toEqual(Object.keys(flags))
    const bearer = await post(one('text'), context(), { authorization: `Bearer ${KEY}` })
    expect(JSON.parse(bearer.body)).toMatchObject({ value: 'hi' })
  })

  it('is nothing with a wrong key', async () => {
    const answer = await post(BULK, context(), { 'x-api-key': 'wrong' })
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toBe('Bearer')
    expect(answer.body).not.toContain('banner')
  })

  it('evaluates in workerd as in Node', async () => {
    const asked = CASES.filter(({ context: { $flagd } }) => !$flagd)
    const answers = await Promise.all(
      asked.map(({ flag, context: told }) => post(one(flag), { context: told }, WITH_KEY)),
    )
    for (const [i, { flag, value, reason }] of asked.entries()) {
      const told = JSON.parse(answers[i]?.body ?? '') as Told
      expect({ flag, value: told.value, reason: told.reason }).toEqual({ flag, value, reason })
    }
  })
})

describe('the context', () => {
  it('cannot claim what Holo knows of a browser, or does not know', async () => {
    const forged = context({ version: 'v2', environment: 'canary', country: 'IS' })
    const told = toFlags((await post(BULK, forged)).body)
    expect(told.get('place')).toMatchObject({ value: 'v1' })
    expect(told.get('who')).toMatchObject({ value: 'anna' })
  })

  it('has the version and environment that the pin names', async () => {
    const told = toFlags((await post(BULK, context(), { 'holo-pin': 'v2@canary' })).body)
    expect(told.get('place')).toMatchObject({ value: 'v2' })
    expect(told.get('banner')).toMatchObject({ value: true })
  })

  it('keeps the key of a browser when somebody logs in', async () => {
    const profile = new Profile(holo.url)
    await profile.open('/')
    const asked = { method: 'POST', body: JSON.stringify(context()) }
    const { body } = await profile.fetch(BULK, asked)
    expect(toFlags(body).get('who')).toMatchObject({ value: 'other' })
  })
})

describe('a bulk evaluation that is asked for again', () => {
  it('is 304 for the same context and flags, and for no other', async () => {
    const first = await post(BULK, context())
    const { etag } = first.headers
    expect(etag).toMatch(/^"[0-9a-f]{16}"$/)
    const again = await post(BULK, context(), { 'if-none-match': String(etag) })
    expect([again.status, again.body, again.headers.etag]).toEqual([304, '', etag])
    const other = await post(BULK, context({ plan: 'gold' }), { 'if-none-match': String(etag) })
    expect(other.status).toBe(200)
    const all = await post(BULK, context(), { 'if-none-match': String(etag), ...WITH_KEY })
    expect(all.status).toBe(200)
  })

  it('is never 304 where the client has heard of other flags', async () => {
    const { headers, body } = await post(BULK, context())
    const known = { 'if-none-match': String(headers.etag) }
    const tag = JSON.parse(body).eventStreams[0].endpoint.requestUri.split('since=')[1]
    expect((await post(`${BULK}?flagConfigEtag=${tag}`, context(), known)).status).toBe(304)
    expect((await post(`${BULK}?flagConfigEtag=other`, context(), known)).status).toBe(200)
  })
})

describe('pages of other origins', () => {
  const preflight = (origin: string) =>
    ask(holo.url, BULK, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    })

  it('may ask where the document names them, without cookies', async () => {
    const { status, headers } = await preflight(ORIGIN)
    expect(status).toBe(204)
    expect(headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-methods': 'POST',
      vary: 'Origin',
    })
    expect(headers['access-control-allow-headers']).toContain('If-None-Match')
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
    const answer = await post(BULK, context(), { origin: ORIGIN })
    expect(answer.headers['access-control-expose-headers']).toContain('ETag')
  })

  it('may not otherwise', async () => {
    const { headers } = await preflight('https://other.example.com')
    expect(headers).not.toHaveProperty('access-control-allow-origin')
  })
})

describe('the official provider in Node', () => {
  const client = () => OpenFeature.getClient('holo')
  beforeAll(async () => {
    const baseUrl = holo.url.origin
    const provider = new OFREPProvider({ baseUrl, headers: [['x-api-key', KEY]] })
    await OpenFeature.setProviderAndWait('holo', provider)
  })
  afterAll(() => OpenFeature.clearProviders())

  it('gets every type, variant and reason', async () => {
    expect(await client().getBooleanDetails('on', false)).toMatchObject({
      value: true,
      variant: 'on',
      reason: 'STATIC',
      flagMetadata: { team: 'shop' },
    })
    expect(await client().getStringValue('text', 'x')).toBe('hi')
    expect(await client().getStringDetails('empty', 'x')).toMatchObject({ value: '' })
    expect(await client().getNumberDetails('zero', 1)).toMatchObject({ value: 0 })
    expect(await client().getNumberValue('fraction', 1)).toBe(0.5)
    expect(await client().getObjectValue('object', {})).toEqual(FLAGS.object?.variants.all)
    const gold = { targetingKey: 'x', tier: 'gold' }
    expect(await client().getStringDetails('computed', 'x', gold)).toMatchObject({
      value: 'r',
      reason: 'TARGETING_MATCH',
    })
  })

  it('gets its own default with an error that says why', async () => {
    expect(await client().getBooleanDetails('nowhere', true)).toMatchObject({
      value: true,
      reason: 'ERROR',
      errorCode: ErrorCode.FLAG_NOT_FOUND,
    })
    expect(await client().getBooleanDetails('text', true)).toMatchObject({
      value: true,
      errorCode: ErrorCode.TYPE_MISMATCH,
    })
    expect(await client().getBooleanValue('disabled', false)).toBe(false)
    expect(await client().getBooleanValue('no-default', true)).toBe(true)
  })

  it('sees a toggle within 5 seconds', async () => {
    expect(await client().getBooleanValue('banner', true)).toBe(false)
    await holo.put({ flags: { ...flags, banner: { ...flags.banner, defaultVariant: 'on' } } })
    await vi.waitFor(async () => {
      expect(await client().getBooleanValue('banner', false)).toBe(true)
    }, WAIT)
    await holo.put({ flags })
    await vi.waitFor(async () => {
      expect(await client().getBooleanValue('banner', true)).toBe(false)
    }, WAIT)
  })
})

describe('an event stream', () => {
  type Stream = { text: string; status: number; type: string | undefined; end: () => void }
  const open = (path: string, headers: Ask['headers'] = {}): Promise<Stream> =>
    new Promise((resolve, reject) => {
      const sent = request(
        { host: holo.url.hostname, port: holo.url.port, path, headers, agent: false },
        (received) => {
          const stream: Stream = {
            text: '',
            status: received.statusCode ?? 0,
            type: received.headers['content-type'],
            end: () => sent.destroy(),
          }
          received.setEncoding('utf8')
          received.on('data', (chunk: string) => {
            stream.text += chunk
          })
          received.on('error', () => undefined)
          resolve(stream)
        },
      )
      sent.on('error', reject)
      sent.end()
    })
  const tagNow = async () => {
    const { body } = await post(BULK, context())
    return JSON.parse(body).eventStreams[0].endpoint.requestUri.split('since=')[1] as string
  }

  it('tells 500 clients of a change, and none of what it has', { timeout: 60_000 }, async () => {
    const before = await tagNow()
    const streams = await Promise.all(
      Array.from({ length: 500 }, () => open(`${EVENTS}?since=${before}`)),
    )
    try {
      expect(new Set(streams.map(({ status, type }) => `${status} ${type}`))).toEqual(
        new Set(['200 text/event-stream']),
      )
      expect(streams.some(({ text }) => text.includes('refetchEvaluation'))).toBe(false)
      await holo.put({ flags: { ...flags, banner: { ...flags.banner, defaultVariant: 'on' } } })
      await vi.waitFor(() => {
        const told = streams.filter(({ text }) => text.includes('"type":"refetchEvaluation"'))
        expect(told.length).toBe(500)
      }, WAIT)
      const [, id = ''] = /id: (.*)\n/.exec(streams[0]?.text ?? '') ?? []
      expect(id).not.toBe(before)
      const known = { 'if-none-match': 'any' }
      const after = await post(`${BULK}?flagConfigEtag=${id}`, context(), known)
      expect(toFlags(after.body).get('banner')).toMatchObject({ value: true })
    } finally {
      for (const stream of streams) stream.end()
    }
  })

  it('tells a client that comes back of what it has missed', async () => {
    const missed = await open(`${EVENTS}?since=${await tagNow()}`, { 'last-event-id': 'earlier' })
    const none = await open(`${EVENTS}?since=earlier`, { 'last-event-id': await tagNow() })
    try {
      await vi.waitFor(() => expect(missed.text).toContain('refetchEvaluation'), WAIT)
      expect(none.text).not.toContain('refetchEvaluation')
    } finally {
      missed.end()
      none.end()
    }
  })
})

describe('what is served anyway', () => {
  const carried = {
    ...flags,
    banner: { ...flags.banner, backend: true },
    secret: { ...flags.banner, public: false, backend: true },
    'größe <b>': { ...flags.banner, variants: { on: '</script>', off: 'ü' } },
  }

  /** One of few visitors is in the canary, where values differ. */
  async function openInMain(): Promise<Profile> {
    for (;;) {
      const profile = new Profile(holo.url)
      const { headers } = await profile.open('/')
      if (headers['holo-environment'] === 'main') return profile
    }
  }

  it('carries public values into pages, and others to backends alone', async () => {
    await holo.put({ flags: carried, flagSettings: { ...SETTINGS, inPages: true } })
    const profile = await openInMain()
    await vi.waitFor(async () => {
      const page = await profile.open('/', { 'accept-encoding': 'identity' })
      const [, json = ''] =
        /<script type="application\/json" id="holo-flags">(.*?)<\/script>/.exec(page.body) ?? []
      const values = JSON.parse(json)
      expect(values).toMatchObject({ banner: false, who: 'other', 'größe <b>': 'ü' })
      expect(values).not.toHaveProperty('secret')
      expect(values).not.toHaveProperty('closed')
      expect(page.headers.etag).toMatch(/flags-/)
    }, WAIT)
    holo.seen.length = 0
    await profile.fetch('/api/x', { headers: { 'holo-flags': '{"banner":"forged"}' } })
    expect(holo.seen[0]?.headers['holo-flags']).toBe('{"banner":false,"secret":false}')
  })

  it('is counted as evaluations, as those over OFREP are', async () => {
    const before = await readCounts()
    const profile = await openInMain()
    await profile.fetch('/api/x')
    await post(one('text'), context(), WITH_KEY)
    await vi.waitFor(async () => {
      const more = (key: string, counts: Counts) => counts.get(key) ?? 0
      const now = await readCounts()
      // Of pages alone, of headers alone, and of the call.
      for (const key of ['größe <b> off STATIC', 'secret off STATIC', 'text hi STATIC']) {
        expect(more(key, now), key).toBeGreaterThan(more(key, before))
      }
    }, WAIT)
  })

  type Counts = ReadonlyMap<string, number>
  const readCounts = async (): Promise<Counts> => {
    const authorization = `Bearer ${TOKEN}`
    const answer = await ask(holo.url, '/.holo/api/flags/counts', { headers: { authorization } })
    const { counts } = JSON.parse(answer.body) as {
      counts: { flag: string; variant: string; reason: string; lastHour: number }[]
    }
    return new Map(
      counts.map(({ flag, variant, reason, lastHour }) => [
        `${flag} ${variant} ${reason}`,
        lastHour,
      ]),
    )
  }

  it('carries nothing where no flag says so', async () => {
    await holo.put({ flags, flagSettings: SETTINGS })
    const profile = new Profile(holo.url)
    await vi.waitFor(async () => {
      expect((await profile.open('/')).body).not.toContain('holo-flags')
    }, WAIT)
    holo.seen.length = 0
    await profile.fetch('/api/x')
    expect(holo.seen[0]?.headers).not.toHaveProperty('holo-flags')
  })
})

describe('an experiment', () => {
  it('counts a visitor once whose browser evaluates its flag, in whatever way', async () => {
    const trial = {
      state: 'ENABLED' as const,
      variants: { on: true, off: false },
      public: true,
      backend: true,
      targeting: {
        fractional: [
          ['on', 50],
          ['off', 50],
        ],
      },
      experiment: { metrics: ['errors'], base: 'off' },
    }
    await holo.put({ flags: { trial }, flagSettings: { ...SETTINGS, inPages: true } })
    const profile = new Profile(holo.url)
    await vi.waitFor(
      async () => {
        const body = JSON.stringify(context())
        const headers = { 'content-type': 'application/json' }
        await profile.open('/')
        await profile.fetch('/api/x')
        await profile.fetch(one('trial'), { method: 'POST', headers, body })
        const authorization = `Bearer ${TOKEN}`
        const answer = await ask(holo.url, '/.holo/api/experiments', { headers: { authorization } })
        const [told] = JSON.parse(answer.body).experiments
        const [comparison] = told.comparisons
        expect(comparison.visitors[0] + comparison.visitors[1]).toBe(1)
        expect(comparison.sentence).toMatch(/^no difference is shown yet: /)
      },
      { timeout: 30_000, interval: 200 },
    )
  }, 20_000)
})

describe('limits', () => {
  it('ask a client to wait', async () => {
    await holo.put({ flags, flagSettings: { ...SETTINGS, perMinute: 1 } })
    await vi.waitFor(async () => {
      const answer = await post(BULK, context())
      expect(answer.status).toBe(429)
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
      expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(60)
    }, WAIT)
    expect((await post(BULK, context(), WITH_KEY)).status).toBe(200)
  })

  it('may require a key', async () => {
    await holo.put({ flags, flagSettings: { ...SETTINGS, keyRequired: true } })
    await vi.waitFor(async () => {
      expect((await post(BULK, context())).status).toBe(401)
    }, WAIT)
    expect((await post(BULK, context(), WITH_KEY)).status).toBe(200)
  })
})

it('leaves the paths to the site where the document has no flags', async () => {
  await holo.put({ flags: undefined, flagSettings: undefined })
  await vi.waitFor(async () => {
    expect((await post(BULK, context())).status).toBe(404)
    expect((await post(BULK, context())).headers['content-type']).toBe('application/problem+json')
  }, WAIT)
})
