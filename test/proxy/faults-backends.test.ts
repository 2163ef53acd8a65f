import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OneVersion, startOneVersion } from '../apps/one-version.ts'
import { sendRaw } from '../apps/raw-client.ts'
import { type Backend, closedOrigin, startRawBackend } from '../support/backend.ts'
import { ask } from '../support/http-client.ts'

const SHORT_TIMEOUT_MS = 200
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'

type Speak = (socket: Socket) => void

let backend: Omit<Backend, 'received'>
let holo: OneVersion
/** What the backend does with the next connections. */
let speak: Speak = (socket) => socket.end(OK)

beforeAll(async () => {
  backend = await startRawBackend((socket) => speak(socket))
  const [origins, gone] = [[backend.origin], [await closedOrigin()]]
  holo = await startOneVersion([
    { prefix: '/api/', origins },
    { prefix: '/short/', origins, timeoutMs: SHORT_TIMEOUT_MS },
    { prefix: '/gone/', origins: gone },
  ])
})

afterAll(async () => {
  await holo.stop()
  await backend.stop()
})

/** Says these bytes, and no more. */
const say =
  (bytes: string): Speak =>
  (socket) =>
    socket.end(Buffer.from(bytes, 'latin1'))

const sayAndHang =
  (bytes: string): Speak =>
  (socket) =>
    socket.write(bytes)

/** Begins an answer, and breaks it off when that has surely arrived. */
const begin =
  (bytes: string, breakOff: (socket: Socket) => void): Speak =>
  async (socket) => {
    socket.write(bytes)
    await sleep(50)
    breakOff(socket)
  }

const headers = (count: number) => Array.from({ length: count }, (_, i) => `X-${i}: v\r\n`).join('')

/** With a POST, which is sent once whatever happens, and after which the next one must be well. */
async function post(path: string, behaviour?: Speak) {
  speak = behaviour ?? say(OK)
  const { text, status, body, closed } = await sendRaw(
    holo.url,
    `POST ${path} HTTP/1.1\r\nHost: shop.example.com\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi`,
  )
  speak = say(OK)
  const next = await ask(holo.url, '/api/next', { method: 'POST', body: 'hi' })
  expect([next.status, next.body]).toEqual([200, 'ok'])
  return { text, status, body, closed }
}

function expectError(answer: { status: number; body: string }, status: number, code: string) {
  expect(answer.status).toBe(status)
  expect(JSON.parse(answer.body)).toMatchObject({ status, code })
}

describe('a backend that gives no answer', () => {
  it('is a 502 when nothing listens', async () => {
    expectError(await post('/gone/x'), 502, 'origin_unreachable')
  })

  it.each<[string, Speak]>([
    ['hangs up', say('')],
    ['resets the connection', (socket) => socket.resetAndDestroy()],
    ['breaks off in its head', say('HTTP/1.1 200 OK\r\nContent-Le')],
    ['sends garbage', say('\x00\x16\x03\x01\xff\xfe garbage\r\n\r\n')],
    ['speaks another protocol', say('SSH-2.0-OpenSSH_9.9\r\n\r\n')],
    ['has no head at all', say('<h1>hello</h1>')],
    ['has a status that is no number', say('HTTP/1.1 abc OK\r\nContent-Length: 2\r\n\r\nok')],
    ['answers in HTTP/2', say('HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok')],
    [
      'gives two lengths',
      say('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok'),
    ],
    ['gives a length below zero', say('HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok')],
    ['gives a length with a sign', say('HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nok')],
    ['has a header without a colon', say('HTTP/1.1 200 OK\r\nNo colon\r\n\r\nok')],
    [
      'has a space before a colon',
      say('HTTP/1.1 200 OK\r\nX-A : 1\r\nContent-Length: 2\r\n\r\nok'),
    ],
    ['folds a header', say('HTTP/1.1 200 OK\r\nX-A: 1\r\n 2\r\nContent-Length: 2\r\n\r\nok')],
    ['has NUL in a header', say('HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 2\r\n\r\nok')],
    ['has CR in a header', say('HTTP/1.1 200 OK\r\nX-A: a\rX-B: b\r\nContent-Length: 2\r\n\r\nok')],
    ['sends 20,000 headers', say(`HTTP/1.1 200 OK\r\n${headers(20_000)}\r\nok`)],
    ['sends a header of 1 MiB', say(`HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(2 ** 20)}\r\n\r\nok`)],
  ])('is a 502 when it %s', async (_, behaviour) => {
    expectError(await post('/api/x', behaviour), 502, 'origin_unreachable')
  })

  it('is a 502 when its head never ends', async () => {
    const answer = await post('/api/x', (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const timer = setInterval(() => socket.write(`X-A: ${'a'.repeat(50_000)}\r\n`), 2)
      socket.on('close', () => clearInterval(timer))
    })
    expectError(answer, 502, 'origin_unreachable')
  })

  it.each<[string, Speak]>([
    ['accepts and says nothing', () => {}],
    ['stops in its head', sayAndHang('HTTP/1.1 200 OK\r\nContent-Le')],
    ['announces an answer that does not come', sayAndHang('HTTP/1.1 103 Early Hints\r\n\r\n')],
  ])('is a 504 when it %s', async (_, behaviour) => {
    expectError(await post('/short/x', behaviour), 504, 'origin_timeout')
  })

  it.each([
    ['switches to a protocol nobody asked for', '101 Switching Protocols'],
    ['has a status beyond those of HTTP', '600 Beyond'],
    ['has a status far beyond', '999 Beyond'],
  ])('is a 502 of its own code when it %s', async (_, line) => {
    const bytes = `HTTP/1.1 ${line}\r\nConnection: Upgrade\r\nUpgrade: x\r\nContent-Length: 0\r\n\r\n`
    expectError(await post('/api/x', say(bytes)), 502, 'origin_bad_response')
  })
})

