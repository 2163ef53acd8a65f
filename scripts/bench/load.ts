// A load of keep-alive connections. It does as little as possible per reply, because it shares the cores of the
// machine with the server that is measured: requests are prepared before, and a reply is complete when the known
// number of bytes has arrived. A reply that differs ends the measurement.

import { connect, type Socket } from 'node:net'
import { END_OF_HEAD } from './ask.ts'

export type Load = {
  readonly url: URL
  /** Sent in turn, and again from the start. */
  readonly requests: readonly Buffer[]
  readonly expected: Expected
  /** When to stop: after so many replies, or so many milliseconds. */
  readonly until: { readonly replies: number } | { readonly ms: number }
  /** `CONNECTIONS` when left out. */
  readonly connections?: number
  /** Between a reply and the next request of its connection; none when left out. */
  readonly pauseMs?: number
  /** Gets the milliseconds until each reply was complete. */
  readonly times?: number[]
}

/** The form of every reply. Its head arrives in one piece. */
export type Expected = {
  /** 200 when left out. */
  readonly status?: number
  /** The lengths that a head may have, without the empty line at its end. */
  readonly headBytes: readonly number[]
  readonly bodyBytes: number
}

/** The result of a load. `count` is the number of replies, or of other units. */
export type Loaded = { readonly perSecond: number; readonly count: number }

/** Enough that the server always has a request to serve. */
export const CONNECTIONS = 16
/** After this time without data, a reply is shorter than expected, or missing. */
const STALLED_MS = 5_000
const RECEIVE_BUFFER_BYTES = 64 * 2 ** 10

/**
 * Measures how many replies arrive.
 *
 * @throws Error at the first reply that is not as expected, and when replies stop.
 */
export async function measureLoad(load: Load): Promise<Loaded> {
  const { url, requests, expected, until, connections = CONNECTIONS, pauseMs, times } = load
  const { promise, resolve, reject } = Promise.withResolvers<Loaded>()
  const sockets: Socket[] = []
  let sent = 0
  let completed = 0
  const sentAt = new WeakMap<Socket, number>()
  let startedAt = 0
  let stopAt = Number.POSITIVE_INFINITY
  const replies = 'replies' in until ? until.replies : Number.POSITIVE_INFINITY

  const send = (socket: Socket) => {
    if (sent >= replies || socket.destroyed) return
    const request = requests[sent % requests.length]
    if (!request) throw new TypeError('requests: at least one is needed')
    sent++
    if (times) sentAt.set(socket, performance.now())
    socket.write(request)
  }
  const count = (socket: Socket) => {
    completed++
    const now = performance.now()
    times?.push(now - (sentAt.get(socket) ?? now))
    if (completed < replies && now < stopAt) {
      if (pauseMs === undefined) return send(socket)
      return void setTimeout(() => send(socket), pauseMs)
    }
    resolve({ perSecond: (completed * 1000) / (now - startedAt), count: completed })
  }

  try {
    const onReply = (socket: Socket) => count(socket)
    const opened = Array.from({ length: connections }, () =>
      open(url, expected, onReply, reject).then((socket) => sockets.push(socket)),
    )
    // A wrong reply must end the measurement here as well.
    await Promise.race([Promise.all(opened), promise])
    startedAt = performance.now()
    if ('ms' in until) stopAt = startedAt + until.ms
    for (const socket of sockets) send(socket)
    return await promise
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}

/** Opens a connection that reports every complete reply. */
function open(
  url: URL,
  { status = 200, headBytes, bodyBytes }: Expected,
  onReply: (socket: Socket) => void,
  fail: (cause: Error) => void,
): Promise<Socket> {
  return new Promise((resolve) => {
    const buffer = Buffer.alloc(RECEIVE_BUFFER_BYTES)
    const digits = Buffer.from(String(status))
    let missing = 0
    /** Counts received bytes. @returns what is wrong with the reply, if anything. */
    const receive = (bytes: number): string | undefined => {
      if (missing === 0) {
        const head = buffer.indexOf(END_OF_HEAD)
        const text = () => buffer.toString('latin1', 0, Math.max(head, 0))
        if (!hasStatus(buffer, digits)) return `no ${status}: ${text()}`
        if (!headBytes.includes(head)) return `not a head of ${headBytes} bytes: ${text()}`
        missing = head + END_OF_HEAD.length + bodyBytes
      }
      missing -= bytes
      return missing < 0 ? `a body of more than ${bodyBytes} bytes` : undefined
    }
    const socket = connect({
      host: url.hostname,
      port: Number(url.port),
      noDelay: true,
      onread: {
        buffer,
        callback: (bytes) => {
          const wrong = receive(bytes)
          if (wrong) fail(new Error(wrong))
          else if (missing === 0) onReply(socket)
          return wrong === undefined
        },
      },
    })
    socket.setTimeout(STALLED_MS, () => fail(new Error(`${missing} bytes of a reply never came`)))
    socket.once('error', fail)
    socket.once('end', () => fail(new Error('the server closed a connection')))
    socket.once('connect', () => resolve(socket))
  })
}

/** Whether the reply has this status. */
function hasStatus(received: Buffer, digits: Buffer): boolean {
  return received[9] === digits[0] && received[10] === digits[1] && received[11] === digits[2]
}
