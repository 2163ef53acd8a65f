// Bytes to an edge as they are, and what comes back for them, byte for byte.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** An edge that says nothing for as long has said everything. */
const QUIET_MS = 400
const TIMEOUT_MS = 20_000

export type RawAnswer = {
  /** All of it, several answers if there are several. */
  readonly text: string
  /** Of the first answer that is no interim one; 0 when there is none. */
  readonly status: number
  readonly body: string
  /** The edge has closed the connection. */
  readonly closed: boolean
}

/** Sends `request` (one byte a character) and waits until the edge closes, or is quiet. */
export async function sendRaw(url: URL, request: string): Promise<RawAnswer> {
  const socket = connect(Number(url.port), url.hostname)
  // A connection that is cut is an answer, too.
  socket.on('error', () => socket.destroy())
  socket.write(Buffer.from(request, 'latin1'))
  const text = await readAll(socket)
  const closed = socket.closed
  socket.destroy()
  const final = text.replace(/^(HTTP\/1\.1 1\d\d .*?\r\n\r\n)*/s, '')
  return {
    text,
    status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(final)?.[1] ?? 0),
    body: final.slice(final.indexOf('\r\n\r\n') + 4),
    closed,
  }
}

async function readAll(socket: Socket): Promise<string> {
  let text = ''
  const { promise: quiet, resolve } = Promise.withResolvers<void>()
  let timer = setTimeout(resolve, TIMEOUT_MS)
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    clearTimeout(timer)
    timer = setTimeout(resolve, QUIET_MS)
  })
  await Promise.race([quiet, once(socket, 'close')])
  clearTimeout(timer)
  return text
}
