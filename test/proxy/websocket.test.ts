import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Backend, startBackend } from '../../scripts/local/backend-process.ts'
import { type OneVersion, startOneVersion } from '../apps/one-version.ts'
import { startRawBackend, valuesOf } from '../support/backend.ts'
import { ask } from '../support/http-client.ts'

const MIB = 2 ** 20
const SHORT_TIMEOUT_MS = 200

let chat: Backend
let silent: Awaited<ReturnType<typeof startRawBackend>>
let holo: OneVersion
const guests: WebSocket[] = []

beforeAll(async () => {
  chat = await startBackend('test/apps/chat.ts', 0)
  silent = await startRawBackend(() => {})
  holo = await startOneVersion([
    { prefix: '/', origins: [chat.origin] },
    { prefix: '/silent/', origins: [silent.origin], timeoutMs: SHORT_TIMEOUT_MS },
  ])
})

afterEach(async () => {
  const open = guests.splice(0).filter(({ readyState }) => readyState !== WebSocket.CLOSED)
  await Promise.all(
    open.map((guest) => {
      const closed = once(guest, 'close')
      guest.close()
      return closed
    }),
  )
})

afterAll(async () => {
  await holo.stop()
  await chat.stop()
  await silent.stop()
})

type Guest = { readonly socket: WebSocket; readonly next: () => Promise<unknown> }

/** Joins the chat and has heard its welcome, which is the first message. */
async function join(protocols: string[] = []): Promise<Guest & { welcome: unknown }> {
  const socket = new WebSocket(`ws://${holo.url.host}/chat/lobby`, protocols)
  guests.push(socket)
  socket.binaryType = 'arraybuffer'
  const heard: unknown[] = []
  socket.addEventListener('message', ({ data }) => heard.push(data))
  const next = () =>
    vi.waitFor(() => {
      if (heard.length === 0) throw new Error('nothing heard yet')
      return heard.shift()
    }, 30_000)
  return { socket, next, welcome: await next() }
}

/** Asks for an upgrade by hand. */
async function upgrade(
  path: string,
  headers: Record<string, string> = {},
): Promise<{ answer: IncomingMessage; socket: Socket | undefined }> {
  const sent = request({
    host: holo.url.hostname,
    port: holo.url.port,
    path,
    agent: false,
    headers: {
      Connection: 'Upgrade',
      Upgrade: 'websocket',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version': '13',
      ...headers,
    },
  })
  sent.end()
  const [answer, socket, head] = await Promise.race([once(sent, 'upgrade'), once(sent, 'response')])
  // What came in one piece with the answer is the first that the socket has to say.
  if (head) socket.unshift(head)
  return { answer, socket }
}

