// One request over a bare TCP connection, and the reply as it came: what a client library would mend,
// hide or decode is what these tests look at.

import { connect } from 'node:net'

export type WireReply = {
  readonly status: number
  /** Names in lower case; a header that came twice is joined with a comma. */
  readonly headers: Readonly<Record<string, string>>
  /** Everything after the headers, without chunked framing. */
  readonly body: Buffer
}

export type WireRequest = {
  readonly method?: string
  readonly path: string
  /** Sent in this order; the same name may come twice. */
  readonly headers?: readonly (readonly [string, string])[]
  readonly body?: string
}

const TIMEOUT_MS = 20_000

/** Sends the request byte for byte and reads until the server closes. */
export async function askOverWire(url: URL, asked: WireRequest): Promise<WireReply> {
  const { method = 'GET', path, headers = [], body = '' } = asked
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: shop.example',
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body ? [`Content-Length: ${Buffer.byteLength(body)}`] : []),
    'Connection: close',
  ]
  return parseReply(await exchange(url, `${lines.join('\r\n')}\r\n\r\n${body}`))
}

function exchange(url: URL, text: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(Number(url.port), url.hostname, () => socket.write(text))
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('the reply did not end')))
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('end', () => resolve(Buffer.concat(chunks)))
  })
}

function parseReply(bytes: Buffer): WireReply {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) throw new Error(`no whole reply: ${bytes.toString('latin1').slice(0, 200)}`)
  const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase()
    const value = line.slice(line.indexOf(':') + 1).trim()
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  const rest = bytes.subarray(end + 4)
  const body = headers['transfer-encoding'] === 'chunked' ? joinChunks(rest) : rest
  return { status: Number(first.split(' ')[1]), headers, body }
}

function joinChunks(bytes: Buffer): Buffer {
  const chunks: Buffer[] = []
  let at = 0
  while (at < bytes.length) {
    const lineEnd = bytes.indexOf('\r\n', at)
    const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
    if (size === 0) break
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
  return Buffer.concat(chunks)
}