describe('an answer that the client can have', () => {
  it.each<[string, string]>([
    ['after 100', `HTTP/1.1 100 Continue\r\n\r\n${OK}`],
    ['after 103', `HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n${OK}`],
    ['after many 102', `${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(200)}${OK}`],
    ['with the same length twice', OK.replace('\r\n\r\n', '\r\nContent-Length: 2\r\n\r\n')],
    ['until the connection closes', 'HTTP/1.1 200 OK\r\n\r\nok'],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\n\r\nok'],
    ['with a thousand headers', OK.replace('\r\n\r\n', `\r\n${headers(1000)}\r\n`)],
    ['in chunks with extensions', chunked('2;a=b\r\nok\r\n0\r\n\r\n')],
    [
      'with trailers, which end here',
      chunked('2\r\nok\r\n0\r\nX-Sum: 1\r\nHolo-Version: x\r\n\r\n'),
    ],
    [
      'with chunks and a length, by its chunks',
      chunked('2\r\nok\r\n0\r\n\r\n', 'Content-Length: 9'),
    ],
  ])('comes %s', async (_, bytes) => {
    const { status, body, text } = await post('/api/x', say(bytes))
    expect(status).toBe(200)
    expect(body.replace(/^2\r\nok\r\n0\r\n\r\n$/, 'ok')).toBe('ok')
    expect(text).toMatch(/^HTTP\/1\.1 200 /)
    expect(text).not.toMatch(/x-sum|content-length: 9|link:/i)
  })

  it.each(['204 No Content', '304 Not Modified'])(
    'ends with its head where it may have no body: %s',
    async (line) => {
      const bytes = `HTTP/1.1 ${line}\r\nContent-Length: 5\r\n\r\nhello`
      const { status, body } = await post('/api/x', sayAndHang(bytes))
      expect([status, body]).toEqual([Number(line.slice(0, 3)), ''])
    },
  )

  it('is never followed by one that nobody asked for', async () => {
    const poison = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison'
    const kept = OK.replace('Connection: close\r\n', '')
    const { text } = await post('/api/x', sayAndHang(kept + poison))
    expect(text).not.toContain('poison')
  })

  function chunked(body: string, header = 'Server: x'): string {
    return `HTTP/1.1 200 OK\r\n${header}\r\nTransfer-Encoding: chunked\r\n\r\n${body}`
  }
})

describe('an answer that breaks off', () => {
  const withLength = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'
  const inChunks = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'

  it.each<[string, Speak]>([
    ['is reset', begin(withLength, (socket) => socket.resetAndDestroy())],
    ['is short of its length', begin(withLength, (socket) => socket.end())],
    ['is reset between chunks', begin(inChunks, (socket) => socket.resetAndDestroy())],
    ['has no last chunk', begin(inChunks, (socket) => socket.end())],
    ['stops in a chunk', begin(`${inChunks}9\r\nbro`, (socket) => socket.end())],
    ['has a chunk without a size', begin(`${inChunks}zz\r\nbroken\r\n`, () => {})],
  ])('does not look whole when it %s', async (_, behaviour) => {
    const { status, body, closed } = await post('/api/x', behaviour)
    expect([status, closed]).toEqual([200, true])
    expect(body).toContain('half')
    expect(body).not.toContain('\r\n0\r\n')
  })

  it('may also just stop, for as long as the client waits', async () => {
    const { status, body, closed } = await post('/short/x', sayAndHang(withLength))
    expect([status, body, closed]).toEqual([200, 'half', false])
  })
})
