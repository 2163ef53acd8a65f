// Bodies that nobody reads: of a GET or HEAD without an announced length, which the platform does not
// send on, and of requests that Holo answers by itself. Over bare sockets, because what is at stake is
// the last byte of the answer.

import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OneVersion, startOneVersion } from '../apps/one-version.ts'
import { type Backend, startBackend } from '../support/backend.ts'

const TIMEOUT_MS = 20_000
const PIECE_BYTES = 65_536
/** More than sockets hold on the way. */
const LARGE_BYTES = 5_000_000
const ANSWER = Buffer.alloc(300_000, 'answer')

let backend: Backend
let holo: OneVersion

beforeAll(async () => {
  backend = await startBackend((request, response) => {
    request.resume().on('end', () => response.end(ANSWER))
  })
  holo = await startOneVersion([{ prefix: '/api/', origins: [backend.origin] }])
})

afterAll(async () => {
  await holo.stop()
  await backend.stop()
})

type Received = {
  readonly status: number
  readonly body: Buffer
  /** As `Content-Length` announces. */
  readonly length: number
}

type Sent = { readonly bytes: number; readonly framing: 'chunked' | 'length' }

/** Sends a request and its whole body, and reads until the edge closes. */
function send(requestLine: string, { bytes, framing }: Sent): Promise<Received> {
  const { promise, resolve, reject } = Promise.withResolvers<Received>()
  const socket = connect(Number(holo.url.port), holo.url.hostname)
  const chunks: Buffer[] = []
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer')))
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', reject)
  socket.on('close', () => resolve(toReceived(Buffer.concat(chunks))))
  const isChunked = framing === 'chunked'
  const field = isChunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${bytes}`
  socket.write(
    `${requestLine} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n${field}\r\n\r\n`,
  )
  const write = (left: number): void => {
    const size = Math.min(left, PIECE_BYTES)
    if (size === 0) {
      if (isChunked) socket.write('0\r\n\r\n')
      return
    }
    const piece = Buffer.alloc(size, 'body')
    const framed = isChunked
      ? Buffer.concat([Buffer.from(`${size.toString(16)}\r\n`), piece, Buffer.from('\r\n')])
      : piece
    socket.write(framed, () => write(left - size))
  }
  write(bytes)
  return promise
}

function toReceived(bytes: Buffer): Received {
  const end = bytes.indexOf('\r\n\r\n')
  const head = bytes.toString('latin1', 0, end)
  return {
    status: Number(head.split(' ')[1] ?? 0),
    length: Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? -1),
    body: bytes.subarray(end + 4),
  }
}

describe('a GET or HEAD with a body of unknown length', () => {
  it.each([
    ['GET', 5],
    ['GET', 500_000],
    ['GET', LARGE_BYTES],
    ['HEAD', 5],
    ['HEAD', LARGE_BYTES],
  ] as const)(
    'is a whole 411, and the backend hears nothing of it: %s, %i bytes',
    async (method, bytes) => {
      const before = backend.received.length
      const received = await send(`${method} /api/x`, { bytes, framing: 'chunked' })
      expect(received.status).toBe(411)
      expect(received.body.length).toBe(method === 'HEAD' ? 0 : received.length)
      if (method === 'GET') expect(JSON.parse(String(received.body)).code).toBe('length_required')
      expect(backend.received.length).toBe(before)
    },
  )

  it.each(['GET', 'HEAD'])(
    'is one without a body where there is nothing in it: %s',
    async (method) => {
      const received = await send(`${method} /api/x`, { bytes: 0, framing: 'chunked' })
      expect(received.status).toBe(200)
      expect(received.body.equals(method === 'HEAD' ? Buffer.alloc(0) : ANSWER)).toBe(true)
      expect(backend.received.at(-1)).toMatchObject({ method, body: Buffer.alloc(0) })
    },
  )

  it.each(['GET', 'HEAD'])('reaches the backend where it is announced: %s', async (method) => {
    const received = await send(`${method} /api/x`, { bytes: 500_000, framing: 'length' })
    expect(received.status).toBe(200)
    expect(received.body.equals(method === 'HEAD' ? Buffer.alloc(0) : ANSWER)).toBe(true)
    expect(backend.received.at(-1)?.body.length).toBe(500_000)
  })
})

describe('an answer of Holo’s own', () => {
  it.each(
    (['chunked', 'length'] as const).flatMap((framing) =>
      [5, 500_000, LARGE_BYTES].flatMap((bytes) =>
        (
          [
            ['GET /about', 200],
            ['POST /about', 405],
            ['POST /nothing', 404],
            ['DELETE /cdn-cgi/x', 404],
            ['POST /.holo/api/nothing', 404],
            ['OPTIONS *', 204],
            ['TRACE /api/x', 501],
          ] as const
        ).map(([line, status]) => [line, { bytes, framing }, status] as const),
      ),
    ),
  )('arrives whole, whatever the client still sends: %s with %j', async (line, sent, status) => {
    const received = await send(line, sent)
    expect(received.status).toBe(status)
    expect(received.body.length).toBe(Math.max(0, received.length))
  })
})
