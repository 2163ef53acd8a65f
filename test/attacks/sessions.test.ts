// Attacks on the session of a browser: another site, a sibling domain or another program on this machine
// uses its cookie, plants one, or guesses; and attacks on the connections of viewers.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { LIVE_PING } from '../../src/wire/live.ts'
import { type AdminEdge, FIRST_TOKEN, freshAddress, startAdminEdge } from '../support/api-edge.ts'
import { ask } from '../support/http-client.ts'
import { codeOf, DashboardBrowser } from '../support/sign-in.ts'

const API = '/.holo/api'

let edge: AdminEdge
/** An operator who has signed in over http on this machine, and one over https. */
let local: DashboardBrowser
let secure: DashboardBrowser

beforeAll(async () => {
  edge = await startAdminEdge()
  local = new DashboardBrowser(edge.call)
  secure = new DashboardBrowser(edge.callSecurely)
  for (const browser of [local, secure]) {
    expect((await browser.signIn({ token: FIRST_TOKEN })).status).toBe(200)
  }
})
afterAll(() => edge.stop())

const sockets: { close: () => void }[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close()
})

/** All that could have changed. */
async function takeStock(): Promise<string> {
  const audit = await edge.control.query('SELECT seq, hash FROM audit ORDER BY seq')
  const tokens = await edge.control.query('SELECT id, revoked_at FROM tokens ORDER BY id')
  const sessions = await edge.control.query('SELECT hex(hash) FROM sessions ORDER BY hash')
  return JSON.stringify([audit, tokens, sessions, edge.reached])
}

const CHANGES = [
  ['PUT', '/traffic', { weights: { canary: 100 } }],
  ['POST', '/tokens', { name: 'mine', scopes: ['admin'] }],
  ['POST', '/rollback', { to: 1 }],
  ['POST', '/session', { token: FIRST_TOKEN }],
  ['DELETE', '/session', undefined],
  ['DELETE', '/sessions', undefined],
] as const

/** Headers with which a page that is not the dashboard makes a browser send a request. */
const ELSEWHERE: readonly (readonly [string, Record<string, string>])[] = [
  ['a page of another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
  [
    'a page of a sibling domain',
    { 'sec-fetch-site': 'same-site', origin: 'https://a.example.com' },
  ],
  ['an old browser on another site', { 'sec-fetch-site': '', origin: 'https://evil.example' }],
  ['a sandboxed frame', { 'sec-fetch-site': 'cross-site', origin: 'null' }],
  ['another port of this machine', { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:1' }],
]

/** Without the headers that are empty: browsers that do not know them. */
const sent = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''))

describe('another site, with the cookie of somebody who is signed in', () => {
  it.each(ELSEWHERE)('changes nothing from %s, and reads nothing', async (_, headers) => {
    const before = await takeStock()
    for (const [call, { cookie }] of [
      [edge.call, local],
      [edge.callSecurely, secure],
    ] as const) {
      for (const [method, path, json] of CHANGES) {
        for (const claim of [{}, { 'holo-request': '1' }]) {
          const answer = await call(method, API + path, {
            ...(json === undefined ? {} : { json }),
            headers: { cookie, 'if-match': '"1"', ...sent(headers), ...claim },
          })
          expect([path, answer.status, codeOf(answer)]).toEqual([path, 403, 'cross_site'])
          expect(answer.cookies).toEqual({})
        }
      }
      const read = await call('GET', `${API}/tokens`, { headers: { cookie, ...sent(headers) } })
      expect([read.status, codeOf(read)]).toEqual([403, 'cross_site'])
      expect(read.headers['access-control-allow-origin']).toBeUndefined()
    }
    expect(await takeStock()).toBe(before)
  })

  it('changes nothing with a form, which sends no header of its own', async () => {
    const before = await takeStock()
    for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']) {
      for (const site of ['cross-site', 'same-origin', 'none']) {
        const answer = await edge.callSecurely('POST', `${API}/swap`, {
          octets: new TextEncoder().encode('{"environments":["main","canary"]}'),
          headers: {
            cookie: secure.cookie,
            'content-type': type,
            'if-match': '"1"',
            'sec-fetch-site': site,
            'sec-fetch-mode': 'navigate',
            origin: site === 'cross-site' ? 'https://evil.example' : 'https://shop.example.com',
          },
        })
        expect([site, answer.status, codeOf(answer)]).toEqual([site, 403, 'cross_site'])
      }
    }
    expect(await takeStock()).toBe(before)
  })

  it('needs both: the header, and a browser that says where the request comes from', async () => {
    const own = { 'sec-fetch-site': 'same-origin' }
    const older = { origin: 'https://shop.example.com' }
    const shift = (headers: Record<string, string>) =>
      edge.callSecurely('PUT', `${API}/traffic?dryRun=true`, {
        json: { weights: { canary: 1 } },
        headers: { cookie: secure.cookie, 'if-match': '"1"', ...headers },
      })
    for (const headers of [
      {},
      own,
      older,
      { 'holo-request': '1' },
      { ...own, 'holo-request': '0' },
    ]) {
      expect(codeOf(await shift(headers)), JSON.stringify(headers)).toBe('cross_site')
    }
    for (const headers of [own, older]) {
      expect((await shift({ ...headers, 'holo-request': '1' })).status).toBe(200)
    }
  })

  it('is never allowed to send the header: Holo answers no preflight', async () => {
    const answer = await edge.callSecurely('OPTIONS', `${API}/traffic`, {
      headers: {
        origin: 'https://evil.example',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'holo-request',
      },
    })
    expect(answer.status).toBe(405)
    const allowed = Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))
    expect(allowed).toEqual([])
  })

  it('cannot show a reply in a frame, or load one as a part of its page', async () => {
    for (const answer of [
      await secure.call('GET', '/whoami'),
      await edge.callSecurely('GET', `${API}/whoami`),
    ]) {
      expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'")
      expect(answer.headers['cross-origin-resource-policy']).toBe('same-origin')
      expect(answer.headers['x-content-type-options']).toBe('nosniff')
    }
    const framed = await edge.callSecurely('GET', `${API}/whoami`, {
      headers: {
        cookie: secure.cookie,
        'sec-fetch-site': 'cross-site',
        'sec-fetch-dest': 'iframe',
        'sec-fetch-mode': 'navigate',
      },
    })
    expect(codeOf(framed)).toBe('cross_site')
  })
})

