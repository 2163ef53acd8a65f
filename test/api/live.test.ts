// Viewers of `GET /live`: they hear what happens in order, are closed when
// their credential is over or when they do not read, and cost nothing while nobody looks.

import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  ACCESS_VIEWER_MS,
  MAX_LIVE_MESSAGE_CHARACTERS,
  MAX_SOCKETS,
  MAX_UNSEEN_CHARACTERS,
  MAX_VIEWERS,
  MAX_VIEWERS_PER_OWNER,
} from '../../src/control/live/limits.ts'
import { LIVE_PING, LIVE_PONG, LIVE_SEEN, liveMessage } from '../../src/wire/live.ts'
import { type AdminEdge, FIRST_TOKEN, startAdminEdge } from '../support/api-edge.ts'

const WAIT = { timeout: 20_000, interval: 20 }

let edge: AdminEdge
beforeAll(async () => {
  edge = await startAdminEdge()
})
afterAll(() => edge.stop())

const viewers: Viewer[] = []
afterEach(async () => {
  await edge.control.setClockAhead(0)
  for (const viewer of viewers.splice(0)) await viewer.leave()
})

type Message = { readonly kind: string } & Record<string, unknown>

class Viewer {
  readonly socket: WebSocket
  readonly heard: Message[] = []
  readonly words: string[] = []
  code: number | undefined

  constructor(headers: Readonly<Record<string, string>>) {
    const address = `ws://${edge.url.host}/.holo/api/live`
    this.socket = new WebSocket(address, { headers } as never)
    viewers.push(this)
    this.socket.addEventListener('message', ({ data }) => {
      if (String(data).startsWith('{')) this.heard.push(JSON.parse(String(data)))
      else this.words.push(String(data))
    })
    this.socket.addEventListener('close', ({ code }) => {
      this.code = code
    })
  }

  get kinds(): string[] {
    return this.heard.map(({ kind }) => kind)
  }

  /** The names of the tokens of which it has heard. */
  get names(): unknown[] {
    return this.heard.flatMap(({ event }) => (event as { name?: string } | undefined)?.name ?? [])
  }

  async hears(name: string): Promise<void> {
    await vi.waitFor(() => expect(this.names).toContain(name), WAIT)
  }

  /** Waits for the reason why the control closes the connection. */
  async end(): Promise<unknown> {
    await vi.waitFor(() => expect(this.kinds).toContain('bye'), WAIT)
    return this.heard.at(-1)?.reason
  }

  async leave(): Promise<void> {
    this.socket.close()
    if (this.kinds.includes('bye')) return
    await vi.waitFor(() => expect(this.code).toBeDefined(), WAIT)
  }
}

const withToken = (token: string) => ({ authorization: `Bearer ${token}` })

/** A viewer that has been greeted. */
async function look(headers: Readonly<Record<string, string>> = withToken(FIRST_TOKEN)) {
  const viewer = new Viewer(headers)
  await vi.waitFor(() => expect(viewer.kinds).toContain('hello'), WAIT)
  return viewer
}

/** An event that names something, of which viewers can wait to hear. */
const happen = (name: string) => edge.createToken(['read'], name)

/** Writes an event of this length into the outbox; it is told with the next one that happens. */
const writeEvent = (characters: number) =>
  edge.control.query(
    `INSERT INTO outbox (at, kind, fields) VALUES (0, 'publication.failed', ?)`,
    JSON.stringify({ revision: 1, message: 'x'.repeat(characters) }),
  )

const revoke = (token: string) =>
  edge.control.query('UPDATE tokens SET revoked_at = 1 WHERE id = ?', token.split('_')[1] ?? '')

describe('a viewer', () => {
  it('hears of events in order, in the documented form', async () => {
    const viewer = await look()
    for (const name of ['one', 'two', 'three']) await happen(name)
    await viewer.hears('three')
    expect(viewer.names).toEqual(['one', 'two', 'three'])
    const [hello, ...news] = viewer.heard
    expect(hello).toMatchObject({ kind: 'hello', revision: 1, now: expect.any(Number) })
    const ids = news.flatMap(({ event }) => (event as { id?: number } | undefined)?.id ?? [])
    expect(ids).toEqual([1, 2, 3].map((i) => Number(hello?.event) + i))
    for (const message of viewer.heard) expect(liveMessage.parse(message)).toEqual(message)
  })

  it('hears of a long event only that there is one', async () => {
    const viewer = await look()
    await writeEvent(MAX_LIVE_MESSAGE_CHARACTERS)
    await happen('after the long one')
    await viewer.hears('after the long one')
    expect(viewer.kinds).toEqual(['hello', 'missed', 'event'])
  })

  it('gets an answer to a ping', async () => {
    const viewer = await look()
    viewer.socket.send(LIVE_PING)
    await vi.waitFor(() => expect(viewer.words).toEqual([LIVE_PONG]), WAIT)
  })

  it.each([
    ['something else', 'hello'],
    ['something long', 'x'.repeat(100_000)],
    ['bytes', new Uint8Array([1, 2, 3])],
    ['a confirmation of nothing', `${LIVE_SEEN} `],
  ])('that sends %s is closed', async (_, sent) => {
    const viewer = await look()
    viewer.socket.send(sent)
    expect(await viewer.end()).toBe('this message was not expected')
    expect(viewer.kinds).toEqual(['hello', 'bye'])
  })

  it('cannot keep the control busy by confirming again and again', async () => {
    const viewer = await look()
    viewer.socket.send(LIVE_SEEN)
    viewer.socket.send(LIVE_SEEN)
    expect(await viewer.end()).toBe('this message was not expected')
  })
})

