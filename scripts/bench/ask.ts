// Sends one request over its own socket and returns the reply byte for byte, which an HTTP client would change.
// The load tests use it to learn the exact length of a reply.

import { once } from 'node:events'
import { connect } from 'node:net'

export type RawReply = {
  /** Status line and headers, without the empty line behind them. */
  readonly head: string
  readonly body: Buffer
}

/** The end of a head; it does not count as part of the head. */
export const END_OF_HEAD = '\r\n\r\n'
const TIMEOUT_MS = 10_000

/** What a browser sends for a script or font of a page that Holo has served before. */
const BROWSER_HEADERS = {
  Connection: 'keep-alive',
  'sec-ch-ua-platform': '"Windows"',
  'User-Agent':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36',
  'sec-ch-ua': '"Chromium";v="143", "Not A(Brand";v="24"',
  'sec-ch-ua-mobile': '?0',
  Accept: '*/*',
  'Sec-Fetch-Site': 'same-origin',
  'Sec-Fetch-Mode': 'no-cors',
  'Sec-Fetch-Dest': 'script',
  'Accept-Encoding': 'gzip, deflate, br, zstd',
  'Accept-Language': 'en-GB,en;q=0.9',
  Cookie: 'holo-visitor=AAAAAAAAAAAAAAAAAAAAAA; holo-pin=1.0.0@main',
}

/** Headers by name. To replace one of `BROWSER_HEADERS`, the name must have the same case. */
export type RequestHeaders = Readonly<Record<string, string>>

/** The bytes of a GET request, with `headers` in addition to those of a browser. */
export function toGet(host: string, path: string, headers: RequestHeaders = {}): Buffer {
  return toRequest('GET', host, path, headers)
}

/** The bytes of a POST request with Content-Length. */
export function toPost(host: string, path: string, body: Uint8Array): Buffer {
  const headers = { 'Content-Length': String(body.length) }
  return Buffer.concat([toRequest('POST', host, path, headers), body])
}

function toRequest(method: string, host: string, path: string, headers: RequestHeaders): Buffer {
  const lines = Object.entries({ Host: host, ...BROWSER_HEADERS, ...headers })
    .map(([name, value]) => `${name}: ${value}`)
    .join('\r\n')
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines}${END_OF_HEAD}`)
}

/** A GET. @throws Error unless the answer is a 200 whose Content-Length is its length. */
export function ask(url: URL, path: string): Promise<RawReply> {
  return send(url, toGet(url.host, path))
}

/** @throws Error unless the answer has the status, and its Content-Length is its length. */
export async function send(url: URL, request: Buffer, status = 200): Promise<RawReply> {
  const name = request.toString('latin1', 0, request.indexOf('\r\n'))
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true })
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no reply to ${name}`)))
  await once(socket, 'connect')
  socket.write(request)
  let received = Buffer.alloc(0)
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk])
    const reply = toReply(received, name, status)
    // Leaving the loop closes the socket.
    if (reply) return reply
  }
  throw new Error(`the connection closed before ${name} was answered`)
}

function toReply(received: Buffer, name: string, status: number): RawReply | undefined {
  const end = received.indexOf(END_OF_HEAD)
  if (end < 0) return undefined
  const head = received.toString('latin1', 0, end)
  if (!head.startsWith(`HTTP/1.1 ${status} `)) throw new Error(`${name} is no ${status}:\n${head}`)
  const length = status === 304 ? '0' : /^content-length: (\d+)$/im.exec(head)?.[1]
  if (length === undefined) throw new Error(`${name} has no Content-Length:\n${head}`)
  const bytes = end + END_OF_HEAD.length + Number(length)
  if (received.length > bytes) throw new Error(`${name} is longer than it says:\n${head}`)
  if (received.length < bytes) return undefined
  return { head, body: received.subarray(end + END_OF_HEAD.length) }
}

/** Name and value of each header, in their order and with their case. */
export function toHeaders(head: string): [string, string][] {
  return head
    .split('\r\n')
    .slice(1)
    .map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    })
}