describe('the cookie of Access', () => {
  it('counts for a change only from a page of this origin with the header', async () => {
    const before = await takeStock()
    const jwt = await edge.team.sign()
    const byCookie = { 'cf-access-jwt-assertion': jwt, cookie: `CF_Authorization=${jwt}` }
    const shift = (headers: Record<string, string>, query = '') =>
      edge.callSecurely('PUT', `${API}/traffic${query}`, {
        json: { weights: { canary: 100 } },
        headers: { 'if-match': '"1"', ...headers },
      })
    const site = { 'sec-fetch-site': 'same-origin' }
    for (const headers of [
      byCookie,
      { ...byCookie, ...site },
      { ...byCookie, 'holo-request': '1' },
      { 'cf-access-jwt-assertion': jwt, ...site },
      ...ELSEWHERE.map(([, more]) => ({ ...byCookie, ...sent(more), 'holo-request': '1' })),
    ]) {
      expect(codeOf(await shift(headers)), JSON.stringify(headers)).toBe('cross_site')
    }
    expect(await takeStock()).toBe(before)
    const page = { ...byCookie, ...site, 'holo-request': '1' }
    expect((await shift(page, '?dryRun=true')).status).toBe(200)
    // A program with a service token has no cookie, and is no browser.
    const program = { 'cf-access-jwt-assertion': jwt }
    expect((await shift(program, '?dryRun=true')).status).toBe(200)
  })
})

describe('a stolen session that may only read', () => {
  it('changes nothing, on any route', async () => {
    const token = await edge.createToken(['read'])
    const thief = new DashboardBrowser(edge.callSecurely)
    await thief.signIn({ token })
    const before = await takeStock()
    const { body } = await edge.call('GET', `${API}/openapi.json`)
    const { paths } = JSON.parse(body) as { paths: Record<string, Record<string, object>> }
    let refused = 0
    for (const [path, operations] of Object.entries(paths)) {
      for (const method of Object.keys(operations)) {
        // It may sign itself out, and ask `explain`, `evaluate` and `verify`, which change nothing.
        if (method === 'get' || /\/sessions?$|\/explain$|\/evaluate$|\/verify$/.test(path)) continue
        const filled = path.replace(/\{(\w+)\}/g, 'v1').replace(API, '')
        const headers = { 'if-match': '"1"' }
        const answer = await thief.call(method.toUpperCase(), filled, { json: {}, headers })
        expect([path, answer.status], answer.body).toEqual([path, 403])
        refused++
      }
    }
    expect(refused).toBeGreaterThan(20)
    expect(await takeStock()).toBe(before)
  })
})