describe('a viewer whose token is over', () => {
  it.each([
    ['event', () => happen('news for others')],
    ['minute', () => edge.control.watch()],
  ])('hears nothing from the next %s on, and is told why', async (_, act) => {
    const token = await edge.createToken(['read'])
    const viewer = await look(withToken(token))
    await revoke(token)
    await act()
    expect(await viewer.end()).toBe('the session is over')
    expect(viewer.kinds).toEqual(['hello', 'bye'])
  })

  it('connects anew every hour where the credential is of Access', async () => {
    const exp = Math.floor(Date.now() / 1000) + 86_400
    const jwt = await edge.team.sign({ claims: { exp } })
    const viewer = await look({ 'cf-access-jwt-assertion': jwt })
    await edge.control.setClockAhead(ACCESS_VIEWER_MS - 60_000)
    await edge.control.watch()
    expect(viewer.kinds).toEqual(['hello'])
    await edge.control.setClockAhead(ACCESS_VIEWER_MS + 1000)
    await edge.control.watch()
    expect(await viewer.end()).toBe('connect again')
  })
})

describe('MAX_UNSEEN_CHARACTERS', () => {
  it('are sent to a viewer that confirms nothing; one that confirms hears everything', async () => {
    const [silent, honest] = [await look(), await look()]
    const long = MAX_LIVE_MESSAGE_CHARACTERS - 200
    const rounds = Math.ceil(MAX_UNSEEN_CHARACTERS / long / 4) + 1
    for (let round = 0; round < rounds; round++) {
      for (let i = 0; i < 4; i++) await writeEvent(long)
      await happen(`round ${round}`)
      await honest.hears(`round ${round}`)
      honest.socket.send(LIVE_SEEN)
    }
    expect(await silent.end()).toBe('the messages are not read')
    expect(honest.kinds.filter((kind) => kind === 'event')).toHaveLength(5 * rounds)
    expect(JSON.stringify(silent.heard).length).toBeLessThan(MAX_UNSEEN_CHARACTERS + 1000)
    expect(honest.code).toBeUndefined()
  })
})

describe('MAX_VIEWERS', () => {
  it('and MAX_VIEWERS_PER_OWNER look on; another one is told to ask from time to time', async () => {
    const tokens = await Promise.all(
      Array.from({ length: MAX_VIEWERS / MAX_VIEWERS_PER_OWNER }, () => edge.createToken(['read'])),
    )
    for (const token of tokens) {
      for (let i = 0; i < MAX_VIEWERS_PER_OWNER; i++) await look(withToken(token))
      if (token !== tokens[0]) continue
      const tenth = new Viewer(withToken(token))
      expect(await tenth.end()).toBe('there are too many viewers')
      expect(tenth.kinds).toEqual(['bye'])
    }
    const late = new Viewer(withToken(FIRST_TOKEN))
    expect(await late.end()).toBe('there are too many viewers')
    await viewers[0]?.leave()
    await vi.waitFor(() => look(withToken(FIRST_TOKEN)), WAIT)
  })
})

describe('MAX_SOCKETS', () => {
  it('connections are kept whose other sides never end them, and one more is refused', async () => {
    const sockets = []
    const statuses: string[] = []
    for (let i = 0; i <= MAX_SOCKETS; i++) {
      const socket = connect(Number(edge.url.port), edge.url.hostname)
      sockets.push(socket)
      const lines = [
        'GET /.holo/api/live HTTP/1.1',
        `host: ${edge.url.host}`,
        'connection: Upgrade',
        'upgrade: websocket',
        'sec-websocket-version: 13',
        'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==',
        `authorization: Bearer ${FIRST_TOKEN}`,
      ]
      socket.write(`${lines.join('\r\n')}\r\n\r\n`)
      const [head] = await once(socket, 'data')
      socket.pause()
      statuses.push(String(head).slice(9, 12))
    }
    for (const socket of sockets) socket.destroy()
    expect(statuses.at(-1)).toBe('429')
    expect(statuses[0]).toBe('101')
    await vi.waitFor(() => look(), WAIT)
  })
})

describe('the cost', () => {
  const readPosition = async () =>
    (await edge.control.query("SELECT position FROM subscribers WHERE name = 'live'"))[0]?.position
  const newest = async () =>
    Number((await edge.control.query('SELECT max(id) AS id FROM outbox'))[0]?.id)

  it('is one row for an event however many look, and none when the last one has left', async () => {
    const [one, other] = [await look(), await look()]
    await happen('while two look')
    for (const viewer of [one, other]) await viewer.hears('while two look')
    await vi.waitFor(async () => expect(await readPosition()).toBe(await newest()), WAIT)
    for (const viewer of [one, other]) await viewer.leave()
    const before = await readPosition()
    await edge.control.takeCalls()
    await happen('while nobody looks')
    await edge.control.watch()
    // The events are there, and nobody was told: no row says that somebody was.
    expect(await newest()).toBeGreaterThan(Number(before))
    await edge.control.setClockAhead(60_000)
    await edge.control.watch()
    expect(await readPosition()).toBe(before)
    expect(await edge.control.takeCalls()).toEqual(['createToken'])
  })

  it('of hearing is no call of the control', async () => {
    await edge.control.takeCalls()
    const viewer = await look()
    await happen('heard without a call')
    await viewer.hears('heard without a call')
    expect(await edge.control.takeCalls()).toEqual(['createToken'])
  })
})
