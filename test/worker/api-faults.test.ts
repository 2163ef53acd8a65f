// What the API says when the control is down, slow, overloaded or lying. The controls here are made to
// fail; every other test of the API has the real one.

import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { type ContentStore, createContentStore } from '../../src/api/content/content-store.ts'
import { createApp } from '../../src/api/http/app.ts'
import { ROUTES } from '../../src/api/routes.ts'
import type { Caller, ControlCalls } from '../../src/control/contract.ts'
import { err, ok } from '../../src/core/result.ts'
import type { Env } from '../../src/env.ts'

const app = createApp(ROUTES)
const API = 'https://shop.example.com/.holo/api'
const TOKEN = 'x'.repeat(40)
/** R2 as it is: what fails here is the control. */
const store = createContentStore((env as Env).STORE)
const NOW = 1_764_000_000_000

let logged: string[]
beforeEach(() => {
  logged = []
  vi.spyOn(console, 'error').mockImplementation((...words) => void logged.push(words.join(' ')))
})
afterEach(() => vi.restoreAllMocks())

const hang = () => new Promise<never>(() => undefined)
const break_ = async () => {
  throw new Error('Network connection lost: token abc at 10.0.0.1')
}
const turnAway = async () => {
  throw Object.assign(new Error('Durable Object is overloaded.'), { overloaded: true })
}

/** A control that knows everybody as an admin, and does `calls` beside that. */
function controlThat(calls: Partial<ControlCalls>): () => ControlCalls {
  const authenticate = async () =>
    ok({ actor: 'somebody', token: 'first', scopes: ['admin' as const] })
  return () => ({ authenticate, ...calls }) as ControlCalls
}