describe('a planted cookie', () => {
  it('of a sibling domain does not count over https, whatever it looks like', async () => {
    const token = await edge.createToken(['read'])
    const attacker = new DashboardBrowser(edge.callSecurely)
    await attacker.signIn({ token })
    const session = attacker.cookies['__Host-holo-session'] ?? ''
    for (const cookie of [
      `holo-session=${session}`,
      `__host-holo-session=${session}`,
      `__Secure-holo-session=${session}`,
      `a=1, __Host-holo-session=${session}`,
      `a="; __Host-holo-session"=${session}`,
      `\u00a0__Host-holo-session=${session}`,
    ]) {
      const headers = { cookie, 'sec-fetch-site': 'same-origin' }
      const answer = await edge.callSecurely('GET', `${API}/whoami`, { headers })
      expect([cookie, answer.status]).toEqual([cookie, 401])
    }
    // Beside the right one, the right one counts.
    const headers = { cookie: `holo-session=${session}; ${secure.cookie}` }
    const answer = await edge.callSecurely('GET', `${API}/whoami`, { headers })
    expect(JSON.parse(answer.body).actor).toBe('first token')
  })

  it('does not become a session by a sign-in: each makes a new secret', async () => {
    const victim = new DashboardBrowser(edge.call)
    const fixed = `holo-session_${'A'.repeat(43)}`
    victim.cookies['holo-session'] = fixed
    await victim.signIn({ token: await edge.createToken(['read']) })
    expect(victim.cookies['holo-session']).not.toBe(fixed)
    const headers = { cookie: `holo-session=${fixed}` }
    expect((await edge.call('GET', `${API}/whoami`, { headers })).status).toBe(401)
  })

  it('that is damaged, short, long, or another secret lets nobody in', async () => {
    const session = local.cookies['holo-session'] ?? ''
    for (const value of [
      '',
      'x',
      session.slice(0, -1),
      `${session}A`,
      session.replace('holo-session_', 'holo-code_'),
      session.slice(0, -1) + (session.endsWith('A') ? 'B' : 'A'),
      session.toUpperCase(),
      FIRST_TOKEN,
      "' OR 1=1 --",
      'x'.repeat(10_000),
    ]) {
      const headers = { cookie: `holo-session=${value}` }
      expect([value, (await edge.call('GET', `${API}/whoami`, { headers })).status]).toEqual([
        value,
        401,
      ])
    }
  })

  it('is not read from Authorization, a query or another cookie', async () => {
    const session = local.cookies['holo-session'] ?? ''
    for (const answer of [
      await edge.call('GET', `${API}/whoami`, { token: session }),
      await edge.call('GET', `${API}/whoami?session=${session}`),
      await edge.call('GET', `${API}/whoami`, { headers: { cookie: `session=${session}` } }),
      await edge.call('GET', `${API}/whoami`, { headers: { 'holo-session': session } }),
    ]) {
      expect(answer.status).toBe(401)
    }
  })
})

describe('a backend of a version', () => {
  it('never sees the cookie of a session, and cannot set one', async () => {
    const { body } = await ask(edge.url, '/api/echo', {
      headers: { cookie: `${local.cookie}; __Host-holo-session=x; basket=1` },
    })
    expect(JSON.parse(body).headers.cookie).toBe('basket=1')
  })
})

describe('ten thousand attempts to sign in', () => {
  it('are refused without the control, and keep out nobody who is right', async () => {
    const token = await edge.createToken(['read'])
    const code = JSON.parse((await edge.call('POST', `${API}/session/code`, { token })).body).code
    const before = await takeStock()
    const address = freshAddress()
    const tryOne = (credential: object) =>
      new DashboardBrowser(edge.call).call('POST', '/session', {
        json: credential,
        headers: { 'cf-connecting-ip': address },
      })
    await edge.control.takeCalls()
    const startedAt = Date.now()
    const statuses = new Map<number, number>()
    for (let from = 0; from < 10_000; from += 50) {
      const some = Array.from({ length: 50 }, (_, i) => {
        const secret = String(from + i).padStart(43, 'A')
        return tryOne(
          i % 2 === 0
            ? { code: `holo-code_${secret}` }
            : { token: `holo_${'0'.repeat(16)}_${secret}` },
        )
      })
      for (const { status } of await Promise.all(some)) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      }
    }
    expect([...statuses.keys()].sort()).toEqual([401, 429])
    expect(statuses.get(401)).toBeLessThanOrEqual(120)
    // In each two seconds, those that come before the first refusal: at most one portion of them.
    const calls = await edge.control.takeCalls()
    expect(calls.length).toBeLessThanOrEqual(50 * (2 + Math.ceil((Date.now() - startedAt) / 2000)))
    expect(calls.length).toBeLessThan(5000)
    expect(await takeStock()).toBe(before)
    expect((await tryOne({ code })).status).toBe(200)
    expect((await tryOne({ token })).status).toBe(200)
  }, 120_000)
})

/** Opens the WebSocket as a browser or a program would. The first message, or the status of a refusal. */
async function openLive(headers: Record<string, string>): Promise<string | number> {
  const answer = await upgrade(headers)
  return answer.status === 101 ? answer.firstMessage() : answer.status
}

