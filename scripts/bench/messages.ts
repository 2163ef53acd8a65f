// A load of WebSocket messages to a server that echoes them. Every connection has a few messages on the way. The
// frames (RFC 6455 section 5.2) are prepared before, and echoes are compared byte by byte.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { END_OF_HEAD } from './ask.ts'
import type { Loaded } from './load.ts'

const CONNECTIONS = 16
/** The number of messages of one connection that are on the way. */
const ON_THEIR_WAY = 8
const TEXT = 'a message as short as those of a chat or a cursor that moves'
const STALLED_MS = 5_000

/** Final text frames of less than 126 bytes. Frames of a client are masked, here with zeros. */
const SENT = Buffer.concat([Buffer.from([0x81, 0x80 | TEXT.length, 0, 0, 0, 0]), Buffer.from(TEXT)])
const ECHOED = Buffer.concat([Buffer.from([0x81, TEXT.length]), Buffer.from(TEXT)])

/** The reply to the upgrade, and the first echo. */
export type Greeting = { readonly head: string; readonly echo: Buffer }

/** @throws Error when the server does not upgrade, or sends back something else. */
export async function shakeHands(url: URL, path: string): Promise<Greeting> {
  const { socket, head } = await open(url, path)
  try {
    socket.write(SENT)
    let echo = Buffer.alloc(0)
    while (echo.length < ECHOED.length) {
      const [chunk] = (await once(socket, 'data')) as [Buffer]
      echo = Buffer.concat([echo, chunk])
    }
    if (!echo.equals(ECHOED)) throw new Error(`no echo: ${echo.toString('latin1')}`)
    return { head, echo }
  } finally {
    socket.destroy()
  }
}

/**
 * Measures how many messages come back.
 *
 * @throws Error when an echo differs from its message, and when echoes stop.
 */
export async function measureMessages(url: URL, path: string, ms: number): Promise<Loaded> {
  const opened = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(url, path)))
  const { promise, resolve, reject } = Promise.withResolvers<Loaded>()
  const startedAt = performance.now()
  let count = 0
  try {
    for (const { socket } of opened) {
      let at = 0
      socket.on('data', (chunk: Buffer) => {
        const before = Math.floor(at / ECHOED.length)
        for (const byte of chunk) {
          if (byte !== ECHOED[at % ECHOED.length])
            return reject(new Error('an echo is not the same'))
          at++
        }
        const whole = Math.floor(at / ECHOED.length) - before
        count += whole
        const elapsed = performance.now() - startedAt
        if (elapsed >= ms) resolve({ perSecond: (count * 1000) / elapsed, count })
        else socket.write(repeat(whole))
      })
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('the server closed a connection')))
      socket.setTimeout(STALLED_MS, () => reject(new Error('messages never came back')))
      socket.write(repeat(ON_THEIR_WAY))
    }
    return await promise
  } finally {
    for (const { socket } of opened) socket.destroy()
  }
}

const ALL_SENT = Buffer.concat(Array.from({ length: ON_THEIR_WAY }, () => SENT))

/** The frames of this many messages, at most `ON_THEIR_WAY`. */
function repeat(messages: number): Buffer {
  return ALL_SENT.subarray(0, messages * SENT.length)
}

async function open(url: URL, path: string): Promise<{ socket: Socket; head: string }> {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true })
  await once(socket, 'connect')
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==${END_OF_HEAD}`,
  )
  const [received] = (await once(socket, 'data')) as [Buffer]
  const head = received.toString('latin1').slice(0, -END_OF_HEAD.length)
  if (!head.startsWith('HTTP/1.1 101 ') || head.includes(END_OF_HEAD)) {
    socket.destroy()
    throw new Error(`no upgrade of ${path}:\n${head}`)
  }
  return { socket, head }
}