describe('a chat over WebSocket', () => {
  it('lets everybody hear what one says', async () => {
    const [ada, bob] = [await join(), await join()]
    ada.socket.send('hello')
    expect(await bob.next()).toBe('hello')
    expect(await ada.next()).toBe('hello')
    bob.socket.send('grüß dich 👋')
    expect(await ada.next()).toBe('grüß dich 👋')
  })

  it('speaks the subprotocol that both sides know', async () => {
    expect((await join(['chat.v1', 'chat.v2'])).socket.protocol).toBe('chat.v2')
    expect((await join()).socket.protocol).toBe('')
  })

  it.each([0, 1, 125, 126, 65_535, 65_536, MIB])('carries %i binary bytes', async (length) => {
    const { socket, next } = await join()
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 167) & 0xff)
    socket.send(bytes)
    const echo = new Uint8Array((await next()) as ArrayBuffer)
    expect(Buffer.from(echo).equals(Buffer.from(bytes))).toBe(true)
  })

  it('carries a text of 1 MiB, and keeps many messages in order', async () => {
    const { socket, next } = await join()
    const long = 'ü'.repeat(MIB / 2)
    socket.send(long)
    expect((await next()) === long).toBe(true)
    for (let i = 0; i < 500; i++) socket.send(`message ${i}`)
    for (let i = 0; i < 500; i++) expect(await next()).toBe(`message ${i}`)
  })

  it("tells the client the backend's close code and reason", async () => {
    const { socket } = await join()
    const closed = once(socket, 'close')
    socket.send('/leave')
    const [event] = await closed
    expect([event.code, event.reason, event.wasClean]).toEqual([4001, 'until next time', true])
  })

  it("tells the backend the client's close code and reason", async () => {
    const { socket } = await join()
    const witness = await join()
    socket.close(4002, 'seen enough')
    await once(socket, 'close')
    await expectLogged(witness, '4002 seen enough')
  })

  it('tells each side when the other is gone without a word', async () => {
    const { socket } = await join()
    const closed = once(socket, 'close')
    socket.send('/drop')
    const [event] = await closed
    expect([event.code, event.wasClean]).toEqual([1006, false])

    const witness = await join()
    const { socket: raw } = await upgrade('/chat/lobby', { 'Sec-WebSocket-Protocol': 'chat.v2' })
    raw?.destroy()
    await expectLogged(witness, '1006')
  })

  it("knows its visitors by Holo's word", async () => {
    const answer = await ask(holo.url, '/about', { headers: { 'sec-fetch-dest': 'document' } })
    const cookie = `holo-visitor=${answer.cookies['holo-visitor']}`
    const { socket } = await upgrade('/chat/lobby', { Cookie: cookie, 'Holo-Visitor': 'forged' })
    const [frame] = await once(socket as Socket, 'data')
    expect(String(frame)).toContain(`welcome ${answer.cookies['holo-visitor']}`)
    socket?.destroy()
  })

  async function expectLogged({ socket, next }: Guest, line: string): Promise<void> {
    await vi.waitFor(async () => {
      socket.send('/log')
      expect(JSON.parse(String(await next()))).toContain(line)
    }, 20_000)
  }
})

describe('the answer to an upgrade', () => {
  it("carries the backend's own headers and cookies, and nothing in Holo's name", async () => {
    const { answer, socket } = await upgrade('/chat/lobby')
    expect(answer.statusCode).toBe(101)
    expect(answer.headers).toMatchObject({ upgrade: 'websocket', 'x-room': 'lobby' })
    expect(valuesOf(answer.rawHeaders, 'Sec-WebSocket-Accept')).toEqual([
      's3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    ])
    expect(valuesOf(answer.rawHeaders, 'Set-Cookie')).toEqual(['seat=7'])
    expect(answer.headers).not.toHaveProperty('holo-version')
    socket?.destroy()
  })

  it("is the backend's where the version has a file: no file answers an upgrade", async () => {
    expect((await ask(holo.url, '/about')).body).toBe('<h1>one</h1>')
    const { answer, socket } = await upgrade('/about')
    expect(answer.statusCode).toBe(101)
    socket?.destroy()
  })

  it("is the backend's refusal, body and all", async () => {
    const { answer } = await upgrade('/chat/closed')
    expect(answer.statusCode).toBe(403)
    expect(answer.headers['content-type']).toBe('text/plain')
    expect(answer.headers['holo-version']).toBe('one')
    expect(String(Buffer.concat(await answer.toArray()))).toBe('the room is closed')
  })

  it('is 504 when the backend says nothing in time', async () => {
    const { answer } = await upgrade('/silent/room')
    expect(answer.statusCode).toBe(504)
    expect(JSON.parse(String(Buffer.concat(await answer.toArray())))).toMatchObject({
      code: 'origin_timeout',
    })
  })

  it('is that of an ordinary request where no upgrade was asked for', async () => {
    const answer = await ask(holo.url, '/chat/lobby')
    expect([answer.status, answer.body]).toEqual([426, 'this is a chat'])
  })

  it('is none for another protocol than WebSocket', async () => {
    const { answer } = await upgrade('/chat/lobby', { Upgrade: 'h2c' })
    expect(answer.statusCode).toBe(426)
  })
})