type Upgraded = {
  readonly status: number
  readonly socket: Socket
  readonly firstMessage: () => Promise<string>
  /** Waits for the frame that closes the connection with this code (RFC 6455 section 5.5.1). All that came. */
  readonly hearClose: (code: number) => Promise<string>
}

/** A handshake by hand, so that nothing is added to it, over a connection that the test can stop reading. */
async function upgrade(headers: Record<string, string>): Promise<Upgraded> {
  const socket = connect(Number(edge.url.port), edge.url.hostname)
  sockets.push({ close: () => socket.destroy() })
  const lines = Object.entries({
    host: edge.url.host,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'cf-connecting-ip': freshAddress(),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}`)
  socket.write(`GET ${API}/live HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  let received = ''
  socket.on('data', (bytes: Buffer) => {
    received += bytes.toString('latin1')
  })
  const until = async (isThere: (text: string) => boolean) => {
    await vi.waitFor(() => expect(isThere(received)).toBe(true), { timeout: 20_000, interval: 10 })
    return received
  }
  const head = await until((text) => text.includes('\r\n\r\n'))
  return {
    status: Number(head.slice(9, 12)),
    socket,
    hearClose: async (code) => {
      const digits = String.fromCharCode(code >> 8, code & 255)
      return until((text) => text.includes('\x88') && text.includes(digits))
    },
    firstMessage: async () => (await until((text) => text.includes('}'))).replace(/^[^{]*/s, ''),
  }
}

describe('the WebSocket for live news', () => {
  it('opens for the page of this origin, and for a program with a token', async () => {
    for (const headers of [
      { cookie: local.cookie, origin: edge.url.origin },
      { cookie: local.cookie, 'sec-fetch-site': 'same-origin', origin: edge.url.origin },
      { authorization: `Bearer ${FIRST_TOKEN}` },
    ]) {
      expect(await openLive(headers)).toContain('"kind":"hello"')
    }
  })

  it('does not open for a page of another origin, or for nobody', async () => {
    const { cookie } = local
    expect(await openLive({})).toBe(401)
    expect(await openLive({ authorization: `Bearer ${'x'.repeat(64)}` })).toBe(401)
    expect(await openLive({ cookie })).toBe(403)
    for (const [, headers] of ELSEWHERE) {
      expect(await openLive({ cookie, ...sent(headers) })).toBe(403)
    }
    const jwt = await edge.team.sign()
    const access = { 'cf-access-jwt-assertion': jwt, cookie: `CF_Authorization=${jwt}` }
    expect(await openLive({ ...access, origin: 'https://evil.example' })).toBe(403)
    expect(await openLive({ ...access, origin: edge.url.origin })).toContain('"kind":"hello"')
  })

  it('asks for an upgrade where there is none', async () => {
    const answer = await edge.call('GET', `${API}/live`, { token: FIRST_TOKEN })
    expect([answer.status, codeOf(answer)]).toEqual([426, 'upgrade_required'])
  })

  it.each([
    ['it signs out', (browser: DashboardBrowser) => browser.call('DELETE', '/session')],
    [
      'somebody signs out everywhere',
      (_: DashboardBrowser, token: string) => edge.call('DELETE', `${API}/sessions`, { token }),
    ],
    [
      'the token is revoked',
      (_: DashboardBrowser, token: string) =>
        edge.call('DELETE', `${API}/tokens/${token.split('_')[1]}`, { token: FIRST_TOKEN }),
    ],
  ])('ends when %s', async (_, act) => {
    const token = await edge.createToken(['read'])
    const browser = new DashboardBrowser(edge.call)
    await browser.signIn({ token })
    const viewer = await upgrade({ cookie: browser.cookie, origin: edge.url.origin })
    expect(await viewer.firstMessage()).toContain('"kind":"hello"')
    await act(browser, token)
    expect(await viewer.hearClose(4401)).toContain('the session is over')
  })

  it('whose viewer never reads holds up no other viewer, no request and no change', async () => {
    const silent = await upgrade({ authorization: `Bearer ${FIRST_TOKEN}` })
    silent.socket.pause()
    const socket = new WebSocket(`ws://${edge.url.host}${API}/live`, {
      headers: { authorization: `Bearer ${FIRST_TOKEN}` },
    } as never)
    sockets.push(socket)
    const heard: string[] = []
    socket.addEventListener('message', ({ data }) => heard.push(String(data)))
    await once(socket, 'message')
    socket.send(LIVE_PING)
    for (let i = 0; i < 5; i++) await edge.createToken(['read'], `while somebody sleeps ${i}`)
    while (heard.filter((text) => text.includes('while somebody sleeps')).length < 5) {
      await once(socket, 'message')
    }
    expect(heard).toContain('pong')
  })
})