async function call(
  getControl: () => ControlCalls,
  method: string,
  path: string,
  {
    json,
    headers = {},
    now = NOW,
    store: given = store,
  }: {
    json?: unknown
    headers?: Record<string, string>
    now?: number
    store?: ContentStore
  } = {},
) {
  const request = new Request(`https://shop.example.com/.holo/api${path}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      ...(json === undefined
        ? {}
        : {
            'content-type': 'application/json',
            'content-length': `${JSON.stringify(json).length}`,
          }),
      ...headers,
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  })
  const response = await app.fetch(request, {
    path: new URL(request.url).pathname,
    requestId: 'r1',
    getControl,
    store: given,
    now,
    patience: { readMs: 30, changeMs: 30 },
  })
  const body = (await response.json()) as Record<string, unknown>
  return { status: response.status, body, headers: response.headers }
}

const SHIFT = { json: { weights: { canary: 5 } }, headers: { 'if-match': '"1"' } }

describe('a control that does not answer', () => {
  it.each([
    ['hangs', hang, 'control_unavailable'],
    ['breaks', break_, 'control_unavailable'],
    ['is overloaded', turnAway, 'control_overloaded'],
  ])('is a 503 with Retry-After when it %s on who somebody is', async (_, fail, code) => {
    const control = controlThat({ authenticate: fail, document: fail, change: fail, health: fail })
    const unread = { headers: { 'if-match': '"1"' }, json: { weights: 'not as it should be' } }
    for (const [method, path, asked] of [
      ['GET', '/traffic', {}],
      ['PUT', '/traffic?dryRun=true', SHIFT],
      ['PUT', '/traffic', unread],
      ['GET', '/health', {}],
      ['GET', `/manifests/${'0'.repeat(64)}`, {}],
      ['GET', '/openapi.json', {}],
    ] as const) {
      const answer = await call(control, method, path, asked)
      expect(answer).toMatchObject({ status: 503, body: { code, requestId: 'r1' } })
      expect(answer.headers.get('retry-after')).toBe('2')
      expect(JSON.stringify(answer.body)).not.toContain('10.0.0.1')
    }
  })

  it('is asked once where nothing comes back: nobody waits for it twice', async () => {
    const getControl = vi.fn(controlThat({ document: hang, authenticate: hang }))
    expect((await call(getControl, 'GET', '/traffic')).status).toBe(503)
    expect(getControl).toHaveBeenCalledTimes(1)
  })

  it.each([
    ['hangs', hang, 'control_unavailable'],
    ['breaks', break_, 'control_unavailable'],
    ['is overloaded', turnAway, 'control_overloaded'],
  ])('is a 503 when it %s on a question', async (_, document, code) => {
    const answer = await call(controlThat({ document }), 'GET', '/traffic')
    expect(answer).toMatchObject({ status: 503, body: { code } })
  })

  it.each([
    ['hangs', hang],
    ['breaks', break_],
  ])(
    'leaves the outcome of a change unknown when it %s, and says how to find out',
    async (_, change) => {
      const answer = await call(controlThat({ change }), 'PUT', '/traffic', SHIFT)
      expect(answer).toMatchObject({ status: 503, body: { code: 'unknown_outcome' } })
      expect(answer.body.title).toContain('/.holo/api/audit')
      expect(answer.headers.get('retry-after')).toBe('2')
      expect(answer.headers.get('etag')).toBeNull()
    },
  )

  it('has done nothing when it turned the change away', async () => {
    const answer = await call(controlThat({ change: turnAway }), 'PUT', '/traffic', SHIFT)
    expect(answer).toMatchObject({ status: 503, body: { code: 'control_overloaded' } })
  })

  it('has done nothing in a dry run', async () => {
    const answer = await call(controlThat({ change: hang }), 'PUT', '/traffic?dryRun=true', SHIFT)
    expect(answer).toMatchObject({ status: 503, body: { code: 'control_unavailable' } })
  })

  it('leaves the outcome unknown for tokens, too', async () => {
    const json = { name: 'ci', scopes: ['read'] }
    const made = await call(controlThat({ createToken: break_ }), 'POST', '/tokens', { json })
    expect(made.body.code).toBe('unknown_outcome')
    const path = `/tokens/${'0'.repeat(16)}`
    const gone = await call(controlThat({ revokeToken: hang }), 'DELETE', path)
    expect(gone.body.code).toBe('unknown_outcome')
  })
})

describe('a control that cannot be reached at all', () => {
  it('is a 503, whatever the binding throws', async () => {
    const getControl = () => {
      throw new TypeError('no such binding')
    }
    expect(await call(getControl, 'GET', '/traffic')).toMatchObject({ status: 503 })
  })

  it('does not keep strangers from learning that Holo answers', async () => {
    const getControl = vi.fn(() => {
      throw new Error('down')
    })
    const response = await app.fetch(new Request('https://shop.example.com/'), {
      path: '/.holo/api/health',
      requestId: 'r1',
      getControl,
      store,
      now: NOW,
    })
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }])
    expect(getControl).not.toHaveBeenCalled()
  })
})

describe('a handler that fails', () => {
  it('is a 500 that tells nothing, and the log has the cause', async () => {
    const document = async () =>
      ok({ identity: { revision: 1, digest: '' }, text: 'not JSON, secret' })
    const answer = await call(controlThat({ document }), 'GET', '/assignments')
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal', requestId: 'r1' } })
    expect(JSON.stringify(answer.body)).not.toContain('secret')
    expect(logged).toEqual([expect.stringMatching(/^request r1 failed SyntaxError/)])
  })
})

describe('what no credential looks like', () => {
  it.each([
    '',
    'Bearer',
    'Bearer ',
    'Bearer a',
    'Bearer a b',
    `Bearer ${TOKEN} ${TOKEN}`,
    `Bearer ${TOKEN}, Bearer ${TOKEN}`,
    `Bearer ${TOKEN},`,
    `Bearer  ${TOKEN}`,
    `Bearer\t${TOKEN}`,
    `Bearer "${TOKEN}"`,
    `Bearer=${TOKEN}`,
    `Token ${TOKEN}`,
    `Basic ${btoa(`admin:${TOKEN}`)}`,
    `Digest username="${TOKEN}"`,
    TOKEN,
    `Bearer ${'x'.repeat(10_240)}`,
    `Bearer ${'='.repeat(40)}`,
    `Bearer ${TOKEN}%00`,
  ])('is a 401 without a call to the control: %s', async (authorization) => {
    const getControl = vi.fn(controlThat({}))
    const answer = await call(getControl, 'PUT', '/traffic', {
      ...SHIFT,
      headers: { ...SHIFT.headers, authorization },
    })
    expect(answer).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
    expect(getControl).not.toHaveBeenCalled()
  })
})

describe('the proof of a credential', () => {
  const readable = async () => ok({ actor: 'x', token: 'first', scopes: ['read' as const] })
  const refused = async () => err({ kind: 'denied', denial: 'unauthenticated' } as const)
  const large = { json: { weights: { canary: 5 }, more: 'x'.repeat(17_000) } }
  const bytes = { headers: { 'content-type': 'application/octet-stream', 'content-length': '0' } }
  const hash = '0'.repeat(64)

  it('comes before the store is touched, with the scope of the route', async () => {
    const touched = vi.fn()
    const untouchable = new Proxy({} as ContentStore, { get: () => touched })
    for (const [authenticate, status] of [
      [readable, 403],
      [refused, 401],
    ] as const) {
      const control = controlThat({ authenticate })
      for (const [method, path, asked] of [
        ['PUT', `/blobs/${hash}`, bytes],
        ['PUT', `/manifests/${hash}`, bytes],
        ['GET', `/blobs/${hash}/parts`, {}],
        ['POST', `/blobs/${hash}/complete`, { json: { parts: 1 } }],
        ['PUT', '/uploads/v1', { json: { manifest: hash, createdAt: '2026-11-23T12:00:00Z' } }],
      ] as const) {
        const answer = await call(control, method, path, { ...asked, store: untouchable })
        expect([method, path, answer.status]).toEqual([method, path, status])
      }
    }
    expect(touched).not.toHaveBeenCalled()
  })

  it('comes before a body is read that is large, or whose length is not announced', async () => {
    for (const announced of ['20000', undefined]) {
      const body = new ReadableStream({ pull: () => expect.fail('the body was read') })
      const headers = {
        authorization: `Bearer ${TOKEN}`,
        'content-type': 'application/json',
        'if-match': '"1"',
        ...(announced === undefined ? {} : { 'content-length': announced }),
      }
      const request = new Request(`${API}/traffic`, { method: 'PUT', headers, body })
      const response = await app.fetch(request, {
        path: '/.holo/api/traffic',
        requestId: 'r1',
        getControl: controlThat({ authenticate: refused }),
        store,
        now: NOW,
      })
      expect(response.status).toBe(401)
    }
  })

  it('comes before any other refusal, so that strangers learn nothing from it', async () => {
    const control = controlThat({ authenticate: refused })
    for (const [method, path, asked] of [
      ['PUT', '/traffic', { json: { weights: { canary: 5 } } }],
      ['PUT', '/traffic', { ...SHIFT, json: { weights: 5 } }],
      ['PUT', '/traffic', { ...SHIFT, ...large }],
      ['PUT', '/traffic?dryRun=perhaps', SHIFT],
      ['GET', '/revisions/none', {}],
      ['GET', '/openapi.json', {}],
      ['POST', '/explain', { json: { url: 'not a url' } }],
    ] as const) {
      const answer = await call(control, method, path, asked)
      const shown = [method, path, answer.status, answer.body.code]
      expect(shown).toEqual([method, path, 401, 'unauthenticated'])
    }
  })

  it('is none of the routes’ own: one that forgets to ask the control replies nothing', async () => {
    const handle = vi.fn(async () => ok({ body: { secret: 'of the site' } }))
    const forgetful = createApp([
      {
        method: 'GET',
        path: '/forgetful',
        scope: 'shift',
        summary: '',
        reply: z.unknown(),
        handle,
      },
    ])
    for (const [authenticate, status] of [
      [refused, 401],
      [readable, 403],
      [async () => ok({ actor: 'x', token: 'first', scopes: ['shift' as const] }), 200],
    ] as const) {
      const response = await forgetful.fetch(
        new Request(`${API}/forgetful`, { headers: { authorization: `Bearer ${TOKEN}` } }),
        {
          path: '/.holo/api/forgetful',
          requestId: 'r1',
          getControl: controlThat({ authenticate }),
          store,
          now: NOW,
        },
      )
      expect(response.status).toBe(status)
    }
    expect(handle).toHaveBeenCalledTimes(3)
  })

  it('is asked of the control with the scope of the route, by every call', async () => {
    const asked: unknown[] = []
    const note = async (caller: Caller) => {
      asked.push(caller.scope)
      return refused()
    }
    const control = controlThat({ authenticate: note, change: note, upload: note, health: note })
    await call(control, 'PUT', '/traffic', SHIFT)
    await call(control, 'GET', '/uploads/v1/missing')
    await call(control, 'GET', '/whoami')
    await call(control, 'GET', '/health')
    expect(asked).toEqual(['shift', 'publish', 'read', undefined])
  })
})

describe('an address that the control has turned away', () => {
  /** As hex of the first 64 bits of its SHA-256: what the control says of tokens that count. */
  const toPrint = async (token: string) => {
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))
    return Buffer.from(hash).toString('hex').slice(0, 16)
  }
  const turnsAway =
    (tokens: readonly string[] | undefined = [], jwts = true) =>
    async () =>
      err({ kind: 'denied', denial: 'too_many_attempts', mayCount: { tokens, jwts } } as const)
  const turnedAway = turnsAway()
  const from = (address: string, now = NOW, token = TOKEN) => ({
    headers: { 'cf-connecting-ip': address, authorization: `Bearer ${token}` },
    now,
  })
  const JWT = 'eyJhbGciOiJSUzI1NiJ9.e30'
  const withJwt = (address: string, jwt: string) => ({ address, jwt })
  const callWithJwt = async (control: () => ControlCalls, asked: ReturnType<typeof withJwt>) =>
    app.fetch(
      new Request('https://shop.example.com/.holo/api/traffic', {
        headers: { 'cf-connecting-ip': asked.address, 'cf-access-jwt-assertion': asked.jwt },
      }),
      { path: '/.holo/api/traffic', requestId: 'r1', getControl: control, store, now: NOW },
    )

  it('does not reach the control for two seconds, and others do', async () => {
    const refusing = controlThat({ document: turnedAway })
    expect((await call(refusing, 'GET', '/traffic', from('192.0.2.1'))).status).toBe(429)
    const welcoming = vi.fn(controlThat({ document: async () => ok(undefined) }))
    const again = await call(welcoming, 'GET', '/traffic', from('192.0.2.1', NOW + 1999))
    expect(again).toMatchObject({ status: 429, body: { code: 'too_many_attempts' } })
    expect(again.headers.get('retry-after')).toBe('60')
    expect(welcoming).not.toHaveBeenCalled()
    expect((await call(welcoming, 'GET', '/traffic', from('192.0.2.2', NOW))).status).toBe(404)
    expect((await call(welcoming, 'GET', '/traffic', from('192.0.2.1', NOW + 2000))).status).toBe(
      404,
    )
  })

  it('reaches the control with a token that counts, and with no other', async () => {
    const right = 'r'.repeat(40)
    const refusing = controlThat({ document: turnsAway([await toPrint(right)]) })
    await call(refusing, 'GET', '/traffic', from('192.0.2.10'))
    const welcoming = vi.fn(controlThat({ document: async () => ok(undefined) }))
    for (let i = 0; i < 50; i++) {
      const guess = `${i}`.padStart(40, 'g')
      const answer = await call(welcoming, 'GET', '/traffic', from('192.0.2.10', NOW, guess))
      expect(answer.status).toBe(429)
    }
    expect(welcoming).not.toHaveBeenCalled()
    const answer = await call(welcoming, 'GET', '/traffic', from('192.0.2.10', NOW, right))
    expect(answer.status).toBe(404)
  })

  it('is asked about what it has not shown yet, where too many tokens count to be told', async () => {
    const refusing = controlThat({
      document: async () =>
        err({
          kind: 'denied',
          denial: 'too_many_attempts',
          mayCount: { tokens: undefined, jwts: true },
        } as const),
    })
    await call(refusing, 'GET', '/traffic', from('192.0.2.11'))
    const welcoming = vi.fn(controlThat({ document: async () => ok(undefined) }))
    expect((await call(welcoming, 'GET', '/traffic', from('192.0.2.11'))).status).toBe(429)
    expect(welcoming).not.toHaveBeenCalled()
    const other = from('192.0.2.11', NOW, 'r'.repeat(40))
    expect((await call(welcoming, 'GET', '/traffic', other)).status).toBe(404)
  })

  it('is refused the same JWT, and every JWT where Access is not set up', async () => {
    const welcoming = vi.fn(controlThat({ document: async () => ok(undefined) }))
    await callWithJwt(controlThat({ document: turnedAway }), withJwt('192.0.2.12', `${JWT}.wrong`))
    expect((await callWithJwt(welcoming, withJwt('192.0.2.12', `${JWT}.wrong`))).status).toBe(429)
    expect(welcoming).not.toHaveBeenCalled()
    expect((await callWithJwt(welcoming, withJwt('192.0.2.12', `${JWT}.right`))).status).toBe(404)
    const without = controlThat({ document: turnsAway([], false) })
    await callWithJwt(without, withJwt('192.0.2.13', `${JWT}.wrong`))
    expect((await callWithJwt(welcoming, withJwt('192.0.2.13', `${JWT}.right`))).status).toBe(429)
  })

  it('pushes nobody else out, however much it shows', async () => {
    const refusing = controlThat({ document: turnedAway })
    await call(refusing, 'GET', '/traffic', from('192.0.2.14'))
    for (let i = 0; i < 1000; i++) {
      await callWithJwt(refusing, withJwt('192.0.2.15', `${JWT}.${i}`))
    }
    const welcoming = vi.fn(controlThat({ document: async () => ok(undefined) }))
    expect((await call(welcoming, 'GET', '/traffic', from('192.0.2.14'))).status).toBe(429)
    expect(welcoming).not.toHaveBeenCalled()
  })

  it('is remembered among a bounded number of others', async () => {
    const refusing = controlThat({ document: turnedAway })
    for (let i = 0; i < 600; i++) {
      await call(refusing, 'GET', '/traffic', from(`10.9.${i >> 8}.${i & 255}`))
    }
    const welcoming = vi.fn(controlThat({ document: async () => ok(undefined) }))
    await call(welcoming, 'GET', '/traffic', from('10.9.0.0'))
    expect(welcoming).toHaveBeenCalled()
    expect((await call(welcoming, 'GET', '/traffic', from('10.9.2.87'))).status).toBe(429)
  })
})
