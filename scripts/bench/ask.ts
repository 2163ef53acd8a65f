// One GET over a socket of its own, with the reply byte for byte as it came: for what an HTTP client
// would tidy up, and to learn how long a reply is before a load of them is counted.

import { once } from 'node:events'
import { connect } from 'node:net'

export type RawReply = {
  /** Status line and headers, without the empty line behind them. */
  readonly head: string
  readonly body: Buffer
}

/** What ends a head, and is not counted with it. */
export const END_OF_HEAD = '\r\n\r\n'
const TIMEOUT_MS = 10_000

/** What a browser sends for a script or font of a page that Holo has served before. */
const BROWSER_HEADERS = [
  'Connection: keep-alive',
  'sec-ch-ua-platform: "Windows"',
  'User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36',
  'sec-ch-ua: "Chromium";v="143", "Not A(Brand";v="24"',
  'sec-ch-ua-mobile: ?0',
  'Accept: */*',
  'Sec-Fetch-Site: same-origin',
  'Sec-Fetch-Mode: no-cors',
  'Sec-Fetch-Dest: script',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-GB,en;q=0.9',
  'Cookie: holo-visitor=AAAAAAAAAAAAAAAAAAAAAA; holo-pin=1.0.0@main',
]

/** A request as it goes over the wire. */
export function toGet(host: string, path: string): Buffer {
  return Buffer.from(
    [`GET ${path} HTTP/1.1`, `Host: ${host}`, ...BROWSER_HEADERS, '', ''].join('\r\n'),
  )
}

/** @throws Error unless the answer is a 200 whose Content-Length is its length. */
export async function ask(url: URL, path: string): Promise<RawReply> {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true })
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no reply to ${path}`)))
  await once(socket, 'connect')
  socket.write(toGet(url.host, path))
  let received = Buffer.alloc(0)
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk])
    const reply = toReply(received, path)
    // Leaving the loop closes the socket.
    if (reply) return reply
  }
  throw new Error(`the connection closed before ${path} was answered`)
}

function toReply(received: Buffer, path: string): RawReply | undefined {
  const end = received.indexOf(END_OF_HEAD)
  if (end < 0) return undefined
  const head = received.toString('latin1', 0, end)
  if (!head.startsWith('HTTP/1.1 200 ')) throw new Error(`${path} is no 200:\n${head}`)
  const length = /^content-length: (\d+)$/im.exec(head)?.[1]
  if (length === undefined) throw new Error(`${path} has no Content-Length:\n${head}`)
  const bytes = end + END_OF_HEAD.length + Number(length)
  if (received.length > bytes) throw new Error(`${path} is longer than it says:\n${head}`)
  if (received.length < bytes) return undefined
  return { head, body: received.subarray(end + END_OF_HEAD.length) }
}

/** Name and value of each header, in the order and the letters they came in. */
export function toHeaders(head: string): [string, string][] {
  return head
    .split('\r\n')
    .slice(1)
    .map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trim()]
    })
}
